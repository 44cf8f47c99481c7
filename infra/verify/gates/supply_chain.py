"""Gate ``supply-chain``: is the shop made of what it says, and of nothing known to be weak?"""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from infra.topology import function_name
from infra.verify.evidence import Evidence, Finding, Measurement
from infra.verify.sources.advisories import find_advisories
from infra.verify.sources.aws_clients import SourceUnreachableError, aws_client, translate_errors
from infra.verify.sources.lock import (
    EVERYTHING,
    SHIPPED,
    Package,
    bill_of_materials,
    read_lock,
    read_vendored,
)
from infra.verify.target import Target

GATE = "supply-chain"

#: Where the bill of materials is left, under the tree.
SBOM_FILE = "build/sbom.cdx.json"
_SEVERE = ("CRITICAL", "HIGH")


async def collect(target: Target) -> Evidence:
    """Read the locks, ask for advisories, and for the scan of an image that is deployed."""
    now, source = datetime.now(UTC), f"lock files of {target.root.name}"
    try:
        shipped = read_lock(target.root, SHIPPED)
        locked = {SHIPPED: shipped, EVERYTHING: read_lock(target.root, EVERYTHING)}
        parts = [*shipped, *read_vendored(target.root)]
        write_bill(target, parts, now)
        weak = await find_weaknesses(parts)
        scanned = None
        if target.stage in {"canary", "live"} and not target.is_local:
            with translate_errors("the image scan"):
                scanned = await asyncio.to_thread(_scan, target)
    except SourceUnreachableError as failure:
        return Evidence(GATE, source, now, unreachable=str(failure))
    return build_evidence(source, now, locked, weak=weak, scanned=scanned)


def write_bill(target: Target, packages: Sequence[Package], now: datetime) -> None:
    """Leave the bill of materials in the tree."""
    path = target.root / SBOM_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    bill = json.dumps(bill_of_materials(packages, now=now), indent=2)
    path.write_text(bill + "\n", encoding="utf-8")


async def find_weaknesses(packages: Sequence[Package]) -> dict[str, list[str]] | None:
    """Return the advisories by package, or None when the database does not answer."""
    try:
        with translate_errors("the advisory database"):
            return await find_advisories(packages)
    except (SourceUnreachableError, ValueError, KeyError, TypeError):
        return None


def _scan(target: Target) -> dict[str, int]:
    """Return how many weaknesses of each severity the scan of the deployed image found."""
    functions = aws_client("lambda", target.region)
    code = functions.get_function(FunctionName=function_name(target.stack, "api"))["Code"]
    repository, _, digest = code["ResolvedImageUri"].partition("/")[2].partition("@")
    found: Any = aws_client("ecr", target.region).describe_image_scan_findings(
        repositoryName=repository, imageId={"imageDigest": digest}
    )
    counts: dict[str, int] = found["imageScanFindings"].get("findingSeverityCounts", {})
    return counts


def build_evidence(
    source: str,
    now: datetime,
    locked: dict[str, list[Package]],
    *,
    weak: dict[str, list[str]] | None,
    scanned: dict[str, int] | None,
) -> Evidence:
    """Return the evidence of the packages by lock file, their advisories and the scan."""
    findings = [
        Finding("unhashed", f"{name}: {package.name}", "no exact version with a hash")
        for name, packages in locked.items()
        for package in packages
        if not (package.version and package.hashes)
    ]
    findings += [
        Finding("advisory", purl, ", ".join(ids)) for purl, ids in sorted((weak or {}).items())
    ]
    components = len(locked[SHIPPED])
    known = None if weak is None else sum(map(len, weak.values()))
    measurements = [
        Measurement("components", components, "packages", about=SBOM_FILE),
        Measurement("advisories", known, "advisories", samples=components),
    ]
    if scanned is not None:
        severe = sum(scanned.get(severity, 0) for severity in _SEVERE)
        measurements.append(Measurement("severe findings of the image scan", severe, "findings"))
    return Evidence(GATE, source, now, tuple(measurements), tuple(findings))
