"""One verification from end to end: gather evidence, decide, switch the release, report."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError

from app.domain.errors import SettingsError
from infra.local.errors import NotRunningError
from infra.local.running import apply_environment
from infra.progress import print_progress
from infra.verify.decision import Decision, Verdict, decide
from infra.verify.evidence import Evidence
from infra.verify.policy import DEPLOYED, STAGES, Policy
from infra.verify.registry import GATES, load_collector
from infra.verify.report import as_json, read_report, write_reports
from infra.verify.rollback import Change, RollbackError, promote, roll_back
from infra.verify.sources.aws_clients import aws_client
from infra.verify.target import Target

#: Exit codes beyond those of a decision.
ROLLED_BACK, ROLLBACK_FAILED = 4, 5


@dataclass(frozen=True)
class Options:
    """What a verification does besides deciding.

    ``only`` names gates and leaves the others out. ``release`` is the ``VERSION`` to take back
    once it has all calls. With ``replay`` nothing is asked: the evidence is that of an earlier
    ``verify.json``, and no report is written into ``out``.
    """

    only: tuple[str, ...] = ()
    rollback_on_fail: bool = False
    promote_on_pass: bool = False
    release: str = ""
    replay: Path | None = None
    out: Path = Path("build/verify")


@dataclass(frozen=True)
class Result:
    """What was decided, the exit code after switching, and ``verify.json`` as a dictionary."""

    decision: Decision
    exit_code: int
    report: dict[str, Any]


def verify(target: Target, policy: Policy, options: Options, *, now: datetime) -> Result:
    """Verify a target and switch its release as the options say.

    Raises:
        SettingsError: stage, gates, address, report folder or replayed report are wrong.
    """
    if unknown := set(options.only) - set(GATES):
        raise SettingsError(
            f"there is no gate {', '.join(sorted(unknown))}; one of {', '.join(GATES)}"
        )
    earlier = read_report(options.replay) if options.replay else None
    if earlier:
        target = replace(target, stage=earlier.stage, is_local=earlier.is_local)
    _check_stage(target.stage, policy)
    switches = options.rollback_on_fail or options.promote_on_pass
    if switches and target.stage not in DEPLOYED:
        raise SettingsError(f"nothing is deployed in {target.stage} that could be switched")
    if earlier:
        evidence = earlier.evidence
    else:
        _make_folder(options.out)
        gates = policy.stages[target.stage]
        evidence = _gather(
            target, [gate for gate in gates if not options.only or gate in options.only]
        )
    decision = decide(
        evidence,
        policy,
        stage=target.stage,
        today=now.date(),
        is_local=target.is_local,
        only=options.only,
    )
    code = _switch(decision, target, options)
    report = as_json(decision, evidence, now, is_local=target.is_local) | {"exit_code": code}
    if not earlier:
        write_reports(options.out, decision, report)
    return Result(decision, code, report)


def _check_stage(stage: str, policy: Policy) -> None:
    if stage not in STAGES:
        raise SettingsError(f"there is no stage {stage}; one of {', '.join(STAGES)}")
    if stage not in policy.stages:
        raise SettingsError(f"the policy has no stage {stage}")


def _make_folder(folder: Path) -> None:
    """Make the folder of the reports before gates are asked, which takes minutes."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise SettingsError(f"--out {folder}: cannot be made: {failure.strerror}") from failure


def _gather(target: Target, gates: Sequence[str]) -> list[Evidence]:
    """Return the evidence of every gate; without a local shop that runs there is none.

    Raises:
        SettingsError: the address of a deployed shop is missing.
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
    evidence = []
    for number, gate in enumerate(gates, 1):
        print_progress(f"[{number}/{len(gates)}] {gate} ...")
        evidence.append(asyncio.run(_collect(gate, target)))
    return evidence


async def _collect(gate: str, target: Target) -> Evidence:
    """Return a gate's evidence; a collector that breaks has none, which is no pass."""
    try:
        return await load_collector(gate)(target)
    except Exception as failure:  # noqa: BLE001  # Whatever it is, the other gates go on.
        reason = f"the collector broke: {type(failure).__name__}"
        return Evidence(gate, "", datetime.now(UTC), unreachable=reason)


def _switch(decision: Decision, target: Target, options: Options) -> int:
    """Roll back or promote as the options say; return the exit code of the verification."""
    code = decision.exit_code
    if decision.verdict is Verdict.FAIL and options.rollback_on_fail:
        release = options.release or None
        return (
            _change_aliases(
                target.region, lambda client: roll_back(client, target.stack, release=release)
            )
            or ROLLED_BACK
        )
    if code == 0 and options.promote_on_pass:
        return _change_aliases(target.region, lambda client: promote(client, target.stack))
    return code


def _change_aliases(region: str, change: Callable[[Any], list[Change]]) -> int:
    """Change the aliases, print every change, and return 0, or 5 if one could not be made."""
    try:
        for done in change(aws_client("lambda", region)):
            print_progress(f"{done.function}: {done.before} -> {done.after}")
    except RollbackError as failure:
        print_progress(str(failure))
        return ROLLBACK_FAILED
    except BotoCoreError as failure:
        print_progress(f"AWS cannot be asked: {type(failure).__name__}")
        return ROLLBACK_FAILED
    return 0
