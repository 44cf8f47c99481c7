"""The image of the Dockerfile, built by buildah and run as Lambda runs it; no Docker needed.

Where AWS's base image cannot be pulled, Debian trixie stands in for it: it has the same
Python 3.13, and gets the runtime client that AWS's base brings. It needs root and Linux, for
a file system that is read-only and a user that owns nothing.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.topology import Function
from tests.support.lambda_runtime import RUNTIME_PACKAGES, LambdaProcess

ROOT = Path(__file__).parents[2]
#: The base image, the first word after FROM, and its name without the digest it is pinned to.
FROM = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)[0]
BASE = FROM.partition("@")[0]
TAG = "localhost/shop-image-check"

TASK_ROOT, RUNTIME = Path("/var/task"), Path("/var/runtime")
#: Set to leave the pull out, where it is known to fail slowly.
STAND_IN_VARIABLE = "SHOP_IMAGE_STAND_IN"

_PULL_SECONDS = 180
_PACKAGES = "python3,python3-pip,ca-certificates"
_CHROOT = shutil.which("chroot") or "/usr/sbin/chroot"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

#: A mount namespace of its own: the image read-only, an empty /tmp, and a user without rights.
_SANDBOX = """
set -e
chroot=$1; root=$2; shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
mount -o remount,ro,bind "$root"
mount -t tmpfs tmpfs "$root/tmp"
mount --bind /dev "$root/dev"
mount --bind /proc "$root/proc"
exec "$chroot" --userspec=65534:65534 "$root" "$@"
"""


def missing_tool() -> str | None:
    """Return what keeps the image from being built here, or None."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "the image is built as root only"
    for tool, package in (("buildah", "buildah"), ("unshare", "util-linux")):
        if shutil.which(tool) is None:
            return f"{tool} is not installed (apt-get install {package})"
    return None


def without_digests(dockerfile: str) -> str:
    """Return a Dockerfile whose images are named by their tags alone."""
    return re.sub(r"^(FROM \S+?)@sha256:\S+", r"\1", dockerfile, flags=re.MULTILINE)


class Buildah:
    """buildah with a storage of its own, and without a daemon or a network."""

    def __init__(self, folder: Path) -> None:
        """Keep images and containers in ``folder``."""
        self.folder = folder

    def __call__(self, *arguments: str, timeout_seconds: float | None = None) -> str:
        """Return what a command prints.

        Raises:
            RuntimeError: it fails; the text has the end of what it said.
        """
        command = ["buildah", "--storage-driver", "vfs"]
        command += ["--root", str(self.folder / "store"), "--runroot", str(self.folder / "run")]
        done = subprocess.run(
            [*command, *arguments],
            env={**os.environ, "BUILDAH_ISOLATION": "chroot"},
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_seconds,
        )
        if done.returncode:
            said = (done.stdout + done.stderr)[-4000:]
            raise RuntimeError(f"buildah {' '.join(arguments[:2])}: {said}")
        return done.stdout.strip()

    def has(self, image: str) -> bool:
        """Tell whether an image is in the storage."""
        try:
            self("inspect", "--type", "image", image)
        except RuntimeError:
            return False
        return True


def ensure_base(buildah: Buildah) -> None:
    """Have the base image in the storage: AWS's own, or the stand-in under its name."""
    if buildah.has(BASE):
        return
    if not os.environ.get(STAND_IN_VARIABLE):
        try:
            buildah("pull", "--quiet", FROM, timeout_seconds=_PULL_SECONDS)
            if FROM != BASE:
                buildah("tag", FROM, BASE)
        except (RuntimeError, subprocess.TimeoutExpired):
            print(f"{BASE} cannot be pulled; Debian's Python stands in for it")  # noqa: T201
        else:
            return
    _make_stand_in(buildah)


