"""What ``Pulumi.<stack>.yaml`` may say, as models: one for each ``awsconfig:`` key.

Keys are in camel case there. An unknown key is refused: a misspelt one would
otherwise leave the default in force, unnoticed.
"""

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic.alias_generators import to_camel

from infra.topology import FUNCTIONS

_IMAGE = re.compile(
    r"(?P<registry>[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?)"
    r"/(?P<repository>[a-z0-9][a-z0-9._/-]*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})|@(?P<digest>sha256:[0-9a-f]{64}))"
)

#: What CloudWatch Logs takes, up to ten years.
_RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180,
    365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip

#: A host name of RFC 1123, 2.1: as the certificate and DNS have it, in Punycode where it must be.
_HOST = r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"


class Architecture(StrEnum):
    """Processors a Lambda function can run on."""

    ARM64 = "arm64"
    X86_64 = "x86_64"


class BillingMode(StrEnum):
    """How the table is paid for."""

    ON_DEMAND = "PAY_PER_REQUEST"
    PROVISIONED = "PROVISIONED"


def _form(pattern: str, rule: str) -> AfterValidator:
    """Return what refuses a text of another form; ``rule`` says which it has."""
    form = re.compile(pattern)

    def check(value: str) -> str:
        if not form.fullmatch(value):
            raise ValueError(rule)
        return value

    return AfterValidator(check)


def _image(value: object) -> str | None:
    """Return an image's address, or nothing for ``none``."""
    if value == "none":
        return None
    image = isinstance(value, str) and _IMAGE.fullmatch(value)
    if not image:
        raise ValueError(
            "must be <registry>/<repository>:<tag> or ...@sha256:<digest>,"
            " or 'none' for the first deployment of a stack"
        )
    if image["tag"] == "latest":
        raise ValueError("must not be tagged 'latest': a newer one would go unnoticed")
    return image[0]


def image_version(image: str) -> str:
    """Return the tag or the beginning of the digest, as a name for what runs."""
    parts = _IMAGE.fullmatch(image)
    if parts is None:
        raise ValueError(image)
    return parts["tag"] or parts["digest"].removeprefix("sha256:")[:12]


def _retention(days: int) -> int:
    if days not in _RETENTION_DAYS:
        raise ValueError(f"must be one of {', '.join(map(str, _RETENTION_DAYS))}")
    return days


def _functions(versions: dict[str, str]) -> dict[str, str]:
    """See that every function has a number, and nothing else has."""
    wanted = {function.name for function in FUNCTIONS}
    if set(versions) != wanted or not all(map(str.isdecimal, versions.values())):
        raise ValueError(f"must have the version number of each of {', '.join(sorted(wanted))}")
    return versions


def _as_text(value: object) -> object:
    """Take what YAML reads as a number for the text it was written as."""
    return str(value) if isinstance(value, int | float) else value


Text = Annotated[str, BeforeValidator(_as_text), Field(min_length=1, max_length=200)]


_Email = Annotated[
    str, _form(r"[^@\s]+@[^@\s]+\.[^@\s]+", "must be an e-mail address, such as ops@example.com")
]
_Host = Annotated[
    str, _form(_HOST, "must be a host name in small letters, such as shop.example.com")
]
_Certificate = Annotated[
    str,
    _form(
        r"arn:aws[a-z-]*:acm:us-east-1:[0-9]{12}:certificate/[0-9a-f-]+",
        "must be the ARN of a certificate of ACM in us-east-1",
    ),
]


