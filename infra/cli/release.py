"""``acme-shop release``: bring a version of the shop out, or take one back."""

import signal
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from infra.release.release import BAKE_MINUTES, PRACTICE_CALLS, STEPS, Release

EPILOG = """\b
Needed beside AWS credentials: git, Docker, and the Pulumi command line, logged in.
Exit codes are those of `acme-shop verify`, and those of a command that fails.
"""

StackOption = Annotated[str, typer.Option(help="The stack, by its name in Pulumi.")]

commands = typer.Typer(
    help="Bring a version of the shop out, or take one back.",
    epilog=EPILOG,
    no_args_is_help=True,
)


@commands.callback()
def _handle_termination() -> None:
    # As Ctrl-C does: a release that is interrupted is taken back.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def _command(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return commands.command(name, epilog=EPILOG)


@_command("image")
def image(stack: StackOption) -> None:
    """Build the image of this commit, push it, and print its address."""
    print(Release(stack).image())


@_command("up")
def up(
    stack: StackOption,
    image: Annotated[str, typer.Option(help="The image to deploy.")],
    percent: Annotated[
        int, typer.Option(min=1, max=100, help="Its share of all calls, in per cent.")
    ] = STEPS[0],
) -> None:
    """Deploy an image as a canary next to the version that runs."""
    Release(stack).up(image, percent=percent)


@_command("all")
def bring_out(
    stack: StackOption,
    bake_minutes: Annotated[
        float, typer.Option(min=0, help="How long each step is watched.")
    ] = BAKE_MINUTES,
    practice_calls: Annotated[
        int,
        typer.Option(min=0, help="Calls made by test orders in each step; 0 with real customers."),
    ] = PRACTICE_CALLS,
) -> None:
    """Release this commit: image, canaries of 10 and 50 %, then all calls.

    Each canary is tried with test orders, watched and verified; one that raises the release
    alarm or does not pass is taken back at once.
    """
    release = Release(stack, bake_minutes=bake_minutes, practice_calls=practice_calls)
    raise typer.Exit(release.bring_out())


@_command("rollback")
def roll_back(
    stack: StackOption,
    version: Annotated[
        str | None, typer.Option(help="A release that has all calls already.")
    ] = None,
) -> None:
    """Take back the canary, or with --version a release that has all calls already."""
    raise typer.Exit(Release(stack).roll_back(version))


@_command("watch")
def watch(stack: StackOption) -> None:
    """Verify what is live."""
    raise typer.Exit(Release(stack).watch())
