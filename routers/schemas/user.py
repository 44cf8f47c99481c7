"""Bodies of users and tokens (openapi/CONTRACT.md, 1.5)."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.domain.user import User
from app.fields import LiberalModel, Name, Password, ShortText, Username

_USER_EXAMPLE = {
    "id": "5c393a111d41c892ce243829",
    "username": "eric",
    "firstname": "Eric",
    "lastname": "Cartman",
    "email": "eric@acmefitness.com",
}
_TOKENS_EXAMPLE = {"access_token": "<JWT>", "refresh_token": "<JWT>", "status": 200}


def _examples(*bodies: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(bodies)})


Token = Annotated[str, Field(min_length=1, max_length=4000)]


class LoginCreate(LiberalModel):
    """A name and its password."""

    model_config = _examples({"username": "eric", "password": "vmware1!"})

    username: Username
    password: Password


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

    username: Username
    password: Password
    firstname: Name
    lastname: Name
    email: ShortText = ""


class TokensUpdate(LiberalModel):
    """The refresh token of a login."""

    model_config = _examples({"refresh_token": "<JWT>"})

    refresh_token: Token


class VerificationCreate(LiberalModel):
    """An access token to check."""

    model_config = _examples({"access_token": "<JWT>"})

    access_token: Token


class TokensResponse(BaseModel):
    """New tokens; valid for 60 minutes (access) and 180 minutes (refresh)."""

    model_config = _examples(_TOKENS_EXAMPLE)

    access_token: str
    refresh_token: str
    status: Literal[200] = 200


class LoginResponse(TokensResponse):
    """New tokens and, as ``token``, the user's id."""

    model_config = _examples({**_TOKENS_EXAMPLE, "token": "5c393a111d41c892ce243829"})

    token: str


class MessageResponse(BaseModel):
    """The operation succeeded."""

    model_config = _examples({"message": "Done", "status": 202})

    message: str
    status: int


class UserCreatedResponse(BaseModel):
    """The customer was registered; ``resourceId`` is the user's id."""

    model_config = _examples(
        {
            "message": "User created successfully!",
            "resourceId": "0a3ef1c5-6f0a-4d2b-9c54-0d4a2c0a1f5e",
            "status": 201,
        }
    )

    message: Literal["User created successfully!"] = "User created successfully!"
    resourceId: str
    status: Literal[201] = 201


class UserPublic(BaseModel):
    """A user's profile."""

    id: str
    username: str
    firstname: str
    lastname: str
    email: str

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


class UserResponse(BaseModel):
    """One user."""

    model_config = _examples({"data": _USER_EXAMPLE, "status": 200})

    data: UserPublic
    status: Literal[200] = 200


class UsersResponse(BaseModel):
    """A list of users."""

    model_config = _examples({"data": [_USER_EXAMPLE], "status": 200})

    data: list[UserPublic]
    status: Literal[200] = 200


class CurrentUserResponse(BaseModel):
    """The logged-in user; empty without a valid token."""

    model_config = _examples({"userId": "5c393a111d41c892ce243829", "userName": "eric"})

    userId: str | None = None
    userName: str | None = None
