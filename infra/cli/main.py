"""The command line: ``acme-shop <command>``."""

import os
import signal
import sys
from importlib import import_module

from infra.local.parent_process import starting_parent, wanted_signals

#: One module per command, imported only when its command or the list of all is asked for. It
#: has a function ``command``, or ``commands`` of its own.
COMMANDS = {
    "run": "infra.cli.run",
    "seed": "infra.cli.seed",
    "add-staff": "infra.cli.add_staff",
    "reserve-names": "infra.cli.reserve_names",
    "send-event": "infra.cli.send_event",
    "order": "infra.cli.order",
    "orders": "infra.cli.orders",
    "refile": "infra.cli.refile",
    "trace": "infra.cli.trace",
    "queues": "infra.cli.queues",
    "resume": "infra.cli.resume",
    "dead-letters": "infra.cli.dead_letters",
    "discard": "infra.cli.discard",
    "redrive": "infra.cli.redrive",
    "sweep": "infra.cli.sweep",
    "export-user": "infra.cli.export_user",
    "forget-user": "infra.cli.forget_user",
    "openapi": "infra.cli.openapi",
    "cost": "infra.cli.cost",
    "verify": "infra.cli.verify",
    "release": "infra.cli.release",
}


def main() -> None:
    """Run the command that the arguments name."""
    name = next((word for word in _words() if not word.startswith("-")), None)
    if name == "run":
        _handle_early_signals()
    import typer  # noqa: PLC0415  # After the signals: the import takes a tenth of a second.

    from app import __version__  # noqa: PLC0415
    from app.domain.errors import SettingsError, ShopError  # noqa: PLC0415

    def options(
        version: bool = typer.Option(
            False,
            "--version",
            is_eager=True,
            help="Say which version this is.",
        ),
    ) -> None:
        if version:
            print(f"acme-shop {__version__}")
            raise typer.Exit

    application = typer.Typer(
        help="The ACME fitness shop: the one on this machine, and stacks in AWS.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    application.callback(invoke_without_command=True)(options)
    for command in [name] if name in COMMANDS else COMMANDS:
        module = import_module(COMMANDS[command])
        if hasattr(module, "commands"):
            application.add_typer(module.commands, name=command)
        else:
            epilog = getattr(module, "EPILOG", None)
            application.command(command, epilog=epilog)(module.command)
    try:
        application()
    except ShopError as failure:
        print(f"acme-shop: {failure}", file=sys.stderr)
        _exit(2 if isinstance(failure, SettingsError) else 1)
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        _exit(end.code if isinstance(end.code, int) else int(end.code is not None))


def _words() -> list[str]:
    """Return the words behind ``acme-shop``: its arguments, or those a shell wants completed."""
    if "_ACME_SHOP_COMPLETE" not in os.environ:
        return sys.argv[1:]
    # In Bash, and in other shells; the last word may become any that begins so.
    typed = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or ""
    return f"{typed}|".split()[1:-1]


def _exit(code: int) -> None:
    """End at once: threads of the DynamoDB client can abort an interpreter that shuts down."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _handle_early_signals() -> None:
    """Make a signal end ``run`` cleanly from the first moment, before it has started a process."""
    starting_parent()
    for number in wanted_signals():
        signal.signal(number, lambda *_: os._exit(0))


if __name__ == "__main__":
    main()
