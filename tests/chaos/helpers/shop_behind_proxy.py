"""``acme-shop run`` whose functions reach AWS through a proxy; run with ``python -m``.

``PROXY_URL`` is where its functions find AWS; where the emulator really is goes into the file
``PROXY_TARGET``.
"""

import os
from pathlib import Path
from typing import Any

import infra.local.supervisor
from infra.cli.run import command
from infra.local.environment import function_environment
from infra.local.supervisor import Shop
from infra.topology import Function


class ShopBehindProxy(Shop):
    """A shop that knows the emulator itself, and whose functions do not."""

    def __init__(self, *arguments: Any) -> None:
        """Tell where the emulator will be."""
        super().__init__(*arguments)
        Path(os.environ["PROXY_TARGET"]).write_text(self._endpoint_url)

    def _environment(self, function: Function) -> dict[str, str]:
        return function_environment(
            function, self._stack, self._user, endpoint_url=os.environ["PROXY_URL"]
        )


if __name__ == "__main__":
    infra.local.supervisor.Shop = ShopBehindProxy  # type: ignore[assignment,misc]
    command()
