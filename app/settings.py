"""The environment variables of the shop as one class, read on first use."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum
from functools import cache, lru_cache

from app.domain.card import CardRules
from app.domain.errors import SettingsError
from app.domain.throttling import Limit, Limits
from app.variables import (
    Variable,
    choice,
    list_of,
    number,
    read_variables,
    seconds_range,
    text,
    url_base,
    variable,
    variable_of,
    whole,
)

#: Stages in which open mode is allowed; anywhere else it would accept requests without a token.
OPEN_STAGES = frozenset({"local", "test", "demo"})

#: Lambda sets it for every function.
_IN_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME"

#: The longest waits between attempts. Those for one name from everywhere only slow guesses down.
_LONGEST_WAIT_SECONDS, _LONGEST_WAIT_BY_NAME_SECONDS = 15 * 60, 30
#: Many people share one address: those who did nothing wrong wait no longer than this.
_LONGEST_WAIT_BY_ADDRESS_SECONDS = 60

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


class TableLayout(StrEnum):
    """How orders are written: ``TABLE_LAYOUT``. Both are read, whatever it says.

    ``former`` writes as releases before this setting read it, for as long as one of them may
    run on the same table (app/DECISIONS.md, 21).
    """

    CURRENT = "current"
    FORMER = "former"


#: What ``ORIGIN_HEADER_SHA256`` says where the shop cannot be reached past its proxies.
NOT_CHECKED = "none"

_HASH = text(rf"[0-9a-f]{{64}}|{NOT_CHECKED}", "must be SHA-256 hashes in hexadecimal, or none")

#: A line of text as it is printed on receipts.
_PRINTED = text(r"[^\x00-\x1f\x7f]{0,200}", "must be one line of at most 200 characters")

#: Where Sentry takes events, and the key to send them with.
_DSN = text(r"https?://[^\s/@]+@[^\s/@]+/(\S+/)?[0-9]+", "must be a DSN of Sentry")

#: A time zone's name in the IANA database. Browsers know which there are; the functions' image
#: has no such database.
_TIME_ZONE = text(r"(?=.{0,64}$)([A-Za-z][\w+-]*(/[\w+-]+)*)?", "must be the name of a time zone")

#: Pairs as OpenTelemetry writes them; values are percent-encoded where they must be.
#: https://opentelemetry.io/docs/specs/otel/protocol/exporter/
_PAIRS = text(
    r"([ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*=[^\x00-\x1f\x7f,]*(,|$))*",
    "must be pairs like name=value,name=value",
)


@dataclass(frozen=True)
class Settings:
    """The environment variables of a function.

    Empty text means "not set". Settings without a default are read through
    :meth:`required`, so a function only needs the variables it uses.
    """

    stage: str = variable("local", "STAGE")
    version: str = variable("dev", "VERSION")
    region: str = variable("eu-west-1", "REGION", "AWS_REGION")
    table: str = variable("", "TABLE")
    table_layout: TableLayout = variable(
        TableLayout.CURRENT, "TABLE_LAYOUT", read=choice(TableLayout)
    )
    payment_request_queue_url: str = variable("", "PAYMENT_REQUEST_QUEUE_URL")
    payment_response_queue_url: str = variable("", "PAYMENT_RESPONSE_QUEUE_URL")
    shipment_request_queue_url: str = variable("", "SHIPMENT_REQUEST_QUEUE_URL")
    shipment_response_queue_url: str = variable("", "SHIPMENT_RESPONSE_QUEUE_URL")
    signing_keys_secret: str = variable("", "SIGNING_KEYS_SECRET")
    auth_mode: AuthMode = variable(AuthMode.ENFORCE, "AUTH_MODE", read=choice(AuthMode))
    card_rules: CardRules = variable(CardRules.STRICT, "CARD_RULES", read=choice(CardRules))
    trust_events: EventTrust = variable(EventTrust.AUTO, "TRUST_EVENTS", read=choice(EventTrust))
    aws_client: AwsClient = variable(AwsClient.LIGHT, "AWS_CLIENT", read=choice(AwsClient))
    login_attempts: int = variable(0, "LOGIN_ATTEMPTS", read=whole(0))
    login_attempts_by_name: int = variable(0, "LOGIN_ATTEMPTS_BY_NAME", read=whole(0))
    login_attempts_by_address: int = variable(0, "LOGIN_ATTEMPTS_BY_ADDRESS", read=whole(0))
    registrations: int = variable(0, "REGISTRATIONS", read=whole(0))
    declined_cards: int = variable(0, "DECLINED_CARDS", read=whole(0))
    declined_cards_by_address: int = variable(0, "DECLINED_CARDS_BY_ADDRESS", read=whole(0))
    trusted_proxies: int = variable(0, "TRUSTED_PROXIES", read=whole(0, 5))
    origin_header_sha256: tuple[str, ...] = variable(
        (), "ORIGIN_HEADER_SHA256", read=list_of(_HASH)
    )
    sentry_dsn: str = variable("", "SENTRY_DSN", read=_DSN)
    #: The name of a secret with the DSN, for functions: their variables can be read in AWS.
    sentry_dsn_secret: str = variable("", "SENTRY_DSN_SECRET")
    catalog_version: str = variable("v1", "CATALOG_VERSION")
    security_contact: str = variable("mailto:security@acme.example", "SECURITY_CONTACT")
    shop_name: str = variable("ACME Fitness Shop", "SHOP_NAME", read=_PRINTED)
    shop_address: str = variable("", "SHOP_ADDRESS", read=_PRINTED)
    shop_tax_line: str = variable("", "SHOP_TAX_LINE", read=_PRINTED)
    shop_time_zone: str = variable("", "SHOP_TIME_ZONE", read=_TIME_ZONE)
    till_lock_minutes: int = variable(10, "TILL_LOCK_MINUTES", read=whole(0, 720))
    image_base_url: str = variable("", "IMAGE_BASE_URL", read=url_base)
    payment_wait_seconds: float = variable(3.0, "SHOP_PAYMENT_WAIT_SECONDS", read=number(0, 10))
    kept_catalog_seconds: float | None = variable(
        None, "SHOP_CATALOG_SECONDS", read=number(0, 3600)
    )
    session_hours: int = variable(12, "SHOP_SESSION_HOURS", read=whole(1, 720))
    # Names and forms are OpenTelemetry's own; what is set here goes out (app/tracing.py).
    otlp_endpoint: str = variable("", "OTEL_EXPORTER_OTLP_ENDPOINT", read=url_base)
    otlp_headers: str = variable("", "OTEL_EXPORTER_OTLP_HEADERS", read=_PAIRS)
    otlp_resource: str = variable("", "OTEL_RESOURCE_ATTRIBUTES", read=_PAIRS)
    otlp_service: str = variable("", "OTEL_SERVICE_NAME", read=_PRINTED)
    delivery_seconds: tuple[int, int] = variable(
        (5, 120), "SHOP_DELIVERY_SECONDS", read=seconds_range
    )

    def check(self) -> None:
        """Check what no variable can say of itself.

        Raises:
            ValueError: settings do not fit each other.
        """
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
            # A client that goes round the proxies writes the header that is believed.
            raise ValueError(f"TRUSTED_PROXIES needs ORIGIN_HEADER_SHA256 in stage {self.stage}")
        if self.card_rules is CardRules.CLASSIC and not self.is_open:
            raise ValueError("CARD_RULES=classic needs AUTH_MODE=0")

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
        """How long the list of products is answered from memory.

        1 s in the stage ``local``, so that seeded products appear at once.
        """
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
            login_by_address=limit(
                self.login_attempts_by_address, 100, 3000, longest=_LONGEST_WAIT_BY_ADDRESS_SECONDS
            ),
            registrations=limit(self.registrations, 20, 300),
            # Load generators may send nothing but cards that are declined.
            declined_cards=limit(self.declined_cards, 10, 10_000),
            declined_cards_by_address=limit(
                self.declined_cards_by_address,
                50,
                100_000,
                longest=_LONGEST_WAIT_BY_ADDRESS_SECONDS,
            ),
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
            raise SettingsError(f"{list_variables()[name].names[0]} is not set")
        return value


@cache
def list_variables() -> Mapping[str, Variable]:
    """Return the environment variables by the setting that they are read into."""
    return {field.name: variable_of(field) for field in fields(Settings)}


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings in ``environment``.

    Raises:
        SettingsError: a value is not valid; the text names the variable.
    """
    try:
        settings = Settings(**read_variables(list_variables(), environment))
        settings.check()
    except ValueError as failure:
        raise SettingsError(str(failure)) from failure
    return settings


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
