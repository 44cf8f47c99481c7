"""Gate ``leakage``: does a secret that customers type in turn up anywhere it must not?

A shop of this tree is started in a folder of its own. A customer registers, logs in and pays
with marks that exist nowhere else, and sends them where no client does
(``infra/verify/sources/canaries.py``); afterwards every byte the shop left behind is searched:
its table, its queues, its logs, what its processes printed, what it answered, and what it reported
as errors (``SENTRY_DSN``): a message with the marks is put on a queue, whose worker refuses it.
"""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from uuid import uuid4

import httpx

from app.domain.card import passes_luhn
from infra.local.clients import Clients
from infra.local.environment import base_environment
from infra.verify.evidence import Evidence, Finding, Measurement
from infra.verify.sources.aws_clients import SourceUnreachableError, translate_errors
from infra.verify.sources.canaries import scatter
from infra.verify.sources.error_ingest import keeping_reports
from infra.verify.target import Target

GATE = "leakage"

_READY = "Shop ready: "
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_ARRIVES_SECONDS = 30.0


async def collect(target: Target) -> Evidence:
    """Plant secrets in a shop of this tree and search all that it left."""
    now, source = datetime.now(UTC), "a shop in a folder of its own"
    try:
        with tempfile.TemporaryDirectory(prefix="acme-shop-leakage-") as folder:
            marks = await _plant_secrets(target.root, Path(folder))
            searched, findings = await asyncio.to_thread(search, Path(folder), marks)
    except SourceUnreachableError as failure:
        return Evidence(GATE, source, now, unreachable=str(failure))
    measurements = (
        Measurement("secrets planted", len(marks), "secrets"),
        Measurement("bytes searched", searched, "bytes"),
    )
    return Evidence(GATE, source, now, measurements, tuple(findings))


async def _plant_secrets(root: Path, folder: Path) -> dict[str, str]:
    """Run a shop in ``folder`` while secrets are typed in; return them by kind."""
    environment = {
        **base_environment(os.environ),
        "PORT": "0",
        "SHOP_DATA_DIR": str(folder / "data"),
        "SHOP_DELIVERY_SECONDS": "0",
    }
    with (
        keeping_reports(folder / "reported") as dsn,
        (folder / "printed").open("wb") as printed,
    ):
        return await _run_shop(root, folder, environment | {"SENTRY_DSN": dsn}, printed)


