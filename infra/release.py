"""``python -m infra.release``: what a pipeline, or a laptop, does to bring a version out.

``image`` builds the image of this commit and pushes it; ``up`` gives it a small share of all
calls; ``all`` does both, has the canary verified, and by the verdict gives it all calls or
takes it back. ``watch`` verifies what is live. Each tells what it runs and ends with the exit
code of what failed.

Needed beside AWS credentials: git, Docker, and the Pulumi command line, logged in.
"""

import argparse
import base64
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.stack import FUNCTIONS

ROOT = Path(__file__).resolve().parents[1]
CANARY_PERCENT = 10


class Release:
    """One release of one stack."""

    def __init__(self, stack: str, *, percent: int = CANARY_PERCENT) -> None:
        """Release to ``stack``; the new version gets ``percent`` of all calls at first."""
        self._stack = stack
        self._percent = percent

    def image(self) -> str:
        """Build the image of this commit, push it, and return its address.

        An address that is there already is left as it is: its tag is the commit.
        """
        repository = self._output("Image::Repository")
        address = f"{repository}:{_said('git', 'rev-parse', '--short=12', 'HEAD')}"
        self._log_in(repository.partition("/")[0])
        if _code("docker", "manifest", "inspect", address) != 0:
            _run("docker", "build", "--platform", "linux/amd64", "--tag", address, str(ROOT))
            _run("docker", "push", address)
        return address

    def up(self, address: str) -> None:
        """Deploy the image next to the version that runs; a first one gets all calls."""
        outputs = self._outputs()
        stable = {each.name: outputs.get(f"{each.name}::Version") for each in FUNCTIONS}
        self._set("image", address)
        if all(stable.values()):
            self._set("canary.percent", str(self._percent))
            for name, version in stable.items():
                self._set(f"canary.stable.{name}", str(version))
        self._pulumi("up", "--yes", "--skip-preview")

    def bring_out(self) -> int:
        """Do all of it; return the exit code of ``acme-shop verify``."""
        address = self.image()
        since = datetime.now(UTC)
        self.up(address)
        code = self._verify("canary", since, "--rollback-on-fail", "--promote-on-pass")
        # The trial is over either way: the next `pulumi up` must not begin it again.
        self._pulumi("config", "rm", "--path", "awsconfig:generic.canary")
        return code

    def watch(self) -> int:
        """Verify what is live; return the exit code of ``acme-shop verify``."""
        return self._verify("live", None)

    def _verify(self, stage: str, since: datetime | None, *more: str) -> int:
        outputs = self._outputs()
        deployed = ("--since", since.isoformat(timespec="seconds")) if since else ()
        return _code(
            sys.executable,
            "-m",
            "app.cli.main",
            "verify",
            stage,
            *("--stack", self._stack, "--url", outputs["Gateway::URL"]),
            *("--region", self._region(), *deployed, *more),
        )

    def _region(self) -> str:
        return _said("pulumi", *self._where(), "config", "get", "aws:region")

    def _where(self) -> tuple[str, ...]:
        return ("--cwd", str(ROOT / "infra"), "--stack", self._stack)

    def _outputs(self) -> dict[str, Any]:
        outputs: dict[str, Any] = json.loads(
            _said("pulumi", *self._where(), "stack", "output", "--json")
        )
        return outputs

    def _output(self, name: str) -> str:
        found = self._outputs().get(name)
        if not found:
            raise SystemExit(f"The stack {self._stack} has no {name} yet: run `pulumi up` once.")
        return str(found)

    def _set(self, key: str, value: str) -> None:
        self._pulumi("config", "set", "--path", f"awsconfig:generic.{key}", value)

    def _pulumi(self, *arguments: str) -> None:
        _run("pulumi", *self._where(), *arguments)

    def _log_in(self, registry: str) -> None:
        """Let Docker push; the password goes through a pipe, not through the process list."""
        import boto3  # noqa: PLC0415  # Not needed where nothing is pushed.

        region = self._region()
        [data] = boto3.client("ecr", region_name=region).get_authorization_token()[
            "authorizationData"
        ]
        user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
        _run("docker", "login", "--username", user, "--password-stdin", registry, said=password)


def _tell(words: Sequence[str]) -> None:
    sys.stderr.write(f"> {' '.join(words)}\n")
    sys.stderr.flush()


def _run(*words: str, said: str | None = None) -> None:
    """Run a command; if it fails, end with its exit code."""
    _tell(words)
    done = subprocess.run(words, input=said, text=True, check=False)  # noqa: S603  # No shell.
    if done.returncode:
        raise SystemExit(done.returncode)


def _code(*words: str) -> int:
    _tell(words)
    return subprocess.run(words, check=False).returncode  # noqa: S603  # No shell.


def _said(*words: str) -> str:
    """Return what a command prints; if it fails, end with its exit code."""
    done = subprocess.run(  # noqa: S603  # No shell.
        words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.returncode)
    return done.stdout.strip()


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.release",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=("image", "up", "all", "watch"))
    parser.add_argument("--stack", required=True, help="the stack, as Pulumi calls it")
    parser.add_argument("--image", help="the image that `up` deploys")
    parser.add_argument(
        "--percent", type=int, default=CANARY_PERCENT, help="the canary's share of all calls"
    )
    options = parser.parse_args()
    release = Release(options.stack, percent=options.percent)
    if options.what == "up" and not options.image:
        parser.error("up needs --image")
    match options.what:
        case "image":
            sys.stdout.write(f"{release.image()}\n")
        case "up":
            release.up(options.image)
        case "all":
            sys.exit(release.bring_out())
        case _:
            sys.exit(release.watch())


if __name__ == "__main__":
    main()
