"""One release of one stack: build, deploy as a canary, verify, promote or take back."""

import base64
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from app.security.signing_keys import new_signing_keys
from infra.components.live_image import IMAGE_OUTPUT
from infra.components.resource_graph import INFRA, read_stack_file
from infra.progress import print_progress
from infra.release.bake import place_practice_orders, watch_alarm
from infra.release.shell import call, capture, run
from infra.topology import FUNCTIONS, function_name, signing_keys_name
from infra.verify.rollback import RollbackError, roll_back
from infra.verify.sources.aliases import find_routing
from infra.verify.sources.aws_clients import aws_client

ROOT = INFRA.parent

#: Per cent of all calls a new version gets, one after the other, before it gets all.
STEPS = (10, 50)
#: How long each step is watched: alarms look at five minutes.
BAKE_MINUTES = 5.0
#: Calls of each function that a new version should get, with or without customers. More than
#: infra/verify/policy.toml asks for: their split between versions is random, and a queue
#: hands over several messages in one call.
PRACTICE_CALLS = 50

_COMMIT = ("git", "rev-parse", "--short=12", "HEAD")
_PLATFORMS = {"x86_64": "linux/amd64", "arm64": "linux/arm64"}

# Exit codes of `acme-shop verify`; after any other the canary still has its share.
_PASSED, _TAKEN_BACK, _NOT_TAKEN_BACK = 0, 4, 5
_SETTLED = frozenset({_PASSED, _TAKEN_BACK, _NOT_TAKEN_BACK})