async def _run_shop(
    root: Path, folder: Path, environment: Mapping[str, str], printed: IO[bytes]
) -> dict[str, str]:
    shop = subprocess.Popen(  # noqa: ASYNC220  # It prints into a file and is not awaited.
        [sys.executable, "-m", "infra.cli.main", "run"],
        cwd=root,
        env=environment,
        stdout=printed,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        url = await _until_ready(shop, folder / "printed")
        with translate_errors("the shop"):
            marks = await plant(url, answers=folder / "answers")
            await _provoke_report(marks, folder)
            return marks
    finally:
        shop.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(shop.wait, _STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(shop.pid, signal.SIGKILL)
            shop.wait()


async def _provoke_report(marks: Mapping[str, str], folder: Path) -> None:
    """Have a worker refuse a message that holds the secrets, and wait for its report.

    The message is taken off the queue then: what is looked for is what was made of it.

    Raises:
        SourceUnreachableError: nothing was reported.
    """
    shop = json.loads((folder / "data" / "shop.json").read_text(encoding="utf-8"))
    queues = Clients(shop["endpoint_url"], shop["environment"]["REGION"])("sqs")
    queue = shop["environment"]["PAYMENT_REQUEST_QUEUE_URL"]
    data = {"orderID": str(uuid4()), "card": dict(marks), "total": marks["card number"]}
    body = json.dumps({"metadata": {"type": "PaymentRequested", **marks}, "data": data})
    reported = folder / "reported"
    before = reported.stat().st_size if reported.exists() else 0
    await asyncio.to_thread(queues.send_message, QueueUrl=queue, MessageBody=body)
    for _ in range(int(_ARRIVES_SECONDS * 10)):
        if reported.exists() and reported.stat().st_size > before:
            await asyncio.to_thread(queues.purge_queue, QueueUrl=queue)
            return
        await asyncio.sleep(0.1)
    raise SourceUnreachableError("no error was reported")


async def _until_ready(shop: "subprocess.Popen[bytes]", printed: Path) -> str:
    for _ in range(int(_START_SECONDS * 10)):
        lines = (await asyncio.to_thread(printed.read_text, errors="replace")).splitlines()
        if found := [line for line in lines if line.startswith(_READY)]:
            return found[-1].removeprefix(_READY)
        if shop.poll() is not None:
            break
        await asyncio.sleep(0.1)
    raise SourceUnreachableError("no shop could be started to plant secrets in")


def new_card_number() -> str:
    """Return a random card number that passes every check."""
    digits = "4" + "".join(secrets.choice("0123456789") for _ in range(14))
    return next(number for last in range(10) if passes_luhn(number := f"{digits}{last}"))


async def plant(url: str, *, answers: Path | None = None) -> dict[str, str]:
    """Send secrets where customers send them and where not, and return them by kind.

    What is answered is appended to ``answers``, but for tokens that were asked for.

    Raises:
        SourceUnreachableError: the shop refused what every customer does.
        httpx.HTTPError: it does not answer.
    """
    marks = {
        "password": f"pw-{uuid4().hex}",
        "wrong password": f"wrong-{uuid4().hex}",
        "card number": new_card_number(),
        "refused card number": new_card_number(),
    }
    name = f"leakage-{uuid4().hex}"
    account = {"username": name, "password": marks["password"], "firstname": "L", "lastname": "L"}

    async def keep(response: httpx.Response) -> None:
        text = await response.aread()
        if answers is not None and not (response.is_success and b"access_token" in text):
            with answers.open("ab") as kept:
                kept.write(str(response.headers.raw).encode() + b"\n" + text + b"\n")

    hooks = {"response": [keep]}
    async with httpx.AsyncClient(base_url=url, timeout=15, event_hooks=hooks) as http:
        registered = await http.post("/register", json=account)
        await http.post("/login", json={"username": name, "password": marks["wrong password"]})
        login = await http.post("/login", json={"username": name, "password": marks["password"]})
        if registered.is_error or login.is_error:
            raise SourceUnreachableError("the shop refuses to register or to log in")
        tokens = login.json()
        marks |= {"access token": tokens["access_token"], "refresh token": tokens["refresh_token"]}
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        user = registered.json()["resourceId"]
        product = (await http.get("/products")).json()["data"][0]
        for number, year in (
            (marks["card number"], "2099"),
            (marks["refused card number"], "2001"),
        ):
            order = {
                "card": {"number": number, "expMonth": "12", "expYear": year, "ccv": "123"},
                "cart": [{"itemid": product["id"], "quantity": 1}],
                "total": str(product["price"]),
            }
            await http.post(f"/order/add/{user}", json=order, headers=headers)
        marks |= await scatter(
            http,
            user=user,
            headers=headers,
            secrets=dict(marks),
            new_card_number=new_card_number,
            line={"itemid": product["id"], "quantity": 1},
            total=str(product["price"]),
        )
        await _until_final(http, user, headers)
    return marks


async def _until_final(http: httpx.AsyncClient, user: str, headers: Mapping[str, str]) -> None:
    """Wait for the orders to end: a card travels on a queue until its payment is decided."""
    for _ in range(int(_ARRIVES_SECONDS * 5)):
        orders = (await http.get(f"/order/{user}", headers=headers)).json()
        if orders and {order["state"] for order in orders} <= {"delivered", "declined"}:
            return
        await asyncio.sleep(0.2)
    raise SourceUnreachableError("the orders with the planted cards do not end")


def search(folder: Path, marks: Mapping[str, str]) -> tuple[int, list[Finding]]:
    """Return how many bytes were searched and which secret is in which file."""
    searched, findings = 0, []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        searched += len(content)
        place = str(path.relative_to(folder))
        findings += [Finding("leak", place, f"holds a {kind}") for kind in _in(content, marks)]
    return searched, findings


def _in(content: bytes, marks: Mapping[str, str]) -> Iterator[str]:
    for kind, mark in marks.items():
        if mark.encode() in content:
            yield kind
