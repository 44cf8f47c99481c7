"""What a cold start does not pay for (app/DECISIONS.md, 13)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_LIST = "import sys; print(*sys.modules)"

#: A worker that is called once; a record that is none fails.
_CALL = """
from types import SimpleNamespace
from workers.payment import handler
context = SimpleNamespace(get_remaining_time_in_millis=lambda: 6000)
handler({{"Records": [{records}]}}, context)
"""
_DSN = {"SENTRY_DSN": "http://key@127.0.0.1:9/1", "STAGE": "test"}


def loaded_by(code: str, **settings: str) -> set[str]:
    """Return what some lines of code load, in a process that knows no settings but those."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd()), **settings}
    finished = subprocess.run(
        [sys.executable, "-c", f"{code}\n{_LIST}"],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    return {name.partition(".")[0] for name in finished.stdout.split()}


def test_the_api_does_not_import_boto3() -> None:
    loaded = loaded_by("import app.main")

    assert "fastapi" in loaded
    assert not loaded & {
        *("boto3", "botocore", "typer", "rich", "uvicorn", "argon2.low_level", "urllib3"),
    }
    assert "sentry_sdk" not in loaded


@pytest.mark.parametrize("name", ["payment", "order", "shipment"])
def test_a_worker_imports_neither_the_framework_nor_its_models_nor_boto3(name: str) -> None:
    loaded = loaded_by(f"import workers.{name}")

    assert "app" in loaded
    assert not loaded & {
        "fastapi", "starlette", "mangum", "pydantic", "pydantic_core", "typing_extensions",
        "boto3", "botocore", "jwt", "argon2", "regex", "confusable_homoglyphs", "sentry_sdk",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "records", "is_loaded"),
    [({"STAGE": "test"}, "1", False), (_DSN, "", False), (_DSN, "1", True)],
)
def test_what_reports_errors_is_imported_with_the_first_one(
    settings: dict[str, str], records: str, *, is_loaded: bool
) -> None:
    loaded = loaded_by(_CALL.format(records=records), **settings)

    assert ("sentry_sdk" in loaded) is is_loaded
