"""Fill a folder with what the functions run on: packages as locked, code, bytecode.

``build_image.py packages FOLDER`` and ``build_image.py code FOLDER``, from a folder with
``requirements.txt`` or the code in it. The Dockerfile calls nothing else, and a test calls
the same in a clean folder. Standard library only, so that it runs before anything is there.

The same inputs give the same bytes: versions and hashes come from the lock, bytecode knows
its source by hash instead of time, and every time stamp is the same.
"""

import argparse
import compileall
import importlib.util
import json
import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

#: What the functions are made of.
CODE = ("app", "routers", "workers")

#: The AWS services the functions call through boto3; DynamoDB has a client of its own.
#: Descriptions of all the others are half of the image and are searched at every start.
SERVICES = ("secretsmanager", "sqs")

#: Of what pip notes about a package, this is read at run time or owed to its authors.
_KEPT_NOTES = ("METADATA", "entry_points.txt", "LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")

#: Of Sentry's integrations, which are three quarters of its package, the client imports these.
_KEPT_INTEGRATIONS = ("__init__.py", "dedupe.py")

#: Nothing reads these at run time: types, sources of compiled modules, tests of packages.
_LEFTOVERS = ("*.pyi", "*.pxd", "*.pyx", "*.c", "*.h", "examples-*.json")
_TEST_FOLDERS = frozenset({"test", "tests"})

#: Parts of packages that no function imports, by the reason. FastAPI and boto3 do without theirs;
#: the tests of the image hash a password and make boto3's clients.
_UNUSED = (
    # The models of pydantic 1: FastAPI looks for them, which takes 15 ms, and goes on without.
    "pydantic/v1",
    "pydantic/mypy.py",
    # boto3's resources, and what it adds to clients that the shop does not make.
    "boto3/data",
    "boto3/dynamodb",
    "boto3/ec2",
    "boto3/s3",
    # The compiler behind argon2's module, which is compiled already.
    "cffi",
    "pycparser",
    # For tests.
    "annotated_types/test_cases.py",
    "anyio/pytest_plugin.py",
    "botocore/stub.py",
    "starlette/testclient.py",
    # Names of hosts beyond ASCII, which AWS has none of.
    "idna",
    # Helpers that neither FastAPI nor Starlette uses.
    "anyio/functools.py",
    "anyio/itertools.py",
    "anyio/to_interpreter.py",
    # For other event loops, other TLS, proxies, browsers; for systems without time zones.
    "anyio/_backends/_trio.py",
    "urllib3/contrib/emscripten",
    "urllib3/contrib/pyopenssl.py",
    "urllib3/contrib/socks.py",
    "dateutil/rrule.py",
    "dateutil/zoneinfo",
    # Transfers of files to S3, AWS's own runtime in C, experiments.
    "s3transfer/crt.py",
    "s3transfer/processpool.py",
    "botocore/crt/auth.py",
    "pydantic/experimental/pipeline.py",
)

#: Packages without sources: no request or message of a shop that works comes by here. Tracebacks
#: name the files and lines of them, and do not quote them.
BYTECODE_ONLY = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "sentry_sdk")

#: What lies beside the code for people who change it: no function reads it.
NOTES_FOR_DEVELOPERS = ("*.md", "*.d.ts", "SHA256SUMS")

#: Where Lambda puts the folder's content, for tracebacks out of bytecode.
TASK_ROOT = "/var/task"

#: 1 January 1980, the earliest time every archive format can hold.
_EPOCH = 315_532_800


