"""What a stack is told with ``pulumi config set``, as one model.

================== ========= ===============================================================
Key                Needed    Meaning
================== ========= ===============================================================
aws:region         yes       The region everything is in
image              yes       The functions' image: ``<registry>/<repository>``, then ``:tag``
                             or ``@sha256:digest``; ``none`` for the first deployment of a
                             stack, which makes the repository the image is pushed to
stage              yes       What ``STAGE`` says; open mode runs in local, test, demo only
version            no        What ``VERSION`` says; by default the image's tag or digest
architecture       no        ``arm64`` or ``x86_64`` (the default): what the image is built for
logRetentionDays   no        How long logs are kept, 30 by default
================== ========= ===============================================================

Every other field of :class:`app.settings.Settings` is a key too, in camel case
(``authMode``, ``cardRules``, ``paymentWaitSeconds``, ...), apart from those that name what
this program makes. Rules and defaults are the model's own: a stack that would be refused
by its functions is refused here, before anything is changed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import pulumi
from pydantic import AliasChoices

from app.domain.errors import SettingsError
from app.settings import OPEN_STAGES, Settings, read_settings

#: Settings whose values this program makes or reads elsewhere: no keys for them.
_MADE_HERE = frozenset({"region", "table", "signing_keys_secret"})

#: The longest name made from it, a schedule's, may have 64 characters; a repository's may
#: have no capitals.
_STACK_NAME = re.compile(r"(?=.{1,32}$)[a-z](?:-?[a-z0-9])*")

_IMAGE = re.compile(
    r"(?P<registry>[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?)"
    r"/(?P<repository>[a-z0-9][a-z0-9._/-]*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})|@(?P<digest>sha256:[0-9a-f]{64}))"
)

_DEFAULT_RETENTION_DAYS = 30

#: What CloudWatch Logs takes, up to ten years.
_RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180,
    365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip


class ConfigurationError(pulumi.RunError):
    """The stack's configuration cannot be deployed; the text names every key that is wrong."""


class Architecture(StrEnum):
    """Processors a Lambda function can run on."""

    ARM64 = "arm64"
    X86_64 = "x86_64"


@dataclass(frozen=True)
class Configuration:
    """One stack's configuration, checked; ``image`` is absent in a first deployment."""

    stack: str
    region: str
    image: str | None
    architecture: Architecture
    log_retention_days: int
    settings: Settings

    @property
    def is_disposable(self) -> bool:
        """Whether the stack may be destroyed with everything in it."""
        return self.settings.stage in OPEN_STAGES

    def variable(self, name: str) -> str:
        """Return the text of an environment variable that is a plain setting.

        Raises:
            KeyError: the variable is not one :class:`app.settings.Settings` knows.
        """
        value = getattr(self.settings, variables()[name])
        if isinstance(value, tuple):
            return "-".join(map(str, value))
        return f"{value:g}" if isinstance(value, float) else str(value)


def variables() -> Mapping[str, str]:
    """Return the settings' field names by environment variable, every spelling of one."""
    fields: dict[str, str] = {}
    for field, info in Settings.model_fields.items():
        spellings = info.validation_alias
        choices = spellings.choices if isinstance(spellings, AliasChoices) else [spellings]
        fields |= {str(choice): field for choice in choices}
    return fields


def setting_keys() -> Mapping[str, str]:
    """Return the environment variables by the configuration key that sets them."""
    return {
        re.sub("_([a-z])", lambda match: match[1].upper(), field): variable
        for variable, field in variables().items()
        if field not in _MADE_HERE and not field.endswith("_queue_url")
    }


def _image_version(image: re.Match[str]) -> str:
    """Return the tag or the beginning of the digest, as a name for what runs."""
    return image["tag"] or image["digest"].removeprefix("sha256:")[:12]


def read_configuration() -> Configuration:
    """Return the configuration of the stack that is being deployed.

    Raises:
        ConfigurationError: keys are missing or wrong; all of them are named at once.
    """
    config = pulumi.Config()
    image = _IMAGE.fullmatch(config.get("image") or "")
    given = {variable: config.get(key) or "" for key, variable in setting_keys().items()}
    if image and not given["VERSION"]:
        given["VERSION"] = _image_version(image)

    problems = list(_problems(config, image))
    settings = None
    try:
        settings = read_settings(given)
    except SettingsError as failure:
        problems.append(str(failure))
    if problems or settings is None:
        raise ConfigurationError("\n  ".join(["The stack cannot be deployed:", *problems]))

    return Configuration(
        stack=pulumi.get_stack(),
        region=pulumi.Config("aws").require("region"),
        image=image[0] if image else None,
        architecture=Architecture(config.get("architecture") or Architecture.X86_64),
        log_retention_days=int(config.get("logRetentionDays") or _DEFAULT_RETENTION_DAYS),
        settings=settings,
    )


def _problems(config: pulumi.Config, image: re.Match[str] | None) -> Iterator[str]:
    """Yield what is wrong with the keys that are not settings of the functions."""
    if not _STACK_NAME.fullmatch(pulumi.get_stack()):
        yield "the stack's name must be at most 32 of a-z, 0-9 and single -, a letter first"
    if not pulumi.Config("aws").get("region"):
        yield "aws:region is not set"
    if not image and config.get("image") != "none":
        yield (
            "image must be <registry>/<repository>:<tag> or ...@sha256:<digest>,"
            " or 'none' for the first deployment of a stack"
        )
    if image and image["tag"] == "latest":
        yield "image must not be tagged 'latest': a newer one would go unnoticed"
    if (config.get("architecture") or Architecture.X86_64) not in list(Architecture):
        yield f"architecture must be one of {', '.join(Architecture)}"
    days = config.get("logRetentionDays") or str(_DEFAULT_RETENTION_DAYS)
    if not (days.isdecimal() and int(days) in _RETENTION_DAYS):
        yield f"logRetentionDays must be one of {', '.join(map(str, _RETENTION_DAYS))}"
    if not config.get("stage"):
        yield "stage is not set"
