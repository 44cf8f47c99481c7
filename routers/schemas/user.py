"""Bodies of users and tokens (openapi/CONTRACT.md, 1.5)."""

from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from app.domain.user import User
from app.fields import LiberalModel, Name, NewPassword, NewUsername, Password, ShortText, Username
from app.security.tokens import ACCESS_LIFETIME, REFRESH_LIFETIME
from routers.schemas.public import PublicModel

ACCESS_MINUTES = ACCESS_LIFETIME // timedelta(minutes=1)
REFRESH_MINUTES = REFRESH_LIFETIME // timedelta(minutes=1)

STATUS = "The HTTP status once more."

_USER_EXAMPLE = {
    "id": "5c3939ea1d41c892ce243827",
    "username": "walter",
    "firstname": "Walter",
    "lastname": "White",
    "email": "walter@acmefitness.com",
}
_TOKENS_EXAMPLE = {"access_token": "<JWT>", "refresh_token": "<JWT>", "status": 200}


def _examples(*bodies: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(bodies)})


Token = Annotated[str, Field(min_length=1, max_length=4000)]


class LoginCreate(LiberalModel):
    """A name and its password."""

    model_config = _examples({"username": "walter", "password": "vmware1!"})

    username: Username = Field(description="Name; its case does not matter.")
    password: Password = Field(description="Password.", json_schema_extra={"format": "password"})
    cookies: bool = Field(
        True,
        description="Whether to set the tokens as cookies; pages that keep them set it to false.",
    )


class UserCreate(LiberalModel):
    """A new customer."""

    model_config = _examples(
        {
            "username": "peterp",
            "password": "vmware1!",
            "firstname": "amazing",
            "lastname": "spiderman",
            "email": "peterp@acmefitness.com",
        }
    )

    username: NewUsername = Field(
        description="A name that is not taken; case and look-alike forms do not matter. Letters"
        " of one script, nothing invisible."
    )
    password: NewPassword = Field(
        description="Password: none of the most common ones, and not the name.",
        json_schema_extra={"format": "password"},
    )
    firstname: Name = Field(description="First name.")
    lastname: Name = Field(description="Last name.")
    email: ShortText = Field("", description="E-mail address; it is not checked.")


class TokensUpdate(LiberalModel):
    """The refresh token of a login."""

    model_config = _examples({"refresh_token": "<JWT>"})

    refresh_token: Token = Field(description="The `refresh_token` of the last login or renewal.")


class PasswordUpdate(LiberalModel):
    """The password of the caller, and the one that is to replace it."""

    model_config = _examples({"password": "vmware1!", "new_password": "correct horse battery"})
    also_known_as: ClassVar[dict[str, str]] = {"newpassword": "new_password"}

    password: Password = Field(
        description="The password so far.", json_schema_extra={"format": "password"}
    )
    new_password: NewPassword = Field(
        description="The new password: none of the most common ones, and not the name.",
        json_schema_extra={"format": "password"},
    )


class AccountClosure(LiberalModel):
    """The password of the caller, who closes the account for good."""

    model_config = _examples({"password": "vmware1!"})

    password: Password = Field(description="Password.", json_schema_extra={"format": "password"})


class VerificationCreate(LiberalModel):
    """An access token to check."""

    model_config = _examples({"access_token": "<JWT>"})

    access_token: Token = Field(description="The access token to check.")


class TokensResponse(PublicModel):
    """New tokens: one to send, one to renew both with."""

    model_config = _examples(_TOKENS_EXAMPLE)

    access_token: str = Field(
        description=f"JWT to send as `Authorization: Bearer`, good for {ACCESS_MINUTES} minutes."
    )
    refresh_token: str = Field(
        description=f"JWT to renew both with, good for {REFRESH_MINUTES} minutes."
    )
    status: Literal[200] = Field(200, description=STATUS)


class LoginResponse(TokensResponse):
    """New tokens and, as ``token``, the user's id."""

    model_config = _examples({**_TOKENS_EXAMPLE, "token": "5c3939ea1d41c892ce243827"})

    token: str = Field(description="The user's id, which paths want.")


class MessageResponse(PublicModel):
    """The operation succeeded."""

    model_config = _examples({"message": "Done", "status": 202})

    message: str = Field(description="What was done.")
    status: int = Field(description=STATUS)


class UserCreatedResponse(PublicModel):
    """The customer was registered; ``resourceId`` is the user's id."""

    model_config = _examples(
        {
            "message": "User created successfully!",
            "resourceId": "0a3ef1c5-6f0a-4d2b-9c54-0d4a2c0a1f5e",
            "status": 201,
        }
    )

    message: Literal["User created successfully!"] = Field(
        "User created successfully!", description="Always the same text."
    )
    resourceId: str = Field(description="The new user's id.")
    status: Literal[201] = Field(201, description=STATUS)


class UserPublic(PublicModel):
    """A user's profile."""

    id: str = Field(description="Id; opaque text.")
    username: str = Field(description="Name to log in with, as it was registered.")
    firstname: str = Field(description="First name.")
    lastname: str = Field(description="Last name.")
    email: str = Field(description="E-mail address; may be empty.")

    @classmethod
    def from_user(cls, user: User) -> "UserPublic":
        """Return the public form of ``user``."""
        return cls(
            id=user.user_id,
            username=user.username,
            firstname=user.first_name,
            lastname=user.last_name,
            email=user.email,
        )


class UserResponse(PublicModel):
    """One user."""

    model_config = _examples({"data": _USER_EXAMPLE, "status": 200})

    data: UserPublic = Field(description="The user.")
    status: Literal[200] = Field(200, description=STATUS)


class UsersResponse(PublicModel):
    """A list of users."""

    model_config = _examples({"data": [_USER_EXAMPLE], "status": 200})

    data: list[UserPublic] = Field(description="The users of this page, oldest first.")
    status: Literal[200] = Field(200, description=STATUS)


class CurrentUserResponse(PublicModel):
    """The logged-in user; empty without a valid token."""

    model_config = _examples({"userId": "5c3939ea1d41c892ce243827", "userName": "walter"})

    userId: str | None = Field(None, description="Id; absent without a valid token.")
    userName: str | None = Field(None, description="Name; absent without a valid token.")
