"""What a cold start does not pay for (app/DECISIONS.md, 13)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_LIST = "import sys, {module}; print(' '.join(sys.modules))"


def loaded_by(module: str) -> set[str]:
    """Return what importing a module loads in a process that knows no settings."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd())}
    finished = subprocess.run(
        [sys.executable, "-c", _LIST.format(module=module)],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    return {name.partition(".")[0] for name in finished.stdout.split()}


def test_the_api_does_not_import_boto3() -> None:
    loaded = loaded_by("app.main")

    assert "fastapi" in loaded
    assert not loaded & {"boto3", "botocore", "typer", "rich", "uvicorn", "argon2.low_level"}


@pytest.mark.parametrize("name", ["payment", "order", "shipment"])
def test_a_worker_imports_neither_the_framework_nor_its_models_nor_boto3(name: str) -> None:
    loaded = loaded_by(f"workers.{name}")

    assert "pydynox" in loaded
    assert not loaded & {
        "fastapi", "starlette", "mangum", "pydantic", "pydantic_core", "typing_extensions",
        "boto3", "botocore", "jwt", "argon2", "regex", "confusable_homoglyphs",
    }  # fmt: skip
