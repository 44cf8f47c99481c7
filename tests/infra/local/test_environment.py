import os

import pytest

from infra.local.environment import base_environment, function_environment
from infra.topology import FUNCTIONS

PAYMENT = next(function for function in FUNCTIONS if function.name == "payment")
STACK = {
    "REGION": "eu-west-1",
    "TABLE": "t",
    "PAYMENT_REQUEST_QUEUE_URL": "http://q/request",
    "PAYMENT_RESPONSE_QUEUE_URL": "http://q/response",
}


def environment(**user: str) -> dict[str, str]:
    return function_environment(PAYMENT, STACK, user, endpoint_url="http://127.0.0.1:1")


def test_a_function_sees_the_settings_of_its_definition() -> None:
    found = environment(AUTH_MODE="0", STAGE="demo", SHOP_PAYMENT_WAIT_SECONDS="1")

    assert found["AUTH_MODE"] == "0"
    assert found["STAGE"] == "demo"
    assert found["TABLE"] == "t"
    assert found["PAYMENT_RESPONSE_QUEUE_URL"] == "http://q/response"


def test_a_function_does_not_see_what_the_stack_would_not_give_it() -> None:
    found = environment(SHOP_PAYMENT_WAIT_SECONDS="1", SOMETHING="else")

    assert found.keys().isdisjoint(
        {"SHOP_PAYMENT_WAIT_SECONDS", "SOMETHING", "PAYMENT_REQUEST_QUEUE_URL"}
    )


def test_the_stack_wins_over_the_user() -> None:
    assert environment(TABLE="mine")["TABLE"] == "t"


def test_empty_settings_are_not_passed_on() -> None:
    assert "AUTH_MODE" not in environment(AUTH_MODE="")


def test_a_function_speaks_to_the_emulator_only() -> None:
    found = environment(AWS_PROFILE="mine", AWS_SESSION_TOKEN="secret", HTTPS_PROXY="http://p")

    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert found["AWS_REGION"] == "eu-west-1"
    assert found["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert found.keys().isdisjoint({"AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTPS_PROXY"})


def test_children_may_write_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("COVERAGE_PROCESS_START", "here")

    found = base_environment()

    assert "PYTHONDONTWRITEBYTECODE" not in found
    assert found["COVERAGE_PROCESS_START"] == "here"
    assert found["PATH"] == os.environ["PATH"]
