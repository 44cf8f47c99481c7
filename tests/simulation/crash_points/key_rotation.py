"""A rotation of the signing keys in which one call fails, and Secrets Manager calls again."""

import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from botocore.exceptions import ClientError, EndpointConnectionError

import app.security.key_rotation
from app.settings import read_settings
from tests.simulation.crash_points.call_sites import Site, running_site
from tests.simulation.simulator.faults import Fault

_SETTINGS = read_settings({"SIGNING_KEYS_SECRET": "keys"})
_OLD = {"signin_1": ["aa" * 32, "ab" * 32], "signin_2": ["ba" * 32, "bb" * 32]}
_SECRET = {**_OLD, "fingerprint": "cc" * 32}
_STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
_BEFORE = {Fault.FAIL, Fault.HANG, Fault.LATE}
_AFTER = {Fault.LOST, Fault.HANG_DONE}


class _RefusedError(ClientError):
    """Secrets Manager does not do it."""

    def __init__(self) -> None:
        super().__init__({"Error": {"Code": self.__class__.__name__}}, "AnyCall")


class _NoSuchVersionError(_RefusedError):
    """There is no such version."""


class _OtherValueError(_RefusedError):
    """The version has another value."""


class FakeSecrets:
    """Secrets Manager with one secret; ``fault`` happens to call number ``at`` and its like."""

    #: Failures as a client of boto3 carries them.
    exceptions = SimpleNamespace(
        ResourceNotFoundException=_NoSuchVersionError,
        ResourceExistsException=_OtherValueError,
    )

    def __init__(self, fault: Fault = Fault.NONE, *, at: int = -1, repeats: int = 1) -> None:
        """Begin with one current version."""
        self.values = {"v1": json.dumps(_SECRET)}
        self.labels = {"AWSCURRENT": "v1"}
        self.sites: list[Site] = []
        self.late: list[Callable[[], Any]] = []
        self._fault = fault
        self._at = at
        self._left = repeats
        self._hit: Site | None = None

    def _call(self, effect: Callable[[], Any]) -> Any:
        site = running_site()
        if self._left and (len(self.sites) == self._at or site == self._hit):
            self._hit, fault = site, self._fault
            self._left -= 1
        else:
            fault = Fault.NONE
        self.sites.append(site)
        if fault is Fault.LATE:
            self.late.append(effect)
        if fault is Fault.THROTTLED:
            raise _RefusedError
        if fault in _BEFORE:
            raise EndpointConnectionError(endpoint_url="http://secrets")
        if fault is Fault.DIE_BEFORE:
            raise SystemExit
        result = effect()
        if fault in _AFTER:
            raise EndpointConnectionError(endpoint_url="http://secrets")
        if fault is Fault.DIE_AFTER:
            raise SystemExit
        return result

    def get_secret_value(self, **asked: str) -> dict[str, str]:
        """Return a version by its label or its id."""
        answer: dict[str, str] = self._call(partial(self._read, asked))
        return answer

    def _read(self, asked: dict[str, str]) -> dict[str, str]:
        version = asked.get("VersionId") or self.labels.get(asked["VersionStage"])
        if version not in self.values:
            raise _NoSuchVersionError
        return {"SecretString": self.values[version]}

    def put_secret_value(self, **asked: Any) -> None:
        """Add a version; the value of one that is there stays."""
        self._call(partial(self._put, asked))

    def _put(self, asked: Any) -> None:
        version, text = asked["ClientRequestToken"], asked["SecretString"]
        if self.values.setdefault(version, text) != text:
            raise _OtherValueError
        self.labels.update(dict.fromkeys(asked["VersionStages"], version))

    def describe_secret(self, **asked: str) -> dict[str, Any]:
        """Return which version has which labels."""
        answer: dict[str, Any] = self._call(self._describe)
        return answer

    def _describe(self) -> dict[str, Any]:
        stages: dict[str, list[str]] = {}
        for label, version in self.labels.items():
            stages.setdefault(version, []).append(label)
        return {"VersionIdsToStages": stages}

    def update_secret_version_stage(self, **asked: str) -> None:
        """Move a label from the version that has it."""
        self._call(partial(self._move, asked))

    def _move(self, asked: dict[str, str]) -> None:
        if self.labels[asked["VersionStage"]] != asked["RemoveFromVersionId"]:
            raise _RefusedError
        self.labels[asked["VersionStage"]] = asked["MoveToVersionId"]


def rotate(secrets: FakeSecrets) -> str | None:
    """Rotate once, each step until it is done; return what is wrong at the end, if anything."""
    with (
        patch.object(app.security.key_rotation, "secrets_client", lambda: secrets),
        patch.object(app.security.key_rotation, "get_settings", lambda: _SETTINGS),
    ):
        for step in _STEPS:
            if not any(_is_done(step) for _ in range(5)):
                return f"{step} never ends"
    for effect in secrets.late:
        with suppress(ClientError):
            effect()
    found = json.loads(secrets.values[secrets.labels["AWSCURRENT"]])
    rings = ("signin_1", "signin_2")
    is_one_on = all(found[ring][::2] == [_OLD[ring][1], _OLD[ring][0]] for ring in rings)
    is_kept = found["fingerprint"] == _SECRET["fingerprint"]
    return None if is_one_on and is_kept else f"the keys are {found}"


def _is_done(step: str) -> bool:
    try:
        app.security.key_rotation.rotate(
            {"Step": step, "SecretId": "keys", "ClientRequestToken": "v2"}
        )
    except (ClientError, EndpointConnectionError, SystemExit):
        return False
    return True
