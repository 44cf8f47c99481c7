"""The command line: ``acme-shop <command>``."""

import logging
import os
import signal
import sys
from importlib import import_module, util

from infra.local.parent_process import starting_parent, wanted_signals

#: One module each, with a function ``command``; imported only when it is asked for.
COMMANDS = {
    "run": "infra.cli.run",
    "seed": "infra.cli.seed",
    "add-staff": "infra.cli.add_staff",
    "send-event": "infra.cli.send_event",
    "queues": "infra.cli.queues",
    "dead-letters": "infra.cli.dead_letters",
    "redrive": "infra.cli.redrive",
    "sweep": "infra.cli.sweep",
    "openapi": "infra.cli.openapi",
    "cost": "infra.cli.cost",
    "verify": "infra.cli.verify",
}


def main() -> None:
    """Run the command that the arguments name."""
    asked = next((each for each in sys.argv[1:] if not each.startswith("-")), None)
    if asked == "run":
        _begin_to_run()
    import typer  # noqa: PLC0415  # After the signals: it takes its time.

    from app.domain.errors import SettingsError, ShopError  # noqa: PLC0415

    # It warns of every call over 100 ms, as calls from afar and on busy machines are.
    logging.getLogger("pydynox").setLevel(logging.ERROR)
    application = typer.Typer(
        help="The ACME fitness shop: the one on this machine, and stacks in AWS.",
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    application.callback()(lambda: None)
    for name in [asked] if asked in COMMANDS else COMMANDS:
        if util.find_spec(COMMANDS[name]):
            module = import_module(COMMANDS[name])
            epilog = getattr(module, "ENVIRONMENT", None)
            application.command(name, epilog=epilog)(module.command)
    try:
        application()
    except ShopError as failure:
        print(f"acme-shop: {failure}", file=sys.stderr)
        _end(2 if isinstance(failure, SettingsError) else 1)
    except SystemExit as end:
        _end(end.code if isinstance(end.code, int) else int(end.code is not None))


def _end(code: int) -> None:
    """End now: the threads of the DynamoDB client can abort an interpreter that winds down."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _begin_to_run() -> None:
    """Make a signal before the shop has started anything end it as cleanly as one after."""
    starting_parent()
    for number in wanted_signals():
        signal.signal(number, lambda *_: os._exit(0))


if __name__ == "__main__":
    main()
