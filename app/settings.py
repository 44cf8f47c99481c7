"""The environment variables of the shop as one model, read on first use."""

import os
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from app.domain.card import CardRules
from app.domain.errors import SettingsError
from app.domain.throttling import Limit, Limits

#: Stages in which open mode is allowed; anywhere else it would let everyone in.
OPEN_STAGES = frozenset({"local", "test", "demo"})

#: Lambda sets it for every function.
_IN_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME"

#: The longest waits between attempts. Those for one name from everywhere only slow guesses down.
_LONGEST_WAIT_SECONDS, _LONGEST_WAIT_BY_NAME_SECONDS = 15 * 60, 30

#: SQS delays a message by at most 15 minutes.
MAX_DELIVERY_SECONDS = 900


class AuthMode(StrEnum):
    """Whether callers need a token: ``AUTH_MODE`` of openapi/CONTRACT.md, 3.4."""

    ENFORCE = "1"
    OPEN = "0"


class EventTrust(StrEnum):
    """Which events are believed: ``TRUST_EVENTS``.

    ``auto`` believes all of them in the stage local, because the documented sample events name
    an order and a total of their own, and elsewhere those that agree with what is stored.
    """

    AUTO = "auto"
    STORED = "0"
    ALL = "1"


class AwsClient(StrEnum):
    """Which client sends messages and reads the signing keys: ``AWS_CLIENT``."""

    LIGHT = "light"
    BOTO3 = "boto3"


def _seconds_range(value: Any) -> Any:
    """Read ``5-120`` as ``(5, 120)``; one number stands for both ends."""
    if not isinstance(value, str):
        return value
    first, dash, last = value.strip().partition("-")
    return (first, last if dash else first)


SecondsRange = Annotated[tuple[int, int], BeforeValidator(_seconds_range)]


#: An origin, perhaps with a path, to which paths like ``/static/images/x.jpg`` are appended.
ImageBase = Annotated[
    str,
    Field(pattern=r"^(https?://[^\s/?#]+(/[^\s?#]*)?)?$"),
    AfterValidator(lambda url: url.rstrip("/")),
]


def _hashes(value: Any) -> Any:
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


#: What ``ORIGIN_HEADER_SHA256`` says where nobody else can reach the shop, past its proxies.
NOT_CHECKED = "none"

#: SHA-256 hashes in hexadecimal with commas between them, or ``none``.
Hashes = Annotated[
    tuple[Annotated[str, Field(pattern=rf"^([0-9a-f]{{64}}|{NOT_CHECKED})$")], ...],
    BeforeValidator(_hashes),
]

#: A line of text as it is printed on receipts.
PrintedText = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]

#: A time zone's name in the IANA database. Browsers know which there are; the functions' image
#: has no such database.
TimeZoneName = Annotated[str, Field(max_length=64, pattern=r"^([A-Za-z][\w+-]*(/[\w+-]+)*)?$")]


