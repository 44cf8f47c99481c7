"""What is in the image, and what is not."""

import ast
import importlib.util
import re
import struct
import subprocess
import sys
from importlib.machinery import PathFinder
from importlib.metadata import distributions
from pathlib import Path

import pytest

from infra.release.build_image import BYTECODE_ONLY, CODE, NOTES_FOR_DEVELOPERS, SERVICES, megabytes

ROOT = Path(__file__).parents[2]

#: The packages, and what each of them that is larger than one megabyte is for.
MOST_MEGABYTES = 40
LARGE_PACKAGES = {
    "anyio": "Starlette's event loop",
    "botocore": "boto3 by setting and for the rotation of keys, and the certificates of hosts",
    "fastapi": "the HTTP application",
    "httptools": "answers of DynamoDB",
    "pydantic": "the models of requests and answers",
    "pydantic_core": "the models of requests and answers",
    "regex": "scripts of user names: the standard library does not know them",
}

DEVELOPMENT = (
    "awslambdaric",
    "coverage",
    "httpx",
    "hypothesis",
    "infra",
    "ministack",
    "moto",
    "mypy",
    "pip",
    "pulumi",
    "pulumi_aws",
    "pytest",
    "rich",
    "ruff",
    "setuptools",
    "tests",
    "typer",
    "uv",
    "uvicorn",
    "watchfiles",
)


def locked_names() -> set[str]:
    """Return the names of the packages in the lock of the functions."""
    text = (ROOT / "requirements.txt").read_text("utf-8")
    return set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))