def install_packages(folder: Path, requirements: Path) -> None:
    """Install the locked packages, and refuse any file that is not the one that was locked."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # The lock is complete, and only wheels install the same everywhere.
    command += ["--require-hashes", "--no-deps", "--only-binary=:all:", "--no-compile"]
    command += ["--root-user-action=ignore", "--target", str(folder)]
    subprocess.run([*command, "--requirement", str(requirements)], check=True)  # noqa: S603


def drop_leftovers(folder: Path) -> None:
    """Delete what no function reads."""
    # Commands of packages; they would not run from here anyway.
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for notes in folder.glob("*.dist-info"):
        for note in _files(notes):
            if not note.name.startswith(_KEPT_NOTES):
                note.unlink()
            elif note.name == "METADATA":
                # Its head has name and version; what follows is the page on PyPI.
                head = note.read_text("utf-8").partition("\n\n")[0]
                _replace(note, f"{head}\n")
    for unused in _UNUSED:
        _delete(folder / unused)
    for pattern in _LEFTOVERS:
        for leftover in folder.rglob(pattern):
            leftover.unlink()
    for tests in [path for path in folder.rglob("*") if path.name in _TEST_FOLDERS]:
        shutil.rmtree(tests)


def _delete(path: Path) -> None:
    """Delete a file or a folder.

    Raises:
        FileNotFoundError: a new release of the package has it no more.
    """
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _replace(file: Path, text: str) -> None:
    """Give a file other content; installers link one file into several environments."""
    file.unlink()
    file.write_text(text, "utf-8")


def trim_botocore(folder: Path) -> None:
    """Leave botocore the descriptions of the services that are called."""
    data = folder / "botocore" / "data"
    for service in data.iterdir():
        if service.is_dir() and service.name not in SERVICES:
            shutil.rmtree(service)
    endpoints = data / "endpoints.json"
    content = json.loads(endpoints.read_text("utf-8"))
    for partition in content["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in SERVICES if name in services}
    _replace(endpoints, json.dumps(content, separators=(",", ":")))


def trim_confusables(folder: Path) -> None:
    """Keep only the fields we read in the look-alike list: no names of characters."""
    file = folder / "confusable_homoglyphs" / "confusables.json"
    content = {
        character: [{"c": alike["c"]} for alike in likes]
        for character, likes in json.loads(file.read_text("utf-8")).items()
    }
    _replace(file, json.dumps(content, separators=(",", ":")))


def trim_sentry(folder: Path) -> None:
    """Keep only what ``app/sentry.py`` uses of Sentry's package: integrations are off."""
    shutil.rmtree(folder / "sentry_sdk" / "ai")
    for integration in list((folder / "sentry_sdk" / "integrations").iterdir()):
        if integration.is_dir():
            shutil.rmtree(integration)
        elif integration.name not in _KEPT_INTEGRATIONS:
            integration.unlink()


def copy_code(folder: Path, source: Path) -> None:
    """Copy the code of the functions with the files of the pages, without notes."""
    for name in CODE:
        shutil.copytree(
            source / name,
            folder / name,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__", *NOTES_FOR_DEVELOPERS),
        )


def compile_bytecode(folder: Path, *, root: Path) -> None:
    """Compile every module in a folder below ``root``, the folder that becomes the image's.

    Bytecode makes a cold start 2.4 to 2.7 times as fast. It is never checked against its
    source: a module in an image does not change, and time stamps would not survive.
    """
    is_compiled = compileall.compile_dir(
        folder,
        quiet=1,
        force=True,
        stripdir=str(root),
        prependdir=TASK_ROOT,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not is_compiled:
        raise SystemExit("A module could not be compiled; see the lines above.")


def drop_sources(folder: Path) -> None:
    """Put the bytecode of some packages in the place of its sources, where Python reads it, too.

    https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation
    """
    for package in BYTECODE_ONLY:
        for module in list((folder / package).rglob("*.py")):
            bytecode = Path(importlib.util.cache_from_source(str(module)))
            bytecode.replace(module.with_suffix(".pyc"))
            module.unlink()
        for cache in list((folder / package).rglob("__pycache__")):
            cache.rmdir()


def settle(folder: Path) -> None:
    """Let every user read everything, and give everything the same time."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (_EPOCH, _EPOCH))


def megabytes(*folders: Path) -> float:
    """Return how much the files in some folders hold."""
    return sum(path.stat().st_size for folder in folders for path in _files(folder)) / 1e6


def _files(folder: Path) -> Iterable[Path]:
    """Return the files in a folder and all folders in it, as they are now."""
    return [path for path in folder.rglob("*") if path.is_file()]


def build_packages(folder: Path, source: Path) -> str:
    """Fill a folder with the locked packages; return what there is to say about its size."""
    install_packages(folder, source / "requirements.txt")
    installed = megabytes(folder)
    drop_leftovers(folder)
    trim_botocore(folder)
    trim_sentry(folder)
    trim_confusables(folder)
    kept = megabytes(folder)
    compile_bytecode(folder, root=folder)
    drop_sources(folder)
    settle(folder)
    return (
        f"packages: {installed:.1f} MB installed, {kept:.1f} MB kept,"
        f" {megabytes(folder):.1f} MB with bytecode"
    )


def build_code(folder: Path, source: Path) -> str:
    """Put the functions' code in a folder; return what there is to say about its size."""
    copy_code(folder, source)
    parts = [folder / name for name in CODE]
    copied = megabytes(*parts)
    for part in parts:
        compile_bytecode(part, root=folder)
    settle(folder)
    return f"code: {copied:.1f} MB, {megabytes(*parts):.1f} MB with bytecode"


def main() -> None:
    """Fill a folder and say how big it became."""
    parser = argparse.ArgumentParser(description="Fill a folder with what the functions run on.")
    parser.add_argument("what", choices=["packages", "code"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--source", type=Path, default=Path.cwd(), help="the project's folder")
    arguments = parser.parse_args()
    folder, source = arguments.folder.resolve(), arguments.source.resolve()

    folder.mkdir(parents=True, exist_ok=True)
    build = {"packages": build_packages, "code": build_code}[arguments.what]
    print(build(folder, source))  # noqa: T201 - the log of a build


if __name__ == "__main__":
    main()
