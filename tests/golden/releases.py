"""The list of releases, and their golden files."""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILES = Path(__file__).parent
_LIST = FILES.parents[1] / "infra" / "release" / "releases.toml"


@dataclass(frozen=True)
class ReleaseEntry:
    """One release of the list; ``layout`` is the ``TABLE_LAYOUT`` that it reads."""

    name: str
    commit: str
    layout: str = "current"


#: Every release that was ever live, oldest first.
RELEASES = tuple(ReleaseEntry(**entry) for entry in tomllib.loads(_LIST.read_text())["release"])


def golden(release: str, name: str) -> Any:
    """Return the content of one golden file of a release."""
    return json.loads((FILES / release / name).read_text())