def _make_stand_in(buildah: Buildah) -> None:
    if shutil.which("debootstrap") is None:
        raise RuntimeError(f"{BASE} cannot be pulled, and debootstrap is not installed")
    system = buildah.folder / "trixie"
    if not system.exists():
        # Renamed when it is complete. What an interrupted run leaves has /proc mounted in it.
        unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=buildah.folder))
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", "trixie", unfinished],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        unfinished.chmod(0o755)
        unfinished.rename(system)
    if _CERTIFICATES.exists():
        # Those of this machine: its packages may come through a proxy.
        shutil.copy(_CERTIFICATES, system / _CERTIFICATES.relative_to("/"))
    container = buildah("from", "scratch")
    buildah("copy", "--quiet", container, str(system), "/")
    variables = {
        "LAMBDA_TASK_ROOT": str(TASK_ROOT),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PIP_CERT": str(_CERTIFICATES),
        "SSL_CERT_FILE": str(_CERTIFICATES),
    }
    for name, value in variables.items():
        buildah("config", "--env", f"{name}={value}", container)
    lock = buildah.folder / "runtime.txt"
    lock.write_text(_locked(*RUNTIME_PACKAGES), encoding="utf-8")
    buildah("copy", "--quiet", container, str(lock), "/runtime.txt")
    install = ["python3", "-m", "pip", "install", "--quiet", "--root-user-action=ignore"]
    install += ["--no-deps", "--require-hashes", "--target", str(RUNTIME)]
    buildah("run", container, "--", *install, "--requirement", "/runtime.txt")
    buildah("commit", "--quiet", "--rm", container, BASE)


def _locked(*names: str) -> str:
    """Return the lines of the development lock that pin some packages, with their hashes."""
    text = (ROOT / "requirements-dev.txt").read_text("utf-8")
    entries = re.findall(r"^\S.*(?:\n +--hash.*)*", text, re.MULTILINE)
    return "\n".join(entry for entry in entries if entry.partition("==")[0] in names) + "\n"


@contextmanager
def built_image(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Build the image and yield its root file system and its configuration."""
    buildah = Buildah(folder)
    ensure_base(buildah)
    # A stand-in has the name of the base, and cannot have its digest.
    dockerfile = folder / "Dockerfile"
    dockerfile.write_text(without_digests((ROOT / "Dockerfile").read_text("utf-8")), "utf-8")
    build = ["--pull-never", "--quiet", "--tag", TAG, "--file", str(dockerfile)]
    buildah("build", *build, str(ROOT))
    container = buildah("from", "--pull-never", TAG)
    try:
        inspected = json.loads(buildah("inspect", "--type", "image", TAG))
        yield Path(buildah("mount", container)), inspected["OCIv1"]["config"]
    finally:
        buildah("rm", container)


def sandboxed(root: Path, *command: str) -> list[str]:
    """Return a command that runs in the image as Lambda would run it."""
    return ["unshare", "--mount", "sh", "-c", _SANDBOX, "sh", _CHROOT, str(root), *command]


def run_python(root: Path, code: str) -> str:
    """Return what Python code prints in the image; it begins in the folder of the code."""
    begin = f"import os, sys; os.chdir({str(TASK_ROOT)!r}); sys.path.insert(0, '')\n"
    return subprocess.run(
        sandboxed(root, "python3", "-B", "-c", begin + code),
        env={"PATH": os.defpath, "PYDANTIC_DISABLE_PLUGINS": "__all__"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.strip()


class ImageProcess(LambdaProcess):
    """A function of the image, on the image's Python, as Lambda's runtime client starts it."""

    def __init__(self, function: Function, *, root: Path, env: dict[str, str]) -> None:
        """Prepare ``function``; it starts on entering."""
        super().__init__(
            function.handler,
            cwd=TASK_ROOT,
            runtime=RUNTIME,
            env=env,
            timeout_seconds=function.timeout_seconds,
            memory_mb=function.memory_mb,
        )
        self._cwd = Path("/")
        self._command = sandboxed(root, "python3", "-m", "awslambdaric", function.handler)
