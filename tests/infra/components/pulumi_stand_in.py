"""Stands in for the Pulumi command line: keeps a stack's file, and deploys to an emulator.

Run with the variables STAND_IN_STACK_FILE, STAND_IN_OUTPUTS, STAND_IN_CALLS and
AWS_ENDPOINT_URL; it knows the few commands that a release needs, and refuses all others.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from infra.components.live_image import IMAGE_OUTPUT, check_image

STACK_FILE = Path(os.environ["STAND_IN_STACK_FILE"])
DEPLOYED_IMAGE = STACK_FILE.with_suffix(".image")


def deploy(stack: str, generic: dict[str, Any]) -> None:
    """Do to the functions what ``infra/components/functions.py`` would have done to them."""
    import boto3  # noqa: PLC0415  # Most commands do without, and it takes its time.

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


def outputs() -> dict[str, Any]:
    """Return what the stack says of itself, the image of its last deployment included."""
    given: dict[str, Any] = json.loads(os.environ["STAND_IN_OUTPUTS"])
    deployed = DEPLOYED_IMAGE.read_text(encoding="utf-8") if DEPLOYED_IMAGE.exists() else None
    return given | ({IMAGE_OUTPUT: deployed} if deployed else {})


def main() -> None:
    """Do one command."""
    option, _, option_2, stack, *words = sys.argv[1:]
    assert (option, option_2) == ("--cwd", "--stack")
    with Path(os.environ["STAND_IN_CALLS"]).open("a", encoding="utf-8") as calls:
        calls.write(" ".join(words) + "\n")
    content = yaml.safe_load(STACK_FILE.read_text(encoding="utf-8"))
    generic = content["config"]["awsconfig:generic"]
    match words:
        case ["stack", "output", "--json"]:
            sys.stdout.write(json.dumps(outputs()))
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
            check_image(generic["image"], generic.get("replaces"), outputs())
            deploy(stack, generic)
            DEPLOYED_IMAGE.write_text(generic["image"], encoding="utf-8")
            if generic["image"] == os.environ.get("STAND_IN_BREAKS_ON"):
                sys.exit(7)
        case _:
            sys.exit(f"the stand-in does not know {json.dumps(words)}")
    STACK_FILE.write_text(yaml.safe_dump(content), encoding="utf-8")


if __name__ == "__main__":
    main()
