"""``acme-shop verify``: may this release go on?"""

import asyncio
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.domain.errors import SettingsError
from app.local.environment import PROJECT, REGION
from app.local.errors import NotRunningError
from app.local.running import apply_environment
from app.verify.decision import Decision, decide
from app.verify.evidence import Evidence, evidence_from_json
from app.verify.gathering import gather
from app.verify.policy import POLICY, Place, Stage, read_policy
from app.verify.report import as_json, as_table
from app.verify.settling import Outcome, Then, settle
from app.verify.target import Target

ENVIRONMENT = """Ends with 0 when everything that is enforced passes, 1 when something fails, 2 for
wrong use or a wrong policy, 3 when too little is known, 4 when it failed and was rolled back, 5
when the rollback failed. AWS credentials come from the environment. SENTRY_AUTH_TOKEN, SENTRY_ORG,
SENTRY_PROJECT and SENTRY_RELEASE say whose error reports are meant, VERIFY_BASE which commit the
source is compared with."""

#: What a deployment is judged by unless it is said when it was.
_LOOK_BACK = timedelta(minutes=30)

_LOG_WIDTH = 160

_DEPLOYED = frozenset({Stage.CANARY, Stage.LIVE})


def command(
    stage: Annotated[Stage, typer.Argument(help="How far the release has come.")],
    local: Annotated[
        bool, typer.Option("--local", help="Ask the shop that runs on this machine.")
    ] = False,
    url: Annotated[str, typer.Option(help="The address of a deployed shop.")] = "",
    stack: Annotated[str, typer.Option(help="The stack that is meant.")] = "local",
    region: Annotated[str, typer.Option(help="The AWS region of that stack.")] = REGION,
    since: Annotated[
        datetime | None,
        typer.Option(help="When it was deployed, in UTC; half an hour ago unless said."),
    ] = None,
    policy: Annotated[Path, typer.Option(help="The policy to judge by.")] = PROJECT / POLICY,
    evidence: Annotated[
        Path | None, typer.Option(help="Judge the evidence in this file; ask nobody.")
    ] = None,
    rollback_on_fail: Annotated[
        bool, typer.Option("--rollback-on-fail", help="Take a release back that fails.")
    ] = False,
    promote_on_pass: Annotated[
        bool, typer.Option("--promote-on-pass", help="Give a canary that passes all calls.")
    ] = False,
    release: Annotated[
        str, typer.Option(help="The VERSION to take back once it has all calls.")
    ] = "",
    as_json_text: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Gather evidence about a release and judge it by the policy."""
    allowed = {
        then
        for then, is_wanted in ((Then.ROLL_BACK, rollback_on_fail), (Then.PROMOTE, promote_on_pass))
        if is_wanted
    }
    _check_use(stage, is_deployed=not local, url=url if evidence is None else "-", allowed=allowed)
    judged_by = read_policy(policy)
    gates = list(judged_by.in_stage(stage))
    deployed_at = since.replace(tzinfo=UTC) if since else datetime.now(UTC) - _LOOK_BACK
    target = Target(stage, local, url, region, stack, PROJECT, deployed_at)
    try:
        if local:
            target = _running(target)
        found = _stored(evidence) if evidence else asyncio.run(gather(target, gates))
    except NotRunningError as failure:
        found = _nobody(gates, str(failure))
    place = Place.LOCAL if local or stage not in _DEPLOYED else Place.DEPLOYED
    decision = decide(judged_by, stage, found, place)
    outcome = settle(decision, target, allowed=allowed, release=release or None)
    if as_json_text:
        print(json.dumps(as_json(decision, outcome), indent=2))
    else:
        _show(decision, outcome)
    if outcome.trouble:
        print(f"acme-shop: {outcome.trouble}", file=sys.stderr)
    raise typer.Exit(outcome.exit_code)


def _check_use(stage: Stage, *, is_deployed: bool, url: str, allowed: set[Then]) -> None:
    if stage in _DEPLOYED and is_deployed and not url:
        raise SettingsError("whose shop? name its address with --url, or ask yours with --local")
    if allowed and stage not in _DEPLOYED:
        raise SettingsError(f"nothing is deployed in {stage} that could be switched")


def _running(target: Target) -> Target:
    """Return the shop that runs here as the target, and speak to its emulator from now on."""
    shop = apply_environment()
    return replace(target, url=shop.url, region=shop.environment["REGION"])


def _nobody(gates: list[str], reason: str) -> list[Evidence]:
    now = datetime.now(UTC)
    return [Evidence(each, "the local shop", now, unreachable=reason) for each in gates]


def _stored(path: Path) -> list[Evidence]:
    try:
        return evidence_from_json(path.read_text(encoding="utf-8"))
    except OSError as failure:
        raise SettingsError(f"{path} cannot be read: {failure.strerror}") from failure


def _show(decision: Decision, outcome: Outcome) -> None:
    # A log has no edge to break lines at.
    console = Console(width=None if sys.stdout.isatty() else _LOG_WIDTH)
    console.print(as_table(decision))
    for change in outcome.changes:
        became = f"{change.before} -> {change.after}" if change.is_done else f"still {change.after}"
        console.print(f"{change.function}: {became}", highlight=False)
    console.print(f"{decision.stage}: {decision.verdict.name.lower()}", highlight=False)
