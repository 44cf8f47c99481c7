"""Taking a release back and letting it have all calls, at the emulator's Lambda."""

from typing import Any

import pytest

from infra.local.emulator import Emulator
from infra.topology import FUNCTIONS, LIVE_ALIAS, function_name
from infra.verify.rollback import RollbackError, promote, roll_back
from tests.infra.verify.stacks import clients_of, deployed, publish


@pytest.fixture
def functions(emulator: Emulator) -> Any:
    return clients_of(emulator)("lambda")


@pytest.fixture
def stack(emulator: Emulator, functions: Any) -> str:
    """A stack whose functions all run release 1."""
    stack = deployed(emulator)
    for name, version in publish(functions, stack, release="1").items():
        functions.create_alias(FunctionName=name, Name=LIVE_ALIAS, FunctionVersion=version)
    return stack


def _start_canary(functions: Any, stack: str, release: str = "2", **settings: str) -> None:
    for name, version in publish(functions, stack, release=release, **settings).items():
        functions.update_alias(
            FunctionName=name,
            Name=LIVE_ALIAS,
            RoutingConfig={"AdditionalVersionWeights": {version: 0.1}},
        )


def _routes(functions: Any, stack: str) -> set[tuple[str, bool]]:
    """Return, of all functions, where the alias leads and whether it has a canary."""
    found = [
        functions.get_alias(FunctionName=function_name(stack, function.name), Name=LIVE_ALIAS)
        for function in FUNCTIONS
    ]
    return {(change["FunctionVersion"], "RoutingConfig" in change) for change in found}


def test_a_canary_that_is_rolled_back_gets_no_more_calls(functions: Any, stack: str) -> None:
    _start_canary(functions, stack)

    changes = roll_back(functions, stack)

    assert _routes(functions, stack) == {("1", False)}
    assert len(changes) == len(FUNCTIONS)
    assert {(change.before, change.after) for change in changes} == {("1, 10% to 2", "1")}


def test_a_rollback_can_be_repeated(functions: Any, stack: str) -> None:
    _start_canary(functions, stack)
    roll_back(functions, stack, release="2")

    changes = roll_back(functions, stack, release="2")

    assert _routes(functions, stack) == {("1", False)}
    assert not any(change.is_done for change in changes)


def test_a_canary_that_passed_gets_all_calls_once(functions: Any, stack: str) -> None:
    _start_canary(functions, stack)

    changes = promote(functions, stack)
    repeated = promote(functions, stack)

    assert _routes(functions, stack) == {("2", False)}
    assert all(change.is_done for change in changes)
    assert not any(change.is_done for change in repeated)


def test_a_release_that_has_all_calls_goes_back_to_the_release_before(
    functions: Any, stack: str
) -> None:
    _start_canary(functions, stack)
    promote(functions, stack)
    # Deployed twice: the version right before is no way back.
    _start_canary(functions, stack)
    promote(functions, stack)

    roll_back(functions, stack, release="2")
    repeated = roll_back(functions, stack, release="2")

    assert _routes(functions, stack) == {("1", False)}
    assert not any(change.is_done for change in repeated)


def test_a_first_release_has_nothing_to_go_back_to(functions: Any, stack: str) -> None:
    with pytest.raises(RollbackError, match="api: there is no version of another release"):
        roll_back(functions, stack, release="1")


@pytest.mark.parametrize(("layout", "is_refused"), [("current", True), ("former", False)])
def test_a_release_that_cannot_read_the_table_is_not_gone_back_to(
    functions: Any, stack: str, layout: str, *, is_refused: bool
) -> None:
    _start_canary(functions, stack, TABLE_LAYOUT=layout)
    promote(functions, stack)

    if is_refused:
        with pytest.raises(RollbackError, match="cannot read orders of the table's present layout"):
            roll_back(functions, stack, release="2")
    else:
        roll_back(functions, stack, release="2")

    assert _routes(functions, stack) == {("2" if is_refused else "1", False)}


def test_one_function_that_fails_keeps_no_other_from_being_rolled_back(
    functions: Any, stack: str
) -> None:
    _start_canary(functions, stack)
    functions.delete_alias(FunctionName=function_name(stack, "payment"), Name=LIVE_ALIAS)

    with pytest.raises(RollbackError, match="payment: it has no alias") as failure:
        roll_back(functions, stack)

    others = [function for function in FUNCTIONS if function.name != "payment"]
    assert "shipment" not in str(failure.value)
    assert {
        "RoutingConfig"
        in functions.get_alias(FunctionName=function_name(stack, other.name), Name=LIVE_ALIAS)
        for other in others
    } == {False}


def test_a_stack_that_is_not_there_is_named_with_the_reason(functions: Any) -> None:
    with pytest.raises(RollbackError, match="order: it has no alias to switch"):
        roll_back(functions, "nowhere")
