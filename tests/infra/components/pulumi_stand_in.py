"""Stands in for the Pulumi command line: keeps a stack's file, and deploys to an emulator.

It knows the few commands that a release needs, and refuses all others. The command is a small
script that asks the test's own process, where everything is imported already; that process has
the variables STAND_IN_STACK_FILE, STAND_IN_OUTPUTS, STAND_IN_CALLS and AWS_ENDPOINT_URL.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from traceback import format_exc
from typing import Any

import boto3
import yaml  # type: ignore[import-untyped]

from infra.components.live_image import IMAGE_OUTPUT, check_image

#: The command itself: arguments out, each with a NUL behind it; exit code and text in. In Bash,
#: which starts in a tenth of the time that Python takes.
_CLIENT = """#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/{port} || exit 1
printf '%s\\0' "$#" "$@" >&3
read -r code <&3
if [ "$code" = 0 ]; then cat <&3; else cat <&3 >&2; fi
exit "$code"
"""


class _Handler(StreamRequestHandler):
    def handle(self) -> None:
        code, text = 0, ""
        try:
            text = main([self._read() for _ in range(int(self._read()))])
        except SystemExit as ended:
            code, text = 1, f"{ended.code}\n"
            if isinstance(ended.code, int):
                code, text = ended.code, ""
        except Exception:  # noqa: BLE001 - whatever it is, the command fails and shows it
            code, text = 1, format_exc()
        self.wfile.write(f"{code}\n{text}".encode())

    def _read(self) -> str:
        return b"".join(iter(lambda: self.rfile.read(1), b"\0")).decode()


@contextmanager
def pulumi_command() -> Iterator[str]:
    """Yield the text of a shell script that does in this process what ``pulumi`` would do."""
    with ThreadingTCPServer(("127.0.0.1", 0), _Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield _CLIENT.format(port=server.server_address[1])
        server.shutdown()


def deploy(stack: str, generic: dict[str, Any]) -> None:
    """Do to the functions what ``infra/components/functions.py`` would have done to them."""
    client = boto3.client("lambda", region_name="eu-west-1")
    release = generic["image"].rpartition(":")[2]
    for name in ("api", "payment", "shipment", "order"):
        function = f"{stack}-acmeserverless-lambda-{name}"
        running = client.get_function_configuration(FunctionName=function)
        if running.get("Environment", {}).get("Variables", {}).get("VERSION") != release:
            client.update_function_configuration(
                FunctionName=function, Environment={"Variables": {"VERSION": release}}
            )
        version = client.publish_version(FunctionName=function)["Version"]
        canary = generic.get("canary")
        alias: Any = {"FunctionName": function, "Name": "live", "FunctionVersion": version}
        if canary:
            alias["FunctionVersion"] = str(canary["stable"][name])
            weights = {version: int(canary["percent"]) / 100}
            alias["RoutingConfig"] = {"AdditionalVersionWeights": weights}
        try:
            client.update_alias(**alias)
        except client.exceptions.ResourceNotFoundException:
            client.create_alias(**alias)


def outputs(deployed_image: Path) -> dict[str, Any]:
    """Return what the stack says of itself, the image of its last deployment included."""
    given: dict[str, Any] = json.loads(os.environ["STAND_IN_OUTPUTS"])
    deployed = deployed_image.read_text(encoding="utf-8") if deployed_image.exists() else None
    return given | ({IMAGE_OUTPUT: deployed} if deployed else {})


def main(arguments: list[str]) -> str:
    """Do one command and return what it prints."""
    option, _, option_2, stack, *words = arguments
    stack_file = Path(os.environ["STAND_IN_STACK_FILE"])
    deployed_image = stack_file.with_suffix(".image")
    printed = ""
    assert (option, option_2) == ("--cwd", "--stack")
    with Path(os.environ["STAND_IN_CALLS"]).open("a", encoding="utf-8") as calls:
        calls.write(" ".join(words) + "\n")
    content = yaml.safe_load(stack_file.read_text(encoding="utf-8"))
    generic = content["config"]["awsconfig:generic"]
    match words:
        case ["stack", "output", "--json"]:
            printed = json.dumps(outputs(deployed_image))
        case ["config", "set-all", "--path", *options]:
            assert set(options[::2]) == {"--plaintext"}
            for option in options[1::2]:
                path, _, value = option.removeprefix("awsconfig:generic.").partition("=")
                *way, last = path.split(".")
                node = generic
                for step in way:
                    node = node.setdefault(step, {})
                node[last] = value
        case ["config", "rm", "--path", "awsconfig:generic.canary"]:
            generic.pop("canary", None)
        case ["up", "--yes", "--skip-preview"]:
            check_image(generic["image"], generic.get("replaces"), outputs(deployed_image))
            deploy(stack, generic)
            deployed_image.write_text(generic["image"], encoding="utf-8")
            if generic["image"] == os.environ.get("STAND_IN_BREAKS_ON"):
                sys.exit(7)
        case _:
            sys.exit(f"the stand-in does not know {json.dumps(words)}")
    stack_file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return printed
