"""``acme-shop verify``: the options of a verification, and its result as a table or JSON."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.domain.errors import SettingsError
from infra.cli.stacks import RegionOption
from infra.local.environment import REGION
from infra.verify.policy import POLICY_FILE, STAGES, read_policy
from infra.verify.report import as_table, verdict_name
from infra.verify.run import Options, verify
from infra.verify.target import Target

ROOT = Path(__file__).resolve().parents[2]

#: How far back a deployment is looked at without --since.
_LOOK_BACK = timedelta(minutes=30)

EPILOG = """\b
Exit codes:
  0  passed                          3  inconclusive: too little is known
  1  failed                          4  failed, and was taken back
  2  wrong use, or a wrong policy    5  failed, and could not be taken back
"""


def _stages(incomplete: str) -> list[str]:
    """Return what a shell completes a stage with."""
    return [stage for stage in STAGES if stage.startswith(incomplete)]


def command(  # noqa: PLR0917  # Typer makes an option of each.
    stage: Annotated[
        str, typer.Argument(help=f"One of {', '.join(STAGES)}.", autocompletion=_stages)
    ] = "source",
    local: Annotated[bool, typer.Option("--local", help="Ask the shop of `make run`.")] = False,
    stack: Annotated[str, typer.Option(help="The deployed stack.")] = "local",
    url: Annotated[str, typer.Option(help="Where the deployed shop is.")] = "",
    region: RegionOption = REGION,
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
    now = datetime.now(UTC)
    deployed_at = _instant(since) if since else now - _LOOK_BACK
    result = verify(
        Target(stage, local, url, region, stack, ROOT, deployed_at),
        read_policy(policy or POLICY_FILE),
        Options(
            only=tuple(gate or ()),
            rollback_on_fail=rollback_on_fail,
            promote_on_pass=promote_on_pass,
            release=release,
            replay=replay,
            out=out,
        ),
        now=now,
    )
    if as_json_text:
        print(json.dumps(result.report))
    else:
        console = Console()
        console.print(as_table(result.decision, is_complete=complete))
        console.print(f"{result.decision.stage}: {verdict_name(result.decision.verdict)}")
    raise typer.Exit(result.exit_code)


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError("--since must be a time such as 2026-11-23T09:00:00Z") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
