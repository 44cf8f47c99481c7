"""``acme-shop verify``: ask the systems that know, and decide from their answers."""

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError
from rich.console import Console

from app.domain.errors import SettingsError
from infra.local.environment import REGION
from infra.local.errors import NotRunningError
from infra.local.running import apply_environment
from infra.verify.decision import Verdict, decide
from infra.verify.evidence import Evidence
from infra.verify.policy import DEPLOYED, POLICY_FILE, STAGES, Policy, read_policy
from infra.verify.registry import GATES, load_collector
from infra.verify.report import as_json, as_table, read_report, verdict_name, write_reports
from infra.verify.rollback import Change, RollbackError, promote, roll_back
from infra.verify.sources.aws_clients import aws_client
from infra.verify.target import Target

ROOT = Path(__file__).resolve().parents[2]

#: What the codes mean beyond those of a decision.
ROLLED_BACK, ROLLBACK_FAILED = 4, 5

#: What a deployment is judged by unless it is said when it was.
_LOOK_BACK = timedelta(minutes=30)

EPILOG = """\b
Exit codes:
  0  passed                          3  inconclusive: too little is known
  1  failed                          4  failed, and was taken back
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
    rollback_on_fail: Annotated[
        bool, typer.Option("--rollback-on-fail", help="Take a release back that fails.")
    ] = False,
    promote_on_pass: Annotated[
        bool, typer.Option("--promote-on-pass", help="Give a canary that passes all calls.")
    ] = False,
    release: Annotated[
        str, typer.Option(help="The VERSION to take back once it has all calls.")
    ] = "",
    replay: Annotated[
        Path | None, typer.Option(help="Decide again from an earlier verify.json.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Instead of infra/verify/policy.toml.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the reports go.")] = Path("build/verify"),
    complete: Annotated[bool, typer.Option("--all", help="Show what passed, too.")] = False,
    as_json_text: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Decide from measurements whether a version may stay: pass, fail, or not known.

    Writes verify.json (with all evidence, for --replay), verify.md and verify.xml (JUnit).
    """
    limits = read_policy(policy or POLICY_FILE)
    only = _known(gate or [])
    now = datetime.now(UTC)
    earlier = read_report(replay) if replay else None
    if earlier:
        stage, local = earlier.stage, earlier.is_local
    _check(stage, limits)
    if (rollback_on_fail or promote_on_pass) and stage not in DEPLOYED:
        raise SettingsError(f"nothing is deployed in {stage} that could be switched")
    if earlier:
        evidence = earlier.evidence
    else:
        _make(out)
        gates = [name for name in limits.stages[stage] if not only or name in only]
        since_when = _instant(since) if since else now - _LOOK_BACK
        target = Target(stage, local, url, region, stack, ROOT, since_when)
        evidence = _gather(target, gates)
    decision = decide(evidence, limits, stage=stage, today=now.date(), is_local=local, only=only)
    code = decision.exit_code
    if decision.verdict is Verdict.FAIL and rollback_on_fail:
        code = _switch(region, lambda client: roll_back(client, stack, release=release or None))
        code = code or ROLLED_BACK
    elif code == 0 and promote_on_pass:
        code = _switch(region, lambda client: promote(client, stack))
    report = as_json(decision, evidence, now, is_local=local) | {"exit_code": code}
    if replay is None:
        write_reports(out, decision, report)
    if as_json_text:
        print(json.dumps(report))
    else:
        console = Console()
        console.print(as_table(decision, is_complete=complete))
        console.print(f"{stage}: {verdict_name(decision.verdict)}")
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


def _make(folder: Path) -> None:
    """Make the folder of the reports before anything is asked, which takes minutes."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise SettingsError(f"--out {folder}: cannot be made: {failure.strerror}") from failure


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError("--since must be a time such as 2026-11-23T09:00:00Z") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _gather(target: Target, gates: Sequence[str]) -> list[Evidence]:
    """Return what every gate found out; without a shop to ask none of them knows anything.

    Raises:
        SettingsError: a deployed shop's address is missing.
    """
    if target.is_local:
        try:
            shop = apply_environment()
        except NotRunningError as failure:
            now = datetime.now(UTC)
            return [Evidence(gate, "", now, unreachable=str(failure)) for gate in gates]
        target = replace(target, url=shop.url, region=shop.environment["REGION"], stack="local")
    elif target.stage in DEPLOYED and not target.url:
        raise SettingsError("--url says where the shop is; --local means the shop of make run")
    return _collect(target, gates)


def _collect(target: Target, gates: Sequence[str]) -> list[Evidence]:
    evidence = []
    for number, gate in enumerate(gates, 1):
        _say(f"[{number}/{len(gates)}] {gate} ...")
        evidence.append(asyncio.run(_ask(gate, target)))
    return evidence


async def _ask(gate: str, target: Target) -> Evidence:
    """Return a gate's evidence; a collector that breaks has none, which is no pass."""
    try:
        return await load_collector(gate)(target)
    except Exception as failure:  # noqa: BLE001  # Whatever it is, the other gates go on.
        why = f"the collector broke: {type(failure).__name__}"
        return Evidence(gate, "", datetime.now(UTC), unreachable=why)


def _switch(region: str, act: Callable[[Any], list[Change]]) -> int:
    """Promote or take back, say what was done, and return 0 if all of it worked."""
    try:
        for change in act(aws_client("lambda", region)):
            _say(f"{change.function}: {change.before} -> {change.after}")
    except RollbackError as failure:
        _say(str(failure))
        return ROLLBACK_FAILED
    except BotoCoreError as failure:
        _say(f"AWS cannot be asked: {type(failure).__name__}")
        return ROLLBACK_FAILED
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
