"""What the lock files say the shop is made of, and the bill of materials made from them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from infra.verify.sources.aws_clients import SourceUnreachableError

#: What the functions run on, and everything there is for those who work on the shop.
SHIPPED, EVERYTHING = "requirements.txt", "requirements-dev.txt"

_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Package:
    """One locked package of PyPI, or one of npm whose files are in the tree."""

    name: str
    version: str
    hashes: tuple[str, ...]
    kind: str = "pypi"

    @property
    def purl(self) -> str:
        """Return its package URL."""
        name = re.sub(r"[-_.]+", "-", self.name).lower()
        return f"pkg:{self.kind}/{name}@{self.version}"


def read_lock(root: Path, name: str) -> list[Package]:
    """Return the packages of a lock file; a line that pins nothing has no version.

    Raises:
        SourceUnreachableError: there is no such file.
    """
    return list(_packages(_text_of(root / name)))


def read_vendored(root: Path) -> list[Package]:
    """Return the packages whose files the pages bring along, with the hashes of these files.

    The first line of each folder's README.md names the package and its version.

    Raises:
        SourceUnreachableError: a folder does not say what is in it.
    """
    found = []
    for folder in sorted((root / "app" / "static").rglob("vendor")):
        title = _text_of(folder / "README.md").partition("\n")[0].removeprefix("# ").split()
        files = _text_of(folder / "SHA256SUMS").splitlines()
        if len(title) != 2:
            raise SourceUnreachableError(f"{folder.parent.name}/vendor does not say what it is")
        hashes = tuple(line.split()[0] for line in files if line.endswith((".js", ".css")))
        found.append(Package(title[0], title[1], hashes, kind="npm"))
    return found


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as failure:
        raise SourceUnreachableError(f"{path.name} cannot be read") from failure


def _packages(text: str) -> Iterator[Package]:
    for entry in text.replace("\\\n", " ").splitlines():
        line = entry.strip()
        if not line or line.startswith("#"):
            continue
        found = _PIN.match(line)
        name, version = (found["name"], found["version"]) if found else (line.split()[0], "")
        yield Package(name, version, tuple(_HASH.findall(line)))


def bill_of_materials(packages: Sequence[Package], *, now: datetime) -> dict[str, Any]:
    """Return a CycloneDX 1.6 document of what the functions and the pages run on."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": now.isoformat(timespec="seconds"),
            "component": {"type": "application", "name": "acme-serverless-fitness-shop"},
        },
        "components": [
            {
                "type": "library",
                "bom-ref": package.purl,
                "name": package.name,
                "version": package.version,
                "purl": package.purl,
                "hashes": [{"alg": "SHA-256", "content": value} for value in package.hashes],
            }
            for package in packages
        ],
    }
