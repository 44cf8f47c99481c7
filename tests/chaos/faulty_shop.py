"""``python -m tests.chaos.faulty_shop``: ``acme-shop run`` whose functions use another wire.

``WIRE_URL`` is where its functions find AWS; where the emulator really is goes into the file
``WIRE_TARGET``.
"""

import os
from pathlib import Path
from typing import Any

import infra.local.supervisor
from infra.cli.run import command
from infra.local.environment import function_environment
from infra.local.supervisor import Shop
from infra.topology import Function


class FaultyShop(Shop):
    """A shop that knows the emulator itself, and whose functions do not."""

    def __init__(self, *arguments: Any) -> None:
        """Tell where the emulator will be."""
        super().__init__(*arguments)
        Path(os.environ["WIRE_TARGET"]).write_text(self._endpoint_url)

    def _environment(self, function: Function) -> dict[str, str]:
        return function_environment(
            function, self._stack, self._user, endpoint_url=os.environ["WIRE_URL"]
        )


if __name__ == "__main__":
    infra.local.supervisor.Shop = FaultyShop  # type: ignore[assignment,misc]
    command()
