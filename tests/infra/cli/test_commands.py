"""The commands that talk to a shop, run in this process against the emulator."""

import asyncio
import importlib
import inspect
import io
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import typer

from app import __version__
from app.domain.errors import InvalidInputError, QueueUnavailableError, SettingsError
from app.domain.user import Role
from app.security.passwords import Verdict, check_password
from app.store.pagination import PageRequest
from app.store.products import list_products
from app.store.table import get_table
from app.store.users import find_credentials
from infra.cli import main, openapi, queues, run, seed, send_event
from infra.cli.openapi import StaleDocumentsError
from infra.local.emulator import Emulator
from infra.sample_events import sample_event
from infra.topology import FUNCTIONS
from tests.infra.cli.helpers.published_stack import publish

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def shop(
    stack: dict[str, str], emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The emulator's stack, as a shop that runs on a data folder."""
    monkeypatch.setenv("SHOP_DATA_DIR", str(tmp_path))
    publish(stack, emulator, tmp_path)


def waiting(capsys: pytest.CaptureFixture[str], queue: str) -> int:
    queues.command(stack="local", as_json=True)
    listed = json.loads(capsys.readouterr().out)
    return next(int(depth["waiting"]) for depth in listed if depth["queue"] == queue)


@pytest.mark.usefixtures("shop")
class TestWithAShop:
    def test_a_sample_goes_to_its_queue(self, capsys: pytest.CaptureFixture[str]) -> None:
        before = waiting(capsys, "shipment-request")

        send_event.command("shipment", "requested", None, "12345", as_json=True)

        said = json.loads(capsys.readouterr().out)
        assert (said["event"], said["queue"]) == ("ShipmentRequested", "shipment-request")
        assert waiting(capsys, "shipment-request") == before + 1

    def test_a_file_is_sent_as_an_event_of_its_own_type(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event = sample_event("shipment", "delivered", order_id="12345", now=NOW)
        assert event is not None
        path = tmp_path / "event.json"
        path.write_text(event.to_body())

        send_event.command("", "", path, "", "local", as_json=False)
        monkeypatch.setattr("sys.stdin", io.StringIO(event.to_body()))
        send_event.command("", "", Path("-"), "", "local", as_json=False)

        assert capsys.readouterr().out.count("Sent ShipmentDelivered to shipment-response") == 2

    def test_queues_are_shown_to_people_too(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # On a narrow terminal long ages of messages break a heading.
        monkeypatch.setenv("COLUMNS", "120")
        queues.command(stack="local", as_json=False)

        shown = capsys.readouterr().out
        assert "payment-error" in shown
        assert "Dead letters" in shown

    def test_a_stack_that_is_not_there_is_named(self) -> None:
        with pytest.raises(QueueUnavailableError, match="nowhere-acmeserverless"):
            queues.command(stack="nowhere", as_json=True)
        with pytest.raises(QueueUnavailableError, match="nowhere-acmeserverless"):
            send_event.command("payment", "success", None, "1", "nowhere", as_json=True)


def test_an_unknown_sample_names_those_there_are() -> None:
    with pytest.raises(InvalidInputError, match="'payment success'"):
        send_event.command("payment", "maybe", None, "1", "local", as_json=True)


def test_a_file_that_cannot_be_read_or_holds_no_event_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="cannot be read"):
        send_event.command("", "", tmp_path / "none", "", "local", as_json=True)
    (tmp_path / "bad").write_text("{}")
    with pytest.raises(InvalidInputError, match="data"):
        send_event.command("", "", tmp_path / "bad", "", "local", as_json=True)


async def test_documents_are_written_once_and_stale_ones_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    openapi.command(tmp_path / "new", tmp_path / "pages", check=False, as_json=False)
    openapi.command(tmp_path / "new", tmp_path / "pages", check=False, as_json=False)
    openapi.command(tmp_path / "new", tmp_path / "pages", check=True, as_json=False)
    said = capsys.readouterr().out.splitlines()
    assert [line[:8] for line in said] == ["Wrote 11", "Wrote 0 ", "11 docum"]

    (tmp_path / "new" / "cart.json").write_text("{}")

    with pytest.raises(StaleDocumentsError, match=r"cart\.json"):
        openapi.command(tmp_path / "new", tmp_path / "pages", check=True, as_json=False)
    openapi.command(tmp_path / "new", tmp_path / "pages", check=False, as_json=True)
    assert json.loads(capsys.readouterr().out)["openapi"].startswith("3.1")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-north-1"}, "eu-north-1"),
        ({"AWS_REGION": "us-east-2", "AWS_DEFAULT_REGION": "eu-north-1"}, "us-east-2"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-north-1"}, "eu-north-1"),
    ],
)
def test_every_command_looks_for_a_stack_in_the_region_of_the_environment(
    variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    found = {}
    for name, path in main.COMMANDS.items():
        module = importlib.import_module(path)
        if (
            hasattr(module, "commands")
            or "region" not in inspect.signature(module.command).parameters
        ):
            continue
        application = typer.Typer()
        application.command(name)(module.command)
        command = typer.main.get_command(application)
        (option,) = (option for option in command.params if option.name == "region")
        context = command.context_class(command)
        found[name] = option.consume_value(context, {})[0]
        given = option.consume_value(context, {"region": "eu-south-1"})[0]
        assert given == "eu-south-1"

    assert {"order", "queues", "trace", "verify"} < set(found)
    assert set(found.values()) == {expected}


class TestAddStaff:
    def add(self, name: str, password: str, stack: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "infra.cli.main", "add-staff", name, "--stack", stack, "--json"],
            input=password,
            capture_output=True,
            text=True,
            check=False,
        )

    def test_a_new_member_of_the_staff_can_sign_in(
        self, own_stack: dict[str, str], full_password_work: None
    ) -> None:
        shop, name = own_stack["TABLE"].removesuffix("-acmeserverless-dynamodb"), f"robin-{uuid4()}"

        added = self.add(name, "a long enough one\n", shop)

        credentials = asyncio.run(find_credentials(get_table(), name))
        assert added.stderr == ""
        assert json.loads(added.stdout)["username"] == name
        assert credentials is not None
        assert credentials.role is Role.STAFF
        verdict = asyncio.run(check_password("a long enough one", credentials.password_hash))
        assert verdict is Verdict.RIGHT

    def test_a_name_that_is_taken_stays_who_it_is(self, own_stack: dict[str, str]) -> None:
        shop, name = own_stack["TABLE"].removesuffix("-acmeserverless-dynamodb"), f"robin-{uuid4()}"
        self.add(name, "a long enough one\n", shop)

        again = self.add(name, "quite another one\n", shop)

        assert again.returncode == 1
        assert "taken" in again.stderr

    @pytest.mark.parametrize(
        ("name", "password", "says"),
        [("robin", "short\n", "12 to 128"), ("", "a long enough one\n", "username")],
    )
    def test_a_name_or_password_that_cannot_sign_in_is_refused(
        self, name: str, password: str, says: str
    ) -> None:
        refused = self.add(name, password, "nowhere")

        assert refused.returncode == 2
        assert says in refused.stderr


class TestStacksInAWS:
    """Stacks that are not the shop of this machine, at an endpoint that says it is AWS."""

    def test_the_catalog_of_a_new_stack_is_filled_once(
        self, own_stack: dict[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        name = own_stack["TABLE"].removesuffix("-acmeserverless-dynamodb")

        for _ in range(2):
            seed.command(catalog=True, stack=name, as_json=True)

        assert json.loads(capsys.readouterr().out.splitlines()[1])["products"] == 8
        page = asyncio.run(list_products(get_table(), PageRequest(limit=100)))
        assert len(page.entries) == 8

    def test_users_with_the_published_password_are_local_only(self) -> None:
        with pytest.raises(SettingsError, match="published password"):
            seed.command(users=1, stack="dev")

    def test_queues_are_those_of_the_stack(
        self, own_stack: dict[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        queues.command(
            stack=own_stack["TABLE"].removesuffix("-acmeserverless-dynamodb"), as_json=True
        )

        assert len(json.loads(capsys.readouterr().out)) == 6


def test_the_command_says_its_version(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _ended(["--version"], monkeypatch) == 0

    assert capsys.readouterr().out == f"acme-shop {__version__}\n"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("acme-shop se", ["seed", "send-event"]),
        ("acme-shop run --p", ["--port"]),
        ("acme-shop verify l", ["live"]),
        ("acme-shop send-event sh", ["shipment"]),
        ("acme-shop send-event shipment ", ["requested", "sent", "delivered"]),
    ],
)
def test_a_shell_completes_commands_options_and_values(words: str, found: list[str]) -> None:
    asked = {
        **os.environ,
        "_ACME_SHOP_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }

    done = subprocess.run(
        [Path(sys.executable).with_name("acme-shop")],
        env=asked,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.stdout.split() == found


def test_run_tells_every_setting_that_one_may_set() -> None:
    made = {"TABLE", "REGION", "SIGNING_KEYS_SECRET", "SENTRY_DSN_SECRET"}
    names = {name for function in FUNCTIONS for name in function.settings} - made
    told = dict(re.findall(r"^  (\w+) +(\S.*)$", run.EPILOG, re.MULTILINE))

    told_of_functions = {name for name in names if not name.endswith("_QUEUE_URL")}
    assert set(told) == {"PORT", "SHOP_DATA_DIR"} | told_of_functions
    assert set(run.MEANINGS) == told_of_functions


def _ended(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """Run the command in this process, and return how it ended."""
    monkeypatch.setattr(sys, "argv", ["acme-shop", *arguments])

    def end(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr("os._exit", end)
    with pytest.raises(SystemExit) as caught:
        main.main()
    return int(str(caught.value.code))
