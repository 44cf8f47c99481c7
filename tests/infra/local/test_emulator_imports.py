"""What MiniStack does without when it starts, and that its answers stay as they are."""

import sys
from importlib import import_module

import pytest
from ministack.core import responses

from infra.local.deploy import SERVICES
from infra.local.emulator_imports import PROTOCOLS, skip_imports

ENVELOPES = ("application/json", "application/xml", "text/xml", "application/octet-stream")


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the services whose models are loaded from now on."""
    names: list[str] = []
    load = responses._service_model

    def noted(service: str) -> object:
        names.append(service)
        return load(service)

    monkeypatch.setattr(responses, "_service_model", noted)
    monkeypatch.setitem(sys.modules, "docker", None)
    return names


def content_types(service: str) -> list[str | None]:
    return [
        expected(service, emitted)
        for emitted in ENVELOPES
        for expected in (
            responses.expected_error_content_type,
            responses.expected_success_content_type,
        )
    ]


@pytest.mark.parametrize("service", PROTOCOLS)
def test_the_services_of_a_shop_answer_as_their_models_say(service: str, loaded: list[str]) -> None:
    of_model = content_types(service)
    assert loaded
    loaded.clear()

    skip_imports()

    assert content_types(service) == of_model
    assert loaded == []


def test_other_services_have_their_models(loaded: list[str]) -> None:
    skip_imports()

    assert content_types("kinesis")[0] == "application/x-amz-json-1.1"
    assert set(loaded) == {"kinesis"}


def test_every_service_that_is_deployed_is_known() -> None:
    assert set(SERVICES) <= set(PROTOCOLS)


def test_there_is_no_client_of_docker(loaded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "docker")

    skip_imports()

    with pytest.raises(ImportError):
        import_module("docker")
