"""``acme-shop verify``: ask the systems that know, and decide from their answers."""

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.domain.errors import SettingsError
from app.local.environment import REGION
from app.local.running import apply_environment
from app.verify.decision import Decision, decide
from app.verify.evidence import Evidence
from app.verify.policy import POLICY_FILE, STAGES, Policy, read_policy
from app.verify.registry import GATES, collector_of
from app.verify.report import as_json, as_table, name_of, read_report, write_reports
from app.verify.rollback import RollbackError, promote, roll_back
from app.verify.sources.asking import aws_client
from app.verify.target import Target

ROOT = Path(__file__).resolve().parents[2]

#: What the codes mean beyond those of a decision.
ROLLED_BACK, ROLLBACK_FAILED = 4, 5

ENVIRONMENT = """\b
Exit codes:
  0  passed                          3  inconclusive: too little is known
  1  failed                          4  failed, and taken back (--switch)
  2  wrong use, or a wrong policy    5  failed, and could not be taken back
"""


def command(  # noqa: PLR0917  # Typer makes an option of each.
    stage: Annotated[str, typer.Argument(help=f"One of {', '.join(STAGES)}.")] = "source",
    local: Annotated[bool, typer.Option("--local", help="Ask the shop of `make run`.")] = False,
    stack: Annotated[str, typer.Option(help="The deployed stack.")] = "local",
    url: Annotated[str, typer.Option(help="Where the deployed shop is.")] = "",
    region: Annotated[str, typer.Option(help="The stack's region.")] = REGION,
    since: Annotated[
        str, typer.Option(help="When it was deployed (ISO 8601); else 30 minutes ago.")
    ] = "",
    gate: Annotated[list[str] | None, typer.Option(help="Only this gate; can be repeated.")] = None,
    switch: Annotated[
        bool,
        typer.Option("--switch", help="Promote a canary that passes, take back one that fails."),
    ] = False,
    replay: Annotated[
        Path | None, typer.Option(help="Decide again from an earlier verify.json.")
    ] = None,
    policy: Annotated[Path | None, typer.Option(help="Instead of infra/policy.toml.")] = None,
    out: Annotated[Path, typer.Option(help="Where the reports go.")] = Path("build/verify"),
    complete: Annotated[bool, typer.Option("--all", help="Show what passed, too.")] = False,
    as_json_text: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Decide from measurements whether a version may stay: pass, fail, or not known.

    Writes verify.json (with all evidence, for --replay), verify.md and verify.xml (JUnit).
    """
    limits = read_policy(policy or ROOT / POLICY_FILE)
    only = _known(gate or [])
    now = datetime.now(UTC)
    if replay is not None:
        earlier = read_report(replay)
        stage, local, evidence = earlier.stage, earlier.is_local, earlier.evidence
        _check(stage, limits)
    else:
        _check(stage, limits)
        target = _target(stage, local=local, stack=stack, url=url, region=region, since=since)
        gates = [each for each in limits.stages[stage] if not only or each in only]
        evidence = _collect(target, gates)
    decision = decide(evidence, limits, stage=stage, today=now.date(), is_local=local, only=only)
    report = as_json(decision, evidence, now, is_local=local)
    if replay is None:
        write_reports(out, decision, report)
    if as_json_text:
        print(json.dumps(report))
    else:
        console = Console()
        console.print(as_table(decision, is_complete=complete))
        console.print(f"{stage}: {name_of(decision.verdict)}")
    code = decision.exit_code
    if switch and replay is None:
        code = _switch(decision, target)
    raise typer.Exit(code)


def _known(gates: Sequence[str]) -> list[str]:
    if unknown := set(gates) - set(GATES):
        raise SettingsError(
            f"there is no gate {', '.join(sorted(unknown))}; one of {', '.join(GATES)}"
        )
    return list(gates)


def _check(stage: str, policy: Policy) -> None:
    if stage not in STAGES:
        raise SettingsError(f"there is no stage {stage}; one of {', '.join(STAGES)}")
    if stage not in policy.stages:
        raise SettingsError(f"the policy has no stage {stage}")


def _target(stage: str, *, local: bool, stack: str, url: str, region: str, since: str) -> Target:
    """Return what is verified; a local one is spoken to from here on.

    Raises:
        SettingsError: the time makes no sense, or a deployed shop's address is missing.
        NotRunningError: no local shop is running.
    """
    try:
        deployed_at = (
            datetime.fromisoformat(since) if since else datetime.now(UTC) - timedelta(minutes=30)
        )
    except ValueError:
        raise SettingsError("--since must be a time such as 2026-11-23T09:00:00+00:00") from None
    if deployed_at.tzinfo is None:
        deployed_at = deployed_at.replace(tzinfo=UTC)
    if local:
        shop = apply_environment()
        url, region, stack = shop.url, shop.environment["REGION"], "local"
    elif stage != "source" and not url:
        raise SettingsError(
            "--url says where the deployed shop is; --local means the shop of make run"
        )
    return Target(stage, local, url, region, stack, ROOT, deployed_at)


def _collect(target: Target, gates: Sequence[str]) -> list[Evidence]:
    evidence = []
    for number, gate in enumerate(gates, 1):
        _say(f"[{number}/{len(gates)}] {gate} ...")
        evidence.append(asyncio.run(_ask(gate, target)))
    return evidence


async def _ask(gate: str, target: Target) -> Evidence:
    """Return a gate's evidence; a collector that breaks has none, which is no pass."""
    try:
        return await collector_of(gate)(target)
    except Exception as failure:  # noqa: BLE001  # Whatever it is, the other gates go on.
        why = f"the collector broke: {type(failure).__name__}"
        return Evidence(gate, "", datetime.now(UTC), unreachable=why)


def _switch(decision: Decision, target: Target) -> int:
    """Promote or take back, and return the exit code that tells of it."""
    client = aws_client("lambda", target.region)
    try:
        if decision.exit_code == 0:
            for change in promote(client, target.stack):
                _say(f"{change.function}: {change.before} -> {change.after}")
            return 0
        for change in roll_back(client, target.stack):
            _say(f"{change.function}: {change.before} -> {change.after}")
    except RollbackError as failure:
        _say(str(failure))
        return ROLLBACK_FAILED
    return ROLLED_BACK


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
