"""What a stack is told in ``Pulumi.<stack>.yaml``; ``Pulumi.sample.yaml`` has every key.

====================== =====================================================================
Key                    What is in it
====================== =====================================================================
aws:region             The region everything is in
awsconfig:generic      :class:`~infra.components.stack_config.Generic`, and the functions' settings
awsconfig:dynamodb     :class:`infra.components.stack_config.DynamoDB`; may be left out
awsconfig:tags         :class:`infra.components.stack_config.Tags`
====================== =====================================================================

Every field of :class:`app.settings.Settings` is a key of ``awsconfig:generic`` in camel case
(``stage``, ``authMode``, ``paymentWaitSeconds``, ...), apart from those that name what this
program makes. Rules and defaults are the model's own: a stack that would be refused by its
functions is refused here, before anything is changed.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import pulumi
from pydantic import BaseModel, ValidationError

from app.domain.errors import SettingsError
from app.field_errors import describe
from app.settings import NOT_CHECKED, OPEN_STAGES, Settings, list_variables, read_settings
from infra.components.live_image import check_image
from infra.components.stack_config import DynamoDB, Generic, Tags, image_version
from infra.components.table_layout import check_layout, default_layout

_NAMESPACE = "awsconfig"

#: Settings whose values this program makes or reads elsewhere: no keys for them.
_MADE_HERE = frozenset(
    {
        "region", "table", "signing_keys_secret", "origin_header_sha256", "sentry_dsn",
        "sentry_dsn_secret",
    }
)  # fmt: skip

#: The longest name made from it, a schedule's, may have 64 characters; a repository's may
#: have no capitals.
_STACK_NAME = re.compile(r"(?=.{1,32}$)[a-z](?:-?[a-z0-9])*")
_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9_]+\b")

#: What a stack's file says otherwise than a request.
_WORDS = {
    "missing": "is not set",
    "extra_forbidden": "is no key of a stack",
    "model_type": "must have keys of its own",
    "dict_type": "must have keys of its own",
}

Part = TypeVar("Part", bound=BaseModel)


class ConfigurationError(pulumi.RunError):
    """The stack's configuration cannot be deployed; the text names every key that is wrong."""


@dataclass(frozen=True)
class Configuration:
    """One stack's configuration, checked."""

    stack: str
    region: str
    generic: Generic
    dynamodb: DynamoDB
    tags: Tags
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
        if value is None:
            return ""  # The function has a default of its own.
        return f"{value:g}" if isinstance(value, float) else str(value)


def variables() -> Mapping[str, str]:
    """Return the settings' field names by environment variable, every spelling of one."""
    return {name: field for field, variable in list_variables().items() for name in variable.names}


def setting_keys() -> Mapping[str, str]:
    """Return the environment variables by the key of ``awsconfig:generic`` that sets them."""
    return {
        re.sub("_([a-z])", lambda match: match[1].upper(), field): variable
        for variable, field in variables().items()
        if field not in _MADE_HERE and not field.endswith("_queue_url")
    }


def read_configuration() -> Configuration:
    """Return the configuration of the stack that is being deployed.

    Raises:
        ConfigurationError: keys are missing or wrong; all of them are named at once.
    """
    problems: list[str] = []
    stack, region = pulumi.get_stack(), pulumi.Config("aws").get("region")
    if not _STACK_NAME.fullmatch(stack):
        problems.append(
            "the stack's name must be at most 32 of a-z, 0-9 and single -, a letter first"
        )
    if not region:
        problems.append("aws:region is not set")

    given = _read("generic", problems)
    settings_keys = setting_keys()
    generic = _model(
        Generic,
        "generic",
        {key: value for key, value in given.items() if key not in settings_keys},
        problems,
    )
    outputs = _deployed_outputs()
    if generic:
        problems += _problems(check_image, generic.image, generic.replaces, outputs)
    settings = _settings(given, generic, outputs, problems)
    if settings:
        problems += _problems(check_layout, settings.table_layout, stack, outputs)
    dynamodb = _model(DynamoDB, "dynamodb", _read("dynamodb", problems), problems)
    tags = _model(Tags, "tags", _read("tags", problems), problems)
    if not (region and generic and settings and dynamodb and tags) or problems:
        raise ConfigurationError("\n  ".join(["The stack cannot be deployed:", *problems]))
    return Configuration(stack, region, generic, dynamodb, tags, settings)


def _read(name: str, problems: list[str]) -> Mapping[str, Any]:
    """Return what is below one key, nothing if it is not there."""
    try:
        found = pulumi.Config(_NAMESPACE).get_object(name)
    except pulumi.ConfigTypeError:
        found = ""
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        problems.append(f"{_NAMESPACE}:{name} must have keys of its own")
        return {}
    return found


def _deployed_outputs() -> Mapping[str, Any]:
    """Return the outputs of this stack's last deployment; empty before the first one.

    A stack reference would return them later, as outputs; the program has to know before it
    makes anything.
    """
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    answer: Any = pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {"name": name}).value
    outputs: Mapping[str, Any] = (answer or {}).get("outputs") or {}
    return outputs


def _problems(check: Callable[..., None], *arguments: Any) -> Iterator[str]:
    try:
        check(*arguments)
    except ValueError as failure:
        yield f"{_NAMESPACE}:generic.{failure}"


def _model(
    model: type[Part], name: str, given: Mapping[str, Any], problems: list[str]
) -> Part | None:
    """Return ``given`` as a model, or note what is wrong with it."""
    try:
        return model.model_validate(given)
    except ValidationError as failure:
        problems += _messages(name, failure)
        return None


def _messages(name: str, failure: ValidationError) -> Iterator[str]:
    for error in failure.errors(include_input=False, include_url=False):
        key = ".".join([f"{_NAMESPACE}:{name}", *map(str, error["loc"])])
        yield f"{key} {_WORDS.get(error['type']) or describe(error)}"


def _settings(
    given: Mapping[str, Any],
    generic: Generic | None,
    outputs: Mapping[str, Any],
    problems: list[str],
) -> Settings | None:
    """Return the functions' settings, or note what they would refuse."""
    values = {
        variable: str(given[key])
        for key, variable in setting_keys().items()
        if given.get(key) is not None
    }
    if not values.get("STAGE", "").strip():
        problems.append(f"{_NAMESPACE}:generic.stage is not set")
    values.setdefault("TABLE_LAYOUT", default_layout(outputs))
    # Requests come through the CDN, which appends the viewer's address.
    values.setdefault("TRUSTED_PROXIES", "1")
    # Made later (infra/components/origin_header.py).
    values["ORIGIN_HEADER_SHA256"] = NOT_CHECKED
    if generic and generic.image and not values.get("VERSION"):
        values["VERSION"] = image_version(generic.image)
    try:
        return read_settings(values)
    except SettingsError as failure:
        # The settings name environment variables, a stack's file keys.
        keys = {variable: key for key, variable in setting_keys().items()}
        said = _VARIABLE.sub(lambda found: keys.get(found[0], found[0]), str(failure))
        problems.append(f"{_NAMESPACE}:generic: {said}")
        return None
