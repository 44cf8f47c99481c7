"""``acme-shop add-staff``: register a user who may sell at the till and edit the catalog."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from getpass import getpass
from typing import Annotated
from uuid import uuid4

import typer
from pydantic import TypeAdapter, ValidationError

from app.domain.errors import SettingsError
from app.domain.user import MAX_PASSWORD_LENGTH, Role
from app.field_errors import describe
from app.fields import NewUsername
from app.security.new_passwords import check_new_password
from app.services.users import register_user
from infra.cli.stacks import LOCAL, RegionOption, StackOption, connect
from infra.local.environment import REGION

#: Longer than a customer's: staff may read every customer's orders.
MIN_PASSWORD_LENGTH = 12


def command(
    username: Annotated[str, typer.Argument(help="The name to sign in with.")],
    first_name: Annotated[str, typer.Option(help="As receipts say it.")] = "",
    last_name: Annotated[str, typer.Option(help="As receipts say it.")] = "",
    stack: StackOption = LOCAL,
    region: RegionOption = REGION,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Add a member of the staff; asks for the password, or reads it from a pipe."""
    try:
        TypeAdapter(NewUsername).validate_python(username)
    except ValidationError as failure:
        raise SettingsError(f"username: {describe(failure.errors()[0])}") from None
    password = _ask_password()
    check_new_password(password, username=username, field="password")
    connection = connect(stack, region)
    user = asyncio.run(
        register_user(
            connection.table,
            user_id=str(uuid4()),
            username=username,
            password=password,
            first_name=first_name,
            last_name=last_name,
            email="",
            now=datetime.now(UTC),
            role=Role.STAFF,
        )
    )
    if as_json:
        print(json.dumps({"id": user.user_id, "username": user.username}))
    else:
        print(f"{user.username} can sign in at the till.")


def _ask_password() -> str:
    """Return the password; never from an argument, which other users of a machine can read.

    Raises:
        SettingsError: it is too short, or the two entries differ.
    """
    if sys.stdin.isatty():
        password = getpass("Password: ")
        if getpass("Again: ") != password:
            raise SettingsError("the two passwords differ")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise SettingsError(
            f"the password must have {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters"
        )
    return password
