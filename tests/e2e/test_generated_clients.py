"""Generators of other makers take the document; their clients compile strictly, and buy.

``make proof`` runs it: it fetches generators. What a machine has no toolchain for is skipped.
"""

import shutil
import subprocess

import pytest

from tests.e2e.helpers.running_shop import ROOT
from tests.support.sizes import SIZES

CLIENTS = ROOT / "infra" / "clients"

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(not SIZES.is_full, reason="generators are fetched: make proof"),
    pytest.mark.skipif(not shutil.which("npm"), reason="there is no Node.js with npm"),
]


def run(*command: str, folder: str = ".") -> str:
    done = subprocess.run(
        command,
        cwd=CLIENTS / folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def test_the_python_client_is_strict_and_buys(enforced_url: str) -> None:
    run("make", "python")

    run(".venv/bin/mypy", "--config-file=mypy.ini", "buy.py")
    run(".venv/bin/mypy", "--config-file=mypy.ini", "-p", "generated.python")
    assert "transaction successful" in run(".venv/bin/python", "buy.py", enforced_url)


def test_the_typescript_clients_are_strict_and_buy(enforced_url: str) -> None:
    run("make", "typescript")

    run("node_modules/.bin/tsc", "-p", "tsconfig.json")
    run("node_modules/.bin/tsc", "-p", "tsconfig.hey-api.json")
    run("node", "no-any.mjs")
    assert "transaction successful" in run("node", "generated/buy.js", enforced_url)


def test_postman_plays_the_collection(enforced_url: str) -> None:
    run("make", "node_modules/.ready")

    collection = str(ROOT / "openapi" / "postman" / "collection.json")
    address = f"baseUrl={enforced_url}"
    run("node_modules/.bin/newman", "run", collection, "--env-var", address, "--bail")


@pytest.mark.parametrize(
    ("language", "tool", "command"),
    [
        ("go", "go", ("go", "build", "./...")),
        ("java", "mvn", ("mvn", "-q", "-B", "-DskipTests", "compile")),
    ],
)
def test_a_client_compiles(language: str, tool: str, command: tuple[str, ...]) -> None:
    missing = [name for name in ("java", tool) if not shutil.which(name)]
    if missing:
        pytest.skip(f"{', '.join(missing)} is missing")

    run("make", language)

    run(*command, folder=f"generated/{language}")
