"""``infra/RUNBOOK.md``: every command runs, and every alarm has its heading there."""

import asyncio
import re
import shlex
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import botocore.session
import botocore.validate
import pytest
import typer
from typer.testing import CliRunner

from app.domain.order import OrderState
from app.services.users import register_user
from app.settings import read_settings
from app.store.orders import add_order
from app.store.table import get_table
from infra.cli.main import COMMANDS
from infra.components.alarm_advice import advice_for
from infra.components.every_alarm import every_alarm
from infra.seeds.classic import classic_products, make_order
from tests.infra.cli.conftest import module_stack, shop
from tests.infra.components.deployment import ROOT
from tests.support.shop import fresh

__all__ = ["module_stack", "shop"]

PAGE = (ROOT / "infra" / "RUNBOOK.md").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
#: They ask AWS itself, gates, aliases of functions, its logs, or the shop of `make run`.
PARSED = {"release", "trace", "verify", "resume"}
PULUMI = {"config set", "stack init", "up --refresh", "up --stack"}


def sections() -> dict[str, list[str]]:
    """Return the commands of the page under each heading."""
    parts = re.split(r"^## (.+)$", PAGE, flags=re.MULTILINE)
    found = {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}
    return {
        heading: [
            line
            for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
            for line in block.splitlines()
        ]
        for heading, text in found.items()
    }


COMMANDS_OF_PAGE = [line for lines in sections().values() for line in lines]


def application() -> typer.Typer:
    """Return the command line as ``acme-shop`` has it."""
    made = typer.Typer()
    for name, path in COMMANDS.items():
        module = import_module(path)
        if hasattr(module, "commands"):
            made.add_typer(module.commands, name=name)
        else:
            made.command(name)(module.command)
    return made


def parse(words: list[str]) -> None:
    """Read the words of a command as the command line does, without running it."""
    commands = typer.main.get_command(application())
    context = commands.make_context("acme-shop", list(words))
    name, *rest = words
    command = commands.get_command(context, name)  # type: ignore[attr-defined]
    while hasattr(command, "commands"):
        name, *rest = rest
        command = command.commands[name]
    command.make_context(name, rest)


async def customer() -> tuple[str, str]:
    """Return the name of a new user, and the id of an order of theirs that is open."""
    user = await register_user(
        get_table(),
        user_id=fresh("u"),
        username=fresh("hal"),
        password="open-the-doors-1",
        first_name="Hal",
        last_name="Nine",
        email="hal@example.com",
        now=NOW,
    )
    goods = list(classic_products(NOW))[:1]
    order = make_order(fresh("order"), user, goods, OrderState.PENDING, placed_at=NOW)
    await add_order(get_table(), order)
    return user.username, order.order_id


def test_every_command_of_the_shop_works(shop: str) -> None:
    user, order = asyncio.run(customer())
    ran = set()

    for line in COMMANDS_OF_PAGE:
        program, *words = shlex.split(
            re.sub(r"\bSTACK\b", shop, line).replace("ORDER", order).replace("USER", user)
        )
        if program != "acme-shop":
            continue
        if words[0] in PARSED:
            parse(words)
        else:
            done = CliRunner().invoke(application(), words)
            assert done.exit_code == 0, (line, done.output, done.exception)
        ran.add(words[0])

    assert {"order", "orders", "queues", "dead-letters", "redrive", "sweep", "forget-user"} < ran


def aws_lines() -> Iterator[list[str]]:
    for line in COMMANDS_OF_PAGE:
        program, *words = shlex.split(line)
        if program == "aws":
            yield words


@pytest.mark.parametrize("words", [*aws_lines()], ids=" ".join)
def test_every_command_of_aws_is_one_that_aws_knows(words: list[str]) -> None:
    service, operation, *options = words
    model = botocore.session.get_session().get_service_model(service)
    name = "".join(map(str.capitalize, operation.split("-")))
    shape = model.operation_model(name).input_shape
    assert shape is not None
    known = {member.lower(): member for member in shape.members}
    given = {
        known[option.removeprefix("--").replace("-", "")]: value
        for option, value in zip(options[::2], options[1::2], strict=True)
    }

    assert not botocore.validate.ParamValidator().validate(given, shape).has_errors()


def test_everything_else_is_a_command_of_pulumi_or_a_target_of_make() -> None:
    for line in COMMANDS_OF_PAGE:
        program, *words = shlex.split(line)
        if program == "pulumi":
            assert words[:2] == ["--cwd", "infra"]
            assert " ".join(words[2:4]) in PULUMI, line
        elif program == "make":
            subprocess.run(["make", "--dry-run", *words], cwd=ROOT, check=True, capture_output=True)
        else:
            assert program in {"acme-shop", "aws"}, line


def test_every_alarm_says_one_command_and_has_its_heading_here() -> None:
    page = sections()
    told = set()
    for alarm in every_alarm(read_settings({})):
        advice = advice_for(alarm.name)
        assert advice.command in page[advice.heading], alarm.name
        text = advice.text(alarm.meaning, stack="dev", region="eu-north-1")
        assert text.startswith(alarm.meaning)
        assert text.count("acme-shop ") == 1, text
        command = re.search(r"Type: acme-shop (.+?)\. See ", text)
        assert command is not None
        assert "--stack dev" in command[1]
        told.add(command[1])
        # Which is where the stack is, unless the stack's file says it anyway.
        assert ("--region eu-north-1" in text) is not command[1].startswith("release ")
        assert f'"{advice.heading}" in infra/RUNBOOK.md' in text
        # What CloudWatch takes.
        assert len(text) <= 1024
    for line in told:
        parse(shlex.split(line))
    assert Path(ROOT / "infra" / "RUNBOOK.md").exists()
