"""The environment variables of the shop's processes on this machine."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.topology import Function, function_name

#: The folder with ``app``, ``routers``, ``workers`` and this package.
PROJECT = Path(__file__).resolve().parents[2]

REGION = "eu-west-1"

#: The emulator takes any credentials; these are no secret.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

# Followed by the name of a function: the URL at which the emulator calls that function.
_PROXY_PREFIX = "MINISTACK_LAMBDA_PROXY_"

# What a process needs of the user's environment to run. Not among them: AWS_* (the local shop
# must never use the user's account), proxies (everything is on loopback) and
# PYTHONDONTWRITEBYTECODE (every start would compile again).
_INHERITED = frozenset(
    {
        "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "LOGNAME", "PATH",
        "PYTHONPATH", "PYTHONWARNINGS", "TMPDIR", "TZ", "USER", "VIRTUAL_ENV",
    }
)  # fmt: skip
_INHERITED_PREFIXES = ("COVERAGE_", "COV_CORE_")


@dataclass(frozen=True)
class Launch:
    """How to start one child process; ``fds`` are open sockets and locks it takes over."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    fds: tuple[int, ...] = ()
    cwd: Path = field(default=PROJECT)
    umask: int = -1


def python(module: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs one of our modules with this interpreter."""
    return (sys.executable, "-m", module, *arguments)


def base_environment(
    user_environment: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the part of the user's environment that every child inherits."""
    given = os.environ if user_environment is None else user_environment
    kept = {
        name: value
        for name, value in given.items()
        if name in _INHERITED or name.startswith(_INHERITED_PREFIXES)
    }
    return {**kept, "PYTHONUNBUFFERED": "1"}


def aws_environment(endpoint_url: str, region: str = REGION) -> dict[str, str]:
    """Return the variables that direct an AWS client to the emulator and to nothing else."""
    return {
        **CREDENTIALS,
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def function_environment(
    function: Function,
    stack_environment: Mapping[str, str],
    user_environment: Mapping[str, str] | None = None,
    *,
    endpoint_url: str,
) -> dict[str, str]:
    """Return the environment of one function, as the deployed one would see it.

    Only the settings in ``function.settings`` are passed on; the stack's win over the user's.
    A setting that the deployed function does not get is missing here too.
    """
    given = os.environ if user_environment is None else user_environment
    settings = {**given, **stack_environment}
    return {
        **base_environment(given),
        **aws_environment(endpoint_url, stack_environment.get("REGION", REGION)),
        **{name: settings[name] for name in function.settings if settings.get(name)},
    }


def proxy_environment(function_urls: Mapping[str, str], *, stack: str = "local") -> dict[str, str]:
    """Return the variables that tell an emulator from its start where functions are called.

    An address that is deployed with a function is part of the saved state: after a restart
    the last run's address would be called until the new one is deployed.
    """
    return {
        f"{_PROXY_PREFIX}{function_name(stack, name)}": url for name, url in function_urls.items()
    }
