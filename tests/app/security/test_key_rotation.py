"""Rotating the signing keys: old tokens stay good, whatever breaks off, repeats or races."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

import app.security.key_rotation
from app.domain.errors import SettingsError
from app.security.signing_keys import (
    get_signing_keys,
    new_signing_keys,
    parse_signing_keys,
    rotate_signing_keys,
    secrets_client,
)
from app.settings import get_settings
from tests.conftest import forget_clients
from workers.rotation import handler

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
#: Every call of Secrets Manager in the code, so that a new one is broken off here as well.
CALLS = sorted(
    set(re.findall(r"\bclient\.([a-z_]+)\(", Path(app.security.key_rotation.__file__).read_text()))
)
UNREACHABLE = EndpointConnectionError(endpoint_url="http://secrets")
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException"}}, "AnyCall")


@pytest.fixture
def secret(stack: dict[str, str]) -> str:
    """The name of a secret with keys in it."""
    name = f"keys-{uuid4()}"
    secrets_client().create_secret(Name=name, SecretString=new_signing_keys())
    return name


@pytest.fixture(autouse=True)
def _use_it(secret: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SIGNING_KEYS_SECRET", secret)
    forget_clients()
    yield
    forget_clients()


def value(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(
        secrets_client().get_secret_value(SecretId=name)["SecretString"]
    )
    return content


def event(step: str, version: str) -> dict[str, str]:
    # Whatever secret is named, the one in the settings is meant.
    return {"Step": step, "SecretId": "another", "ClientRequestToken": version}


def rotate(version: str) -> None:
    for step in STEPS:
        handler(event(step, version), None)


def test_each_key_is_known_before_it_signs_and_after(secret: str) -> None:
    seen = [value(secret)]
    for _ in range(3):
        rotate(str(uuid4()))
        seen.append(value(secret))

    for ring in ("signin_1", "signin_2"):
        for before, after in pairwise(seen):
            signed, upcoming = before[ring][:2]
            assert after[ring][0] == upcoming
            assert after[ring][2] == signed
            assert after[ring][1] not in before[ring]
    assert len({entry["fingerprint"] for entry in seen}) == 1


def test_a_secret_with_one_key_gets_the_next_before_anything_changes() -> None:
    old = {"signin_1": ["aa" * 32], "signin_2": ["bb" * 32], "fingerprint": "cc" * 32}

    new = json.loads(rotate_signing_keys(json.dumps(old)))

    assert new["signin_1"][0] == "aa" * 32
    assert len(new["signin_1"]) == 2
    assert new["fingerprint"] == old["fingerprint"]


def test_every_step_can_be_repeated(secret: str) -> None:
    before, version = value(secret), str(uuid4())

    for step in STEPS:
        handler(event(step, version), None)
        handler(event(step, version), None)
    after = value(secret)
    rotate(version)

    assert after["signin_1"][2] == before["signin_1"][0]
    assert value(secret) == after


def test_no_function_sees_new_keys_before_the_last_step(secret: str) -> None:
    before, version = value(secret), str(uuid4())

    for step in STEPS[:-1]:
        handler(event(step, version), None)

        assert value(secret) == before


@pytest.mark.parametrize(
    ("failure", "has_effect"),
    [(UNREACHABLE, False), (UNREACHABLE, True), (SystemExit(), True), (THROTTLED, False)],
    ids=["before", "answer lost", "killed after", "throttled"],
)
@pytest.mark.parametrize("call", CALLS)
def test_a_rotation_that_breaks_off_at_any_call_is_finished_later(
    secret: str,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    failure: BaseException,
    *,
    has_effect: bool,
) -> None:
    before, version = value(secret), str(uuid4())
    broken: list[str] = []

    def client() -> Any:
        made = secrets_client()
        real = getattr(made, call)

        def breaking(**arguments: Any) -> Any:
            if broken:
                return real(**arguments)
            broken.append(call)
            if has_effect:
                real(**arguments)
            raise failure

        monkeypatch.setattr(made, call, breaking)
        return made

    monkeypatch.setattr(app.security.key_rotation, "secrets_client", client)

    # Secrets Manager repeats a step that failed.
    for step in STEPS:
        try:
            handler(event(step, version), None)
        except (EndpointConnectionError, ClientError, SystemExit):
            handler(event(step, version), None)

    assert broken == [call]
    assert value(secret)["signin_1"][::2] == before["signin_1"][1::-1]


def test_two_rotations_at_once_agree(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    version = str(uuid4())
    handler(event("createSecret", version), None)
    pending = secrets_client().get_secret_value(SecretId=secret, VersionId=version)

    def client() -> Any:
        """Be the one who looked before the other one wrote; AWS keeps the first value."""
        made = secrets_client()
        missing = made.exceptions.ResourceNotFoundException({"Error": {}}, "GetSecretValue")
        there = made.exceptions.ResourceExistsException({"Error": {}}, "PutSecretValue")
        real = made.get_secret_value

        def get(**arguments: Any) -> Any:
            if "VersionId" in arguments:
                raise missing
            return real(**arguments)

        def put(**_: Any) -> Any:
            raise there

        monkeypatch.setattr(made, "get_secret_value", get)
        monkeypatch.setattr(made, "put_secret_value", put)
        return made

    with monkeypatch.context() as late:
        late.setattr(app.security.key_rotation, "secrets_client", client)
        handler(event("createSecret", version), None)

    kept = secrets_client().get_secret_value(SecretId=secret, VersionId=version)
    assert kept["SecretString"] == pending["SecretString"]


def test_a_malformed_secret_is_left_alone(secret: str) -> None:
    secrets_client().put_secret_value(SecretId=secret, SecretString='{"signin_1": ["aa"]}')

    with pytest.raises(SettingsError):
        handler(event("createSecret", str(uuid4())), None)

    assert value(secret) == {"signin_1": ["aa"]}


def test_an_unknown_step_is_refused() -> None:
    with pytest.raises(ValueError, match="no such step"):
        handler(event("deleteSecret", str(uuid4())), None)


def test_no_key_is_logged(secret: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "shop.keys")
    caplog.set_level("DEBUG", "shop.security")

    rotate(str(uuid4()))

    events = [record.message for record in caplog.records if record.name == "shop.security"]
    assert events == ["security.keys_rotated"]

    said = caplog.text
    assert "createSecret" in said
    assert not any(key in said for ring in ("signin_1", "signin_2") for key in value(secret)[ring])


async def test_a_process_learns_of_new_keys_within_the_hour(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = await get_signing_keys()
    rotate(str(uuid4()))

    assert await get_signing_keys() is known
    monkeypatch.setattr("app.security.signing_keys._refresh_at", 0.0)
    renewed = await get_signing_keys()

    assert renewed.access[0] == known.access[1]
    assert renewed.access[2] == known.access[0]


async def test_known_keys_go_on_working_while_the_secret_cannot_be_read(
    secret: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    known = await get_signing_keys()
    secrets_client().delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    monkeypatch.setattr("app.security.signing_keys._refresh_at", 0.0)

    assert await get_signing_keys() is known
    assert "not_renewed" in caplog.text
    assert get_settings().signing_keys_secret == secret


def test_a_new_secret_is_one_that_can_be_read() -> None:
    assert len(parse_signing_keys(new_signing_keys()).access) == 2


def test_all_steps_of_a_rotation_have_one_id(secret: str, caplog: pytest.LogCaptureFixture) -> None:
    version = str(uuid4())
    caplog.set_level("INFO", "shop.keys")

    for step in STEPS:
        handler(event(step, version), None)

    lines = [vars(record) for record in caplog.records if record.name == "shop.keys"]
    assert {line["trace_id"] for line in lines} == {version.replace("-", "")}