class Settings(BaseModel):
    """The environment variables of a function; a field's alias is the variable's name.

    Empty text means "not set". Settings without a default are read through
    :meth:`required`, so a function only needs the variables it uses.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    stage: str = Field("local", alias="STAGE")
    version: str = Field("dev", alias="VERSION")
    region: str = Field("eu-west-1", validation_alias=AliasChoices("REGION", "AWS_REGION"))
    table: str = Field("", alias="TABLE")
    payment_request_queue_url: str = Field("", alias="PAYMENT_REQUEST_QUEUE_URL")
    payment_response_queue_url: str = Field("", alias="PAYMENT_RESPONSE_QUEUE_URL")
    shipment_request_queue_url: str = Field("", alias="SHIPMENT_REQUEST_QUEUE_URL")
    shipment_response_queue_url: str = Field("", alias="SHIPMENT_RESPONSE_QUEUE_URL")
    signing_keys_secret: str = Field("", alias="SIGNING_KEYS_SECRET")
    auth_mode: AuthMode = Field(AuthMode.ENFORCE, alias="AUTH_MODE")
    card_rules: CardRules = Field(CardRules.STRICT, alias="CARD_RULES")
    trust_events: EventTrust = Field(EventTrust.AUTO, alias="TRUST_EVENTS")
    aws_client: AwsClient = Field(AwsClient.LIGHT, alias="AWS_CLIENT")
    login_attempts: int = Field(0, alias="LOGIN_ATTEMPTS", ge=0)
    login_attempts_by_name: int = Field(0, alias="LOGIN_ATTEMPTS_BY_NAME", ge=0)
    registrations: int = Field(0, alias="REGISTRATIONS", ge=0)
    trusted_proxies: int = Field(0, alias="TRUSTED_PROXIES", ge=0, le=5)
    origin_header_sha256: Hashes = Field((), alias="ORIGIN_HEADER_SHA256")
    catalog_version: str = Field("v1", alias="CATALOG_VERSION")
    security_contact: str = Field("mailto:security@acme.example", alias="SECURITY_CONTACT")
    shop_name: PrintedText = Field("ACME Fitness Shop", alias="SHOP_NAME")
    shop_address: PrintedText = Field("", alias="SHOP_ADDRESS")
    shop_tax_line: PrintedText = Field("", alias="SHOP_TAX_LINE")
    shop_time_zone: TimeZoneName = Field("", alias="SHOP_TIME_ZONE")
    till_lock_minutes: int = Field(10, alias="TILL_LOCK_MINUTES", ge=0, le=720)
    image_base_url: ImageBase = Field("", alias="IMAGE_BASE_URL")
    payment_wait_seconds: float = Field(3.0, alias="SHOP_PAYMENT_WAIT_SECONDS", ge=0, le=10)
    kept_catalog_seconds: float | None = Field(None, alias="SHOP_CATALOG_SECONDS", ge=0, le=3600)
    session_hours: int = Field(12, alias="SHOP_SESSION_HOURS", ge=1, le=720)
    delivery_seconds: SecondsRange = Field((5, 120), alias="SHOP_DELIVERY_SECONDS")

    @model_validator(mode="after")
    def _modes_fit_the_stage(self) -> Self:
        first, last = self.delivery_seconds
        if not 0 <= first <= last <= MAX_DELIVERY_SECONDS:
            raise ValueError(
                f"SHOP_DELIVERY_SECONDS must be min-max within 0-{MAX_DELIVERY_SECONDS}"
            )
        if self.is_open and self.stage not in OPEN_STAGES:
            raise ValueError(f"AUTH_MODE=0 is refused in stage {self.stage}")
        if self.trust_events is EventTrust.ALL and self.stage not in OPEN_STAGES:
            raise ValueError(f"TRUST_EVENTS=1 is refused in stage {self.stage}")
        if self.trusted_proxies and not (self.origin_header_sha256 or self.stage in OPEN_STAGES):
            # Whoever goes round the proxies writes the header that is believed.
            raise ValueError(f"TRUSTED_PROXIES needs ORIGIN_HEADER_SHA256 in stage {self.stage}")
        if self.card_rules is CardRules.CLASSIC and not self.is_open:
            raise ValueError("CARD_RULES=classic needs AUTH_MODE=0")
        return self

    @property
    def is_open(self) -> bool:
        """Whether callers need no token (open legacy mode)."""
        return self.auth_mode is AuthMode.OPEN

    @property
    def session_lifetime(self) -> timedelta:
        """How long a login can be renewed."""
        return timedelta(hours=self.session_hours)

    @property
    def catalog_seconds(self) -> float:
        """How long the list of products is answered from memory; the seeds of a local shop show."""
        if self.kept_catalog_seconds is None:
            return 1 if self.stage == "local" else 60
        return self.kept_catalog_seconds

    @property
    def trusts_events(self) -> bool:
        """Whether events are believed that agree with nothing stored, as sent by hand."""
        if self.trust_events is EventTrust.AUTO:
            return self.stage == "local"
        return self.trust_events is EventTrust.ALL

    @property
    def origin_hashes(self) -> tuple[str, ...]:
        """Hashes of what the CDN's header may hold; none where it is not looked at."""
        given = () if self.stage == "local" else self.origin_header_sha256
        return tuple(value for value in given if value != NOT_CHECKED)

    @property
    def limits(self) -> Limits:
        """Limits of attempts an hour; a setting that is 0 has the default of its kind of shop.

        Defaults are high in the stage local and in the open mode, whose clients retry
        and share one address.
        """
        is_high = self.stage == "local" or self.is_open

        def limit(
            free: int, default: int, high: int, *, longest: int = _LONGEST_WAIT_SECONDS
        ) -> Limit:
            return Limit(free or (high if is_high else default), longest)

        return Limits(
            login=limit(self.login_attempts, 10, 100),
            login_by_name=limit(
                self.login_attempts_by_name, 100, 1000, longest=_LONGEST_WAIT_BY_NAME_SECONDS
            ),
            registrations=limit(self.registrations, 20, 300),
        )

    def queue_url(self, queue: str) -> str:
        """Return the URL of a queue (``payment-request``).

        Raises:
            SettingsError: the variable behind it is not set.
        """
        return self.required(f"{queue.replace('-', '_')}_queue_url")

    def required(self, name: str) -> str:
        """Return the setting ``name``.

        Raises:
            SettingsError: the variable behind it is not set.
        """
        value: str = getattr(self, name)
        if not value:
            raise SettingsError(f"{type(self).model_fields[name].alias} is not set")
        return value


def read_settings(environment: dict[str, str]) -> Settings:
    """Return the settings in ``environment``.

    Raises:
        SettingsError: a value is not valid; the text names the variable.
    """
    given = {name: value for name, value in environment.items() if value.strip()}
    try:
        return Settings.model_validate(given)
    except ValidationError as failure:
        problems = (
            ": ".join([*map(str, error["loc"]), error["msg"].removeprefix("Value error, ")])
            for error in failure.errors(include_input=False, include_url=False)
        )
        raise SettingsError("; ".join(problems)) from failure


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Return the settings of this process, read once.

    Raises:
        SettingsError: a value is not valid, or a function in Lambda is not told its stage.
    """
    environment = dict(os.environ)
    # The stage local believes hand-sent events and has high limits: nothing deployed begins there.
    if _IN_LAMBDA in environment and not environment.get("STAGE", "").strip():
        raise SettingsError("STAGE is not set")
    return read_settings(environment)