def normalized(name: str) -> str:
    """Return a package's name as lock files spell it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def modules(image: Path) -> list[Path]:
    """Return every module in the image."""
    return sorted(image.rglob("*.py"))


def loaded_by(image: Path, module: str) -> set[str]:
    """Return the top-level names that a process has loaded after importing one module."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        # Without site-packages and in the image's folder: nothing else can be imported.
        [sys.executable, "-S", "-c", code],
        cwd=image,
        env={"PYDANTIC_DISABLE_PLUGINS": "__all__"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return set(done.stdout.split())


def test_the_image_holds_the_locked_packages_and_no_others(image: Path) -> None:
    installed = {normalized(package.name) for package in distributions(path=[str(image)])}

    assert installed == locked_names()


@pytest.mark.parametrize("name", DEVELOPMENT)
def test_no_development_package_can_be_imported(image: Path, name: str) -> None:
    assert PathFinder.find_spec(name, [str(image)]) is None


def files_of(root: Path) -> set[Path]:
    """Return the files of the functions' folders below ``root``, without bytecode."""
    return {
        path.relative_to(root)
        for folder in CODE
        for path in (root / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def expected_files() -> set[Path]:
    """Return the files of the functions' folders that belong into the image."""
    return {
        path
        for path in files_of(ROOT)
        if not any(path.match(pattern) for pattern in NOTES_FOR_DEVELOPERS)
    }


def test_the_image_holds_the_functions_code_and_no_tools(image: Path) -> None:
    top = {path.name for path in image.iterdir()}

    assert expected_files() < files_of(ROOT)
    assert files_of(image) == expected_files()
    assert not {"bin", "infra", "tests"} & top


def test_every_module_has_bytecode_that_is_never_checked(image: Path) -> None:
    assert modules(image)
    for module in modules(image):
        bytecode = Path(importlib.util.cache_from_source(str(module)))
        assert bytecode.is_file(), module
        magic, flags = struct.unpack("<4sL", bytecode.read_bytes()[:8])
        # PEP 552: bit 0 says "by hash", bit 1 would say "look at the source".
        assert (magic, flags) == (importlib.util.MAGIC_NUMBER, 0b01), module


def test_packages_that_answer_no_request_are_there_as_bytecode_alone(image: Path) -> None:
    for package in BYTECODE_ONLY:
        files = {path.name for path in (image / package).rglob("*")}

        assert "__init__.pyc" in files, package
        assert not any(name.endswith(".py") or name == "__pycache__" for name in files), package


def test_nothing_in_the_image_knows_where_it_was_made(image: Path) -> None:
    traces = [str(image).encode(), str(ROOT).encode() + b"/"]
    if any(traces[1] in (ROOT / file).read_bytes() for file in files_of(ROOT)):
        pytest.skip(f"{ROOT}/ is a path in the shop's own code: check it out under another name")

    for path in image.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(trace in content for trace in traces), path


def test_every_user_can_read_the_image_and_no_user_can_write_it(image: Path) -> None:
    for path in image.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path
        assert path.stat().st_mtime == 315_532_800, path


def test_licences_of_the_packages_are_kept(image: Path) -> None:
    for notes in image.glob("*.dist-info"):
        names = {path.name.upper() for path in notes.rglob("*") if path.is_file()}

        assert "RECORD" not in names
        assert any(name.startswith(("LICENSE", "LICENCE", "COPYING")) for name in names), notes


def test_botocore_knows_the_services_that_the_shop_calls(image: Path) -> None:
    called = {
        call.args[0].value
        for folder in CODE
        for module in (image / folder).rglob("*.py")
        for call in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "client"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    known = {path.name for path in (image / "botocore" / "data").iterdir() if path.is_dir()}

    assert called == known == set(SERVICES)


def package_megabytes(image: Path) -> float:
    """Return how much the packages take."""
    packages = [path for path in image.iterdir() if path.name not in CODE]
    files = sum(path.stat().st_size for path in packages if path.is_file())
    return megabytes(*packages) + files / 1e6


def test_the_image_stays_small_and_every_large_package_has_its_reason(image: Path) -> None:
    packages = [path for path in image.iterdir() if path.name not in CODE]
    size = package_megabytes(image)

    print(f"packages: {size:.1f} MB in {len(modules(image))} modules")  # noqa: T201 - shown by -rP
    assert size <= MOST_MEGABYTES
    assert {path.name for path in packages if megabytes(path) > 1} == set(LARGE_PACKAGES)


#: Uses what the parts that are cut out of packages might be needed for.
_WHAT_IS_LEFT = """
import boto3
from botocore.exceptions import EndpointConnectionError
from app.security.passwords import Verdict, _check, hash_password_blocking
from app.usernames import check_new_username, latin_lookalikes

assert _check("right", hash_password_blocking("right")) is Verdict.RIGHT
assert check_new_username("Zo\\u00eb") and latin_lookalikes("er\\u0131c") == ("eric",)
for name, call in (("sqs", "list_queues"), ("secretsmanager", "list_secrets")):
    client = boto3.client(name, "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x",
                          endpoint_url="http://127.0.0.1:9", config=boto3.session.Config(
                              retries={"total_max_attempts": 1}))
    try:
        getattr(client, call)()
    except EndpointConnectionError:
        print("called", name)
"""


def test_nothing_that_is_cut_out_of_packages_is_missed(image: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-c", _WHAT_IS_LEFT],
        cwd=image,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )

    assert done.stdout.split("\n")[:2] == ["called sqs", "called secretsmanager"]


@pytest.mark.parametrize("module", ["workers.payment", "workers.order", "workers.shipment"])
def test_workers_start_without_the_web_framework(image: Path, module: str) -> None:
    assert not {"fastapi", "mangum", "pydantic", "starlette"} & loaded_by(image, module)


def test_the_api_starts_without_boto3(image: Path) -> None:
    assert not {"boto3", "botocore"} & loaded_by(image, "app.main")


def test_docker_does_what_these_tests_do() -> None:
    steps = [
        line.removeprefix("RUN ")
        for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines()
        if line.startswith("RUN ")
    ]

    assert steps == [
        "python3 build_image.py packages /packages",
        "python3 build_image.py code /code",
    ]


def test_docker_sees_everything_it_copies() -> None:
    sources = {
        source
        for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    }
    seen = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    }

    assert sources == seen == {"requirements.txt", "infra/release/build_image.py", *CODE}


def test_the_image_starts_as_the_api_unless_it_is_told_otherwise() -> None:
    last = (ROOT / "Dockerfile").read_text("utf-8").splitlines()[-1]

    assert last == 'CMD ["app.main.handler"]'