class _Part(BaseModel):
    """Something in a stack's file; extra keys are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, hide_input_in_errors=True
    )


class Canary(_Part):
    """A release on trial: the versions that were live before, and the share of the new ones.

    ``stable`` are the versions that were live before, by function, as the stack's outputs
    ``<function>::Version`` say them; ``percent`` of all calls go to the new versions.
    """

    percent: int = Field(ge=0, le=100)
    stable: Annotated[dict[str, Text], AfterValidator(_functions)]


class Generic(_Part):
    """``awsconfig:generic`` without the settings of the functions."""

    image: Annotated[str | None, BeforeValidator(_image)]
    #: The image of the last deployment, named because ``image`` is to replace it.
    replaces: Annotated[str | None, BeforeValidator(_image)] = None
    architecture: Architecture = Architecture.X86_64
    log_retention_days: Annotated[int, AfterValidator(_retention)] = 30
    #: Requests a second the API takes in the long run, and at once.
    throttle_rate: int = Field(100, ge=1, le=10_000)
    throttle_burst: int = Field(200, ge=1, le=5_000)
    #: Calls the api handles at once; each waits for its payment, so that is a cap as well.
    api_concurrency: int = Field(200, ge=1, le=10_000)
    #: Whether functions have concurrency of their own. An account whose limit is below their
    #: sum and 100 more refuses it, as new accounts do until AWS raises their limit.
    reserve_concurrency: bool = True
    #: Who is told about alarms and money, besides the stack's topic.
    alarm_email: _Email | None = None
    #: In US dollars, of everything that carries the stack's tag.
    monthly_budget: int = Field(50, ge=1)
    #: The shop's own host name, and its certificate, which CloudFront takes from one region only.
    domain: _Host | None = None
    certificate_arn: _Certificate | None = None
    #: How many of a hundred calls leave a trace in X-Ray.
    trace_percent: float = Field(5, ge=0, le=100)
    #: Whether errors are reported to Sentry; the DSN is put into Secrets Manager.
    sentry: bool = False
    #: Whether AWS WAF stands in front of the CDN.
    waf: bool = False
    #: Which value the CDN proves itself with to the api; it rises by one to change it. With 0 the
    #: CDN sends it and the api does not ask for it: one deployment of a stack that had none.
    origin_header: int = Field(1, ge=0)
    canary: Canary | None = None

    @model_validator(mode="after")
    def _a_domain_has_its_certificate(self) -> Self:
        if (self.domain is None) != (self.certificate_arn is None):
            raise ValueError("domain and certificateArn go together")
        return self


class RestoreFrom(_Part):
    """A table of the account and the moment of it that a new stack's table begins with."""

    table: Text
    #: Within the source's recovery days; the latest that can be had if it is left out.
    at: AwareDatetime | None = None


class DynamoDB(_Part):
    """``awsconfig:dynamodb``: how the table is paid for and how far back it can go."""

    billing_mode: BillingMode = BillingMode.ON_DEMAND
    #: Units of the table and of each of its indexes; with ``PROVISIONED`` only.
    read_capacity: int | None = Field(None, ge=1, le=40_000)
    write_capacity: int | None = Field(None, ge=1, le=40_000)
    #: As far back as DynamoDB can go.
    recovery_days: int = Field(35, ge=1, le=35)
    #: For a new stack only: AWS restores into new tables, never into one that is there.
    restore_from: RestoreFrom | None = None

    @model_validator(mode="after")
    def _capacity_is_bought_or_not(self) -> Self:
        given = [self.read_capacity, self.write_capacity]
        if self.billing_mode is BillingMode.PROVISIONED and None in given:
            raise ValueError("billingMode PROVISIONED needs readCapacity and writeCapacity")
        if self.billing_mode is BillingMode.ON_DEMAND and given != [None, None]:
            raise ValueError("readCapacity and writeCapacity need billingMode PROVISIONED")
        return self


#: What AWS takes in a tag's value.
Tag = Annotated[
    Text, _form(r"[\w .:/=+@-]+", "must be letters, digits, spaces and any of _.:/=+@-")
]


class Tags(_Part):
    """``awsconfig:tags``: who made it, what it is part of, who pays, which release it is."""

    author: Tag
    feature: Tag
    team: Tag
    version: Tag
