"""Gate supply-chain: locks, bill of materials, advisories, the scan of the image."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.verify.evidence import Evidence
from infra.verify.gates import supply_chain
from infra.verify.sources.aws_clients import SourceUnreachableError
from infra.verify.sources.lock import Package, bill_of_materials, read_lock, read_vendored
from infra.verify.target import Target
from tests.infra.verify.servers import Asked, Said, serving
from tests.infra.verify.stacks import target_of

ROOT = Path(__file__).parents[3]
HASH = "a" * 64
LOCK = (
    f"# made by uv\nFast.API==1.2 \\\n    --hash=sha256:{HASH}\nboto3==1.40 --hash=sha256:{HASH}\n"
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).write_text(LOCK, encoding="utf-8")
    return tmp_path


def target(tree: Path, **changes: Any) -> Target:
    return replace(target_of("dev", stage="source"), root=tree, **changes)


def figures(evidence: Evidence) -> dict[str, float | None]:
    return {measurement.name: measurement.value for measurement in evidence.measurements}


class Database:
    """Knows advisories of packages by their package URL."""

    def __init__(self, **known: list[str]) -> None:
        self.known = {f"pkg:pypi/{name.replace('_', '-')}": ids for name, ids in known.items()}
        self.asked: list[str] = []

    def answer(self, asked: Asked) -> Said:
        """Answer as api.osv.dev does, in the order of the questions."""
        queries = json.loads(asked.body)["queries"]
        self.asked = [query["package"]["purl"] for query in queries]
        found = [self.known.get(purl.partition("@")[0], []) for purl in self.asked]
        return Said(
            200, {"results": [{"vulns": [{"id": i} for i in ids]} if ids else {} for ids in found]}
        )


async def collected(tree: Path, answer: Any, monkeypatch: pytest.MonkeyPatch) -> Evidence:
    with serving(answer) as url:
        monkeypatch.setenv("OSV_API_URL", url)
        return await supply_chain.collect(target(tree))


async def test_packages_without_weaknesses_are_counted(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database()

    evidence = await collected(tree, database.answer, monkeypatch)

    assert database.asked == ["pkg:pypi/fast-api@1.2", "pkg:pypi/boto3@1.40"]
    assert evidence.findings == ()
    assert figures(evidence) == {"components": 2, "advisories": 0}


async def test_a_known_weakness_is_found_by_name(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(boto3=["GHSA-1", "PYSEC-2"])

    evidence = await collected(tree, database.answer, monkeypatch)

    assert [(finding.rule, finding.subject, finding.message) for finding in evidence.findings] == [
        ("advisory", "pkg:pypi/boto3@1.40", "GHSA-1, PYSEC-2")
    ]
    assert figures(evidence)["advisories"] == 2


@pytest.mark.parametrize(
    "said",
    [
        Said(500, {}),
        Said(200, ["not", "a", "database"]),
        Said(200, {"results": []}),
        Said(200, {"results": [{"vulns": [{}]}, {}]}),
        Said(200, None),
    ],
)
async def test_a_database_that_does_not_answer_says_nothing_about_weaknesses(
    tree: Path, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    evidence = await collected(tree, lambda _: said, monkeypatch)

    assert evidence.unreachable is None
    assert figures(evidence)["advisories"] is None


async def test_a_database_out_of_reach_says_nothing_about_weaknesses(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSV_API_URL", "http://127.0.0.1:1")

    evidence = await supply_chain.collect(target(tree))

    assert figures(evidence) == {"components": 2, "advisories": None}


@pytest.mark.parametrize("line", ["httpx==1.0", "httpx>=1", "-e .", "git+https://example.com/x"])
async def test_what_is_not_pinned_with_a_hash_is_found(
    tree: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    (tree / "requirements-dev.txt").write_text(f"{LOCK}{line}\n", encoding="utf-8")

    evidence = await collected(tree, Database().answer, monkeypatch)

    [found] = evidence.findings
    assert found.rule == "unhashed"
    assert found.subject.startswith("requirements-dev.txt: ")


async def test_without_locks_nothing_is_known(tmp_path: Path) -> None:
    evidence = await supply_chain.collect(target(tmp_path))

    assert evidence.unreachable == "requirements.txt cannot be read"


def test_every_package_of_ours_is_pinned_with_a_hash() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        packages = read_lock(ROOT, name)
        assert len(packages) > 10
        assert all(package.version and package.hashes for package in packages)


async def test_a_bill_of_materials_is_left_in_the_tree(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await collected(tree, Database().answer, monkeypatch)

    bill = json.loads((tree / "build" / "sbom.cdx.json").read_text(encoding="utf-8"))

    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert [component["purl"] for component in bill["components"]] == [
        "pkg:pypi/fast-api@1.2",
        "pkg:pypi/boto3@1.40",
    ]
    assert bill["components"][0]["hashes"] == [{"alg": "SHA-256", "content": HASH}]


def test_scripts_that_the_pages_bring_along_are_on_the_bill() -> None:
    vendored = read_vendored(ROOT)

    bill = bill_of_materials(vendored, now=datetime.now(UTC))

    names = {component["purl"].partition("@")[0] for component in bill["components"]}
    assert names == {"pkg:npm/swagger-ui-dist", "pkg:npm/lean-qr"}
    assert all(package.version and package.hashes for package in vendored)
    assert len(vendored) == len(list((ROOT / "app" / "static").rglob("SHA256SUMS")))


def test_a_script_that_nobody_names_makes_no_bill(tmp_path: Path) -> None:
    folder = tmp_path / "app" / "static" / "docs" / "vendor"
    folder.mkdir(parents=True)
    (folder / "README.md").write_text("Something\n", encoding="utf-8")
    (folder / "SHA256SUMS").write_text(f"{HASH}  x.js\n", encoding="utf-8")

    with pytest.raises(SourceUnreachableError, match="does not say what it is"):
        read_vendored(tmp_path)


def test_references_of_a_bill_are_unique() -> None:
    packages = [*read_lock(ROOT, "requirements.txt"), Package("x", "1", ())]

    bill = bill_of_materials(packages, now=datetime.now(UTC))

    references = [component["bom-ref"] for component in bill["components"]]
    assert len(set(references)) == len(references) == len(packages)


class Registry:
    """Stands in for Lambda and for the registry, which the emulator does not scan."""

    def __init__(self, findings: dict[str, Any]) -> None:
        self.findings = findings
        self.asked: dict[str, Any] = {}

    def get_function(self, **_: str) -> dict[str, Any]:
        image = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/dev-acmeserverless@sha256:{HASH}"
        return {"Code": {"ResolvedImageUri": image}}

    def describe_image_scan_findings(self, **asked: Any) -> dict[str, Any]:
        self.asked = asked
        return {"imageScanFindings": self.findings}


@pytest.mark.parametrize(
    ("counts", "severe"), [({"CRITICAL": 1, "HIGH": 2, "LOW": 9}, 3), ({"MEDIUM": 4}, 0), ({}, 0)]
)
async def test_the_scan_of_the_image_that_is_live_counts(
    tree: Path, monkeypatch: pytest.MonkeyPatch, counts: dict[str, int], severe: int
) -> None:
    registry = Registry({"findingSeverityCounts": counts})
    monkeypatch.setattr(supply_chain, "aws_client", lambda *_: registry)
    monkeypatch.setenv("OSV_API_URL", "http://127.0.0.1:1")

    evidence = await supply_chain.collect(target(tree, stage="live"))

    assert figures(evidence)["severe findings of the image scan"] == severe
    assert registry.asked == {
        "repositoryName": "dev-acmeserverless",
        "imageId": {"imageDigest": f"sha256:{HASH}"},
    }


async def test_a_stack_that_is_not_there_is_not_judged(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("OSV_API_URL", "http://127.0.0.1:1")
    with serving(lambda _: Said(404, {"message": "unknown"})) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)

        evidence = await supply_chain.collect(target(tree, stage="live"))

    assert evidence.unreachable
    assert evidence.unreachable.startswith("the image scan refuses")
