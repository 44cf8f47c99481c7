"""Gate ``contract``: can every client of the last release use this one?

The documents of the API and the events are compared with those of the last tag, or of the
commit this tree is made on, and the events also with the messages that the last release of
``infra/release/releases.toml`` sent; items and messages of earlier releases must be read, and
theirs read ours. A shop that runs is also asked what its oldest clients ask.
"""

import asyncio
import json
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.verify.evidence import Evidence, Finding, Measurement
from infra.verify.sources.aws_clients import SourceUnreachableError, translate_errors
from infra.verify.sources.clients import SEQUENCES, ClientFailure, play
from infra.verify.sources.documents import (
    breaking_api_changes,
    breaking_event_changes,
    document_of_messages,
)
from infra.verify.sources.releases import read_other_releases
from infra.verify.sources.schema_forms import Document
from infra.verify.target import Target

GATE = "contract"

_GIT_SECONDS = 60


@dataclass(frozen=True)
class _Kind:
    """A document that others rely on, and what finds the changes that break them."""

    name: str
    file: str
    breaking: Callable[[Document, Document], Iterator[tuple[str, str]]]


_KINDS = (
    _Kind("API documents", "openapi/openapi.json", breaking_api_changes),
    _Kind("event documents", "openapi/asyncapi.json", breaking_event_changes),
)


async def collect(target: Target) -> Evidence:
    """Compare the documents, and play the clients' part where a shop runs."""
    now, source = datetime.now(UTC), f"documents in {target.root.name}"
    measurements: list[Measurement] = []
    findings: list[Finding] = []
    try:
        if target.stage in {"source", "preview"}:
            base = await asyncio.to_thread(find_release, target.root)
            source = f"documents since {base}"
            for kind in _KINDS:
                compared, changes = await asyncio.to_thread(_compare, target.root, base, kind)
                measurements.append(Measurement(f"{kind.name} compared", compared, "documents"))
                findings += changes
            sent = await asyncio.to_thread(compare_messages, target.root)
            if sent is not None:
                measurements.append(Measurement("events of the last release", sent[0], "events"))
                findings += sent[1]
            reading = await asyncio.to_thread(read_other_releases, target.root)
            measurements.append(Measurement("tests of other releases", reading.passed, "tests"))
            findings += [
                Finding("releases", test, "another release is not read") for test in reading.failed
            ]
        if target.url:
            source = f"clients of {target.url}"
            with translate_errors("the shop"):
                unexpected = await _play(target.url)
            measurements.append(Measurement("client sequences", len(SEQUENCES), "sequences"))
            findings += [Finding("client", answer.client, answer.says) for answer in unexpected]
    except SourceUnreachableError as failure:
        return Evidence(GATE, source, now, unreachable=str(failure))
    return Evidence(GATE, source, now, tuple(measurements), tuple(findings))


def find_release(root: Path) -> str:
    """Return the last tag, or without one the commit this tree is made on.

    Raises:
        SourceUnreachableError: there is nothing to compare with.
    """
    tag = _git(root, "describe", "--tags", "--abbrev=0", "HEAD~1")
    base = (tag or "").strip() or find_base(root)
    if not base:
        raise SourceUnreachableError("git knows no tag and no commit to compare with")
    return base


def find_base(root: Path) -> str | None:
    """Return the commit that this tree's changes are made on, or None.

    That is where it left ``origin/main``, or, on ``main`` itself, the commit before.
    """
    head = _git(root, "rev-parse", "HEAD")
    fork = _git(root, "merge-base", "HEAD", "origin/main")
    if fork is None or fork == head:
        fork = _git(root, "rev-parse", "HEAD~1")
    return fork.strip() if fork else None


def _compare(root: Path, base: str, kind: _Kind) -> tuple[int, list[Finding]]:
    """Return how many documents were compared, and what is broken."""
    text = _git(root, "show", f"{base}:{kind.file}")
    if text is None:
        # The document did not exist then, so no client relies on it.
        return 0, []
    changes = kind.breaking(json.loads(text), _read(root / kind.file))
    return 1, [Finding("breaking", place, change) for place, change in changes]


def compare_messages(root: Path) -> tuple[int, list[Finding]] | None:
    """Return how many events the list's last release sent, and what is no longer said of them.

    None for a tree without a list of releases.
    """
    listed = root / "infra" / "release" / "releases.toml"
    if not listed.is_file():
        return None
    *_, last = tomllib.loads(listed.read_text(encoding="utf-8"))["release"]
    bodies = _read(root / "tests" / "golden" / last["name"] / "messages.json")
    then = document_of_messages(bodies)
    changes = breaking_event_changes(then, _read(root / "openapi" / "asyncapi.json"))
    findings = [
        Finding("breaking", place, f"{change} since {last['name']}") for place, change in changes
    ]
    return len(then["components"]["messages"]), findings


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as failure:
        raise SourceUnreachableError(f"{path.name} cannot be read") from failure


def _git(root: Path, *arguments: str) -> str | None:
    done = subprocess.run(  # noqa: S603  # No shell; the arguments are ours.
        ["git", "-C", str(root), *arguments],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        timeout=_GIT_SECONDS,
    )
    return done.stdout if done.returncode == 0 else None


async def _play(url: str) -> list[ClientFailure]:
    return [failure async for failure in play(url)]
