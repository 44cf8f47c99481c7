"""Gate ``posture``: would the stack be closed, recoverable, watched, and no more than it needs?"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from infra.verify.evidence import Evidence, Measurement
from infra.verify.posture import RULES, permissions
from infra.verify.sources.aws_clients import SourceUnreachableError
from infra.verify.sources.graph import Graph, read_graph
from infra.verify.target import Target

GATE = "posture"

#: What every role was seen doing while everything was done, as a test writes it down.
RECORDED_FILE = "infra/verify/recorded_calls.json"


async def collect(target: Target) -> Evidence:
    """Run the infrastructure program without AWS and look at what it would make."""
    now = datetime.now(UTC)
    is_named = target.stage == "preview" and target.stack != "local"
    stack = target.stack if is_named else ""
    source = f"the graph of {stack or 'the sample stack'}"
    try:
        graph = await asyncio.to_thread(read_graph, target.root, stack)
        recorded = _read(target.root / RECORDED_FILE)
    except SourceUnreachableError as failure:
        return Evidence(GATE, source, now, unreachable=str(failure))
    return build_evidence(source, now, graph, recorded)


def _read(path: Path) -> dict[str, list[str]]:
    try:
        recorded: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as failure:
        raise SourceUnreachableError(f"{path.name} cannot be read") from failure
    return recorded


def build_evidence(
    source: str, now: datetime, graph: Graph, recorded: Mapping[str, Sequence[str]]
) -> Evidence:
    """Return the evidence of a graph and of what its roles were seen doing."""
    findings = [finding for rule in RULES for finding in rule(graph)]
    findings += permissions(graph, recorded)
    measurements = (
        Measurement("resources", len(graph.resources), "resources"),
        Measurement("calls recorded", sum(map(len, recorded.values())), "permissions"),
    )
    return Evidence(GATE, source, now, measurements, tuple(findings))
