"""A small file system of its own, which tests can fill."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

#: Enough for a new shop and a snapshot of it, little enough to be filled at once.
SIZE = "4m"


class Disk:
    """A mounted file system of a few megabytes."""

    def __init__(self, path: Path) -> None:
        """Use the file system mounted at ``path``."""
        self.path = path
        self._filler = path / "filler"

    def fill(self) -> None:
        """Take all room that is left."""
        with self._filler.open("ab", buffering=0) as file:
            for size in (65536, 4096, 1):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    continue

    def free(self) -> None:
        """Give the room back."""
        self._filler.unlink()


@contextmanager
def small_disk(path: Path) -> Iterator[Disk]:
    """Mount a small file system at ``path``; a test is skipped where that is not allowed."""
    path.mkdir()
    if os.geteuid() != 0:
        pytest.skip("a full disk needs root, who may mount a small one")
    _mount("-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(path))
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


@contextmanager
def read_only(path: Path) -> Iterator[None]:
    """Let nothing be created in ``path``: root does not care about mode bits, a mount does."""
    if os.geteuid() != 0:
        path.chmod(0o500)
        try:
            yield
        finally:
            path.chmod(0o700)
        return
    _mount("--bind", str(path), str(path))
    try:
        _mount("-o", "remount,ro,bind", str(path))
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def _mount(*arguments: str) -> None:
    """Mount something; the test is skipped, and says so, where that is not allowed."""
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the test needs a mount of its own: {done.stderr.strip()}")