class Release:
    """One release of one stack."""

    def __init__(
        self,
        stack: str,
        *,
        bake_minutes: float = BAKE_MINUTES,
        practice_calls: int = PRACTICE_CALLS,
    ) -> None:
        """Release to ``stack``; each share of the calls is watched for ``bake_minutes``."""
        self._stack, self._practice_calls = stack, practice_calls
        self._bake_seconds = bake_minutes * 60
        self._clients: dict[str, Any] = {}

    def image(self) -> str:
        """Build the image of this commit, push it, and return its address.

        One that is there already is left as it is: its tag is the commit.
        """
        repository = self._outputs().get("Image::Repository")
        if not repository:
            raise SystemExit(f"{self._stack} has no repository yet: run `pulumi up` once.")
        address = f"{repository}:{capture(*_COMMIT, folder=ROOT)}"
        self._log_in(repository.partition("/")[0])
        if call("docker", "manifest", "inspect", address) != 0:
            platform = _PLATFORMS[self._generic.get("architecture", "x86_64")]
            run("docker", "build", "--platform", platform, "--tag", address, str(ROOT))
            run("docker", "push", address)
        return address

    def up(self, address: str, *, percent: int = STEPS[0]) -> bool:
        """Deploy an image next to the version that runs; return whether there was one.

        The first version of a stack gets all calls: there is no other to answer them.
        """
        stable = self._live_versions()
        self._ensure_signing_keys()
        values = {"image": address}
        if deployed := self._deployed_image():
            values["replaces"] = deployed
        if stable:
            values |= {f"canary.stable.{name}": version for name, version in stable.items()}
            values["canary.percent"] = str(percent)
        self._set(values)
        self._pulumi("up", "--yes", "--skip-preview")
        return bool(stable)

    def bring_out(self) -> int:
        """Do all of it; return an exit code of ``acme-shop verify``."""
        address = self.image()
        with self._trial(address, self._image_before()) as trial:
            for percent in STEPS:
                since = datetime.now(UTC)
                if not self.up(address, percent=percent):
                    # There is no version to go back to: the verdict is only reported.
                    trial.is_first = True
                    if alarm := self._bake(100):
                        print_progress(alarm)
                    trial.code = self._verify("live", since)
                    return trial.code
                if alarm := self._bake(percent):
                    print_progress(alarm)
                    trial.code = self.roll_back() or _TAKEN_BACK
                    break
                is_last = percent == STEPS[-1]
                options = ("--promote-on-pass",) if is_last else ()
                trial.code = self._verify("canary", since, "--rollback-on-fail", *options)
                if trial.code != _PASSED:
                    break
            if trial.code not in _SETTLED:
                # An inconclusive verdict is no pass, and a pipeline cannot wait for a better one.
                trial.code = self.roll_back() or trial.code
        return trial.code

    def roll_back(self, version: str | None = None) -> int:
        """End the canary, or take back the release ``version``; return 0, or 5 if it fails."""
        try:
            for change in roll_back(self._client("lambda"), self._stack, release=version):
                print_progress(f"{change.function}: {change.before} -> {change.after}")
        except RollbackError as failure:
            print_progress(str(failure))
            return _NOT_TAKEN_BACK
        return 0

    def watch(self) -> int:
        """Verify what is live; return the exit code of ``acme-shop verify``."""
        return self._verify("live", None)

    @contextmanager
    def _trial(self, address: str, before: str) -> "Iterator[_Trial]":
        """Take the release back if something breaks off; leave a file without a canary.

        The next ``pulumi up`` goes by the stack's file: it must not begin the trial again,
        nor bring out what was taken back. The stack was last deployed with ``address`` then,
        so the file names that as what ``before`` replaces.
        """
        trial = _Trial()
        try:
            yield trial
        except BaseException:
            self.roll_back()
            raise
        finally:
            self._pulumi("config", "rm", "--path", "awsconfig:generic.canary")
            if trial.code != _PASSED and not trial.is_first:
                self._set({"image": before, "replaces": address})

    def _deployed_image(self) -> str | None:
        """Return the image of the stack's last deployment, whatever the stack's file says."""
        return self._outputs().get(IMAGE_OUTPUT)

    def _image_before(self) -> str:
        """Return the image to go back to.

        That is the last deployment's, unless the file says that it was taken back.
        """
        deployed, written = self._deployed_image(), self._generic.get("image", "none")
        if deployed is None or self._generic.get("replaces") == deployed:
            return str(written)
        return deployed

    def _bake(self, percent: int) -> str | None:
        """Try the new version and watch it; return what its alarm says once it is on."""
        place_practice_orders(
            self._outputs()["Gateway::URL"], orders=self._practice_calls * 100 // percent
        )
        return watch_alarm(self._client("cloudwatch"), self._stack, seconds=self._bake_seconds)

    def _ensure_signing_keys(self) -> None:
        """Store the first signing keys of a stack: random numbers, never printed or kept here."""
        client, name = self._client("secretsmanager"), signing_keys_name(self._stack)
        with suppress(client.exceptions.ResourceNotFoundException):
            if client.get_secret_value(SecretId=name).get("SecretString"):
                return
        client.put_secret_value(SecretId=name, SecretString=new_signing_keys())
        print_progress(f"{name}: the first signing keys are in place")

    def _live_versions(self) -> dict[str, str]:
        """Return the version each function's alias leads to; nothing for a new stack."""
        client, found = self._client("lambda"), {}
        for function in FUNCTIONS:
            if routing := find_routing(client, function_name(self._stack, function.name)):
                found[function.name] = routing.stable
        return found if len(found) == len(FUNCTIONS) else {}

    def _verify(self, stage: str, since: datetime | None, *more: str) -> int:
        deployed = ("--since", since.isoformat(timespec="seconds")) if since else ()
        return call(
            *(sys.executable, "-m", "infra.cli.main", "verify", stage),
            *("--stack", self._stack, "--region", self._region),
            *("--url", self._outputs()["Gateway::URL"], *deployed, *more),
        )

    @cached_property
    def _values(self) -> dict[str, str]:
        path = INFRA / f"Pulumi.{self._stack}.yaml"
        try:
            return read_stack_file(path)
        except (OSError, ValueError) as failure:
            raise SystemExit(f"The stack's file cannot be read: {failure}") from failure

    @cached_property
    def _generic(self) -> dict[str, Any]:
        generic: dict[str, Any] = json.loads(self._values["awsconfig:generic"])
        return generic

    @property
    def _region(self) -> str:
        return self._values["aws:region"]

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = aws_client(service, self._region)
        return self._clients[service]

    def _outputs(self) -> dict[str, Any]:
        text = capture("pulumi", *self._where(), "stack", "output", "--json", folder=ROOT)
        outputs: dict[str, Any] = json.loads(text)
        return outputs

    def _where(self) -> tuple[str, ...]:
        return ("--cwd", str(INFRA), "--stack", self._stack)

    def _set(self, values: Mapping[str, str]) -> None:
        given = [f"awsconfig:generic.{key}={value}" for key, value in values.items()]
        options = [option for assignment in given for option in ("--plaintext", assignment)]
        self._pulumi("config", "set-all", "--path", *options)

    def _pulumi(self, *arguments: str) -> None:
        run("pulumi", *self._where(), *arguments)

    def _log_in(self, registry: str) -> None:
        """Let Docker push; the password goes through a pipe, not through the process list."""
        [data] = self._client("ecr").get_authorization_token()["authorizationData"]
        user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
        run("docker", "login", "--username", user, "--password-stdin", registry, stdin=password)


class _Trial:
    """How a release ends; until it has ended, it has failed.

    ``is_first`` is one that has nothing to go back to: it stays, whatever is said of it.
    """

    code = 1
    is_first = False
