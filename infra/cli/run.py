"""``acme-shop run``: the whole shop on this machine."""

import asyncio
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from app.domain.errors import SettingsError, ShopError
from app.settings import Settings, list_variables, read_settings
from infra.local.data_folder import DataFolder, data_path
from infra.local.output import Output
from infra.local.sockets import listen
from infra.topology import FUNCTIONS

DEFAULT_PORT = 8000
_LAST_PORT = 65535

#: What the settings that a person may set mean; ``run`` makes the others itself.
MEANINGS = {
    "AUTH_MODE": "1: tokens are checked; 0: open legacy mode",
    "AWS_CLIENT": "light, or boto3: what calls SQS and Secrets Manager",
    "CARD_RULES": "strict, or classic with AUTH_MODE=0",
    "CATALOG_VERSION": "what /catalogliveness says",
    "DECLINED_CARDS": "declined cards of a user an hour before the next order must wait",
    "DECLINED_CARDS_BY_ADDRESS": "the same from one address",
    "IMAGE_BASE_URL": "what goes before picture paths, for pages on another origin",
    "LOGIN_ATTEMPTS": "wrong passwords an hour before the next ones must wait",
    "LOGIN_ATTEMPTS_BY_ADDRESS": "the same for all names from one address",
    "LOGIN_ATTEMPTS_BY_NAME": "the same from all unknown devices",
    "ORIGIN_HEADER_SHA256": "which X-Origin-Verify is let in (not in the stage local); empty: all",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "collector that gets traces (OTLP/HTTP), not /dev/orders",
    "OTEL_EXPORTER_OTLP_HEADERS": "name=value,... that the collector wants",
    "OTEL_RESOURCE_ATTRIBUTES": "name=value,... that every span has",
    "OTEL_SERVICE_NAME": "service of every span; each function's own without it",
    "REGISTRATIONS": "registrations of an address an hour before the next must wait",
    "SECURITY_CONTACT": "whom /.well-known/security.txt names",
    "SENTRY_DSN": "where errors are reported: the DSN of a project in Sentry; empty: nowhere",
    "SHOP_ADDRESS": "address on receipts",
    "SHOP_CATALOG_SECONDS": "how long the list of products is answered from memory (1)",
    "SHOP_DELIVERY_SECONDS": "min-max seconds until a parcel arrives",
    "SHOP_NAME": "name on receipts",
    "SHOP_PAYMENT_WAIT_SECONDS": "how long an order waits for its payment",
    "SHOP_SESSION_HOURS": "how long a login can be renewed",
    "SHOP_TAX_LINE": "what the law wants on receipts",
    "SHOP_TIME_ZONE": "IANA zone whose days the till reports; the till's own without it",
    "STAGE": "name of the stage",
    "TABLE_LAYOUT": "current, or former: write orders as earlier releases read them",
    "TILL_LOCK_MINUTES": "minutes without a touch until the till locks; 0 for never",
    "TRUSTED_PROXIES": "how many proxies' X-Forwarded-For is believed",
    "TRUST_EVENTS": "1 believes hand-sent events, 0 does not, auto: 1 in the stage local",
    "VERSION": "what the shop says is running",
}
#: Settings whose values ``run`` makes: names and addresses of what it creates.
_MADE_BY_RUN = re.compile("TABLE$|REGION|SIGNING_KEYS_SECRET|SENTRY_DSN_SECRET|.*_QUEUE_URL")


def _epilog() -> str:
    """Return the environment variables of ``run``: its own, and every setting of a function."""
    fields = {found.names[0]: found.default for found in list_variables().values()}
    names = {name for function in FUNCTIONS for name in function.settings}
    rows = [
        ("PORT", "the API's port on 127.0.0.1; 0 picks a free one", str(DEFAULT_PORT)),
        ("SHOP_DATA_DIR", "the folder with the shop's data", ".local"),
        *(
            (name, MEANINGS[name], _as_text(fields.get(name)))
            for name in sorted(names)
            if not _MADE_BY_RUN.fullmatch(name)
        ),
    ]
    lines = [
        f"  {name:26} {meaning}" + (f" (default {default})" if default else "")
        for name, meaning, default in rows
    ]
    return "\n".join(["\b", "Environment:", *lines])


def _as_text(default: object) -> str:
    if isinstance(default, tuple):
        return "-".join(map(str, default))
    return f"{default:g}" if isinstance(default, float) else str(default or "")


EPILOG = _epilog()


def command(
    port: Annotated[int | None, typer.Option(help="Instead of PORT.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Instead of SHOP_DATA_DIR.")] = None,
) -> None:
    """Run the whole shop on this machine until Ctrl-C.

    Starts the AWS emulator, creates the stack in it, seeds it once, serves the API and runs
    all workers; prints "Shop ready: <address>" once all of it answers.
    """
    given = dict(os.environ)
    if port is not None:
        given["PORT"] = str(port)
    if data_dir is not None:
        given["SHOP_DATA_DIR"] = str(data_dir)
    # Neither a thread that still runs nor an output that is not read may hold up the end.
    os._exit(_run(given))


def _run(environment: Mapping[str, str]) -> int:
    output = Output()
    try:
        asyncio.run(_run_shop(environment, output))
    except SettingsError as failure:
        output.say(f"acme-shop: {failure}")
        return 2
    except ShopError as failure:
        output.say(f"acme-shop: {failure}")
        return 1
    finally:
        output.close()
    return 0


async def _run_shop(environment: Mapping[str, str], output: Output) -> None:
    settings = _settings(environment)
    port = _port(environment)
    folder = DataFolder.open(data_path(environment))
    output.keep_in(folder.path)
    # After the checks, so that a refusal does not wait for this import.
    from infra.local.supervisor import Shop, warn_of_open_mode  # noqa: PLC0415

    shop = Shop(folder, listen(port), environment, output)
    if settings.is_open:
        warn_of_open_mode(output)
    output.say(f"Starting the shop on {folder.path} ...")
    await shop.run()


def _settings(environment: Mapping[str, str]) -> Settings:
    """Return the user's settings; wrong ones are refused before anything is started."""
    names = {name for function in FUNCTIONS for name in function.settings}
    return read_settings({name: environment[name] for name in names if name in environment})


def _port(environment: Mapping[str, str]) -> int:
    text = environment.get("PORT", "").strip() or str(DEFAULT_PORT)
    if not text.isdecimal() or int(text) > _LAST_PORT:
        raise SettingsError(f"PORT must be a number from 0 to {_LAST_PORT}")
    return int(text)
