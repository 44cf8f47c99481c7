"""A copy of the project with stand-ins for the API, the workers and the seed data.

The stand-ins are small, start fast and record their calls, so that tests cover the local shop
alone. Tests may change their files to cause a reload.
"""

import shutil
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[4]

#: What is copied; the files below take the place of some of it.
_KEPT = (
    *("app", "infra/__init__.py", "infra/cli", "infra/local"),
    *("infra/item_sizes.py", "infra/topology.py"),
)
#: Bytecode comes along: it belongs to files with the same times, and saves compiling them.
_IGNORED = shutil.ignore_patterns("static")

API = """
import asyncio, json, os

VERSION = "one"
NOTES = os.path.join(os.path.dirname(__file__), "..", "notes")


async def app(scope, receive, send):
    path = scope["path"]
    if path.startswith("/slow"):
        await asyncio.sleep(float(path.rpartition("/")[2]))
    body = {"version": VERSION, "pid": os.getpid(), "environment": dict(os.environ)}
    answer = json.dumps(body).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": answer})
"""

WORKER = """
import json, os, pathlib, time

NOTES = pathlib.Path(__file__).parents[1] / "notes"


def handler(event, context):
    with open(NOTES / "{name}", "a") as notes:
        notes.write(json.dumps({{
            "event": event,
            "pid": os.getpid(),
            "request_id": context.aws_request_id,
            "arn": context.invoked_function_arn,
            "remaining": context.get_remaining_time_in_millis(),
            "environment": dict(os.environ),
        }}) + "\\n")
    failed = []
    for record in event.get("Records", ()):
        if "fail" in record["body"]:
            failed.append({{"itemIdentifier": record["messageId"]}})
        if "raise" in record["body"]:
            raise ValueError("no such thing")
        if "sleep" in record["body"]:
            time.sleep(3)
    return {{"batchItemFailures": failed}}
"""

SEEDS = """
import pathlib

NOTES = pathlib.Path(__file__).parents[2] / "notes"


async def seed_once(table):
    with open(NOTES / "seed", "a") as notes:
        notes.write("seeded\\n")
    return True
"""


def make_project(folder: Path) -> Path:
    """Write the project into ``folder`` and return it."""
    for name in _KEPT:
        source = SOURCE / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=_IGNORED)
        else:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    files = {
        "app/main.py": API,
        "infra/seeds/__init__.py": "",
        "infra/seeds/load.py": SEEDS,
        "routers/__init__.py": "",
        "workers/__init__.py": "",
        **{f"workers/{name}.py": WORKER.format(name=name) for name in WORKERS},
    }
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "notes").mkdir()
    return folder


WORKERS = ("payment", "order", "shipment")
