"""A write-ahead log: changes that are appended to a file before they are acknowledged.

One line is one batch of changes that belong together: the CRC-32 of its JSON, a space, the
JSON. What :meth:`WriteAheadLog.append` returned from survives the end of the process; after
:meth:`WriteAheadLog.sync` it survives the end of the machine too.

The files are numbered generations. A snapshot begins with a new one, and the older ones are
removed when the snapshot is complete, so snapshot and log together always hold everything.
"""

import json
import os
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Change = list[Any]


class DamagedLogError(Exception):
    """A log is unreadable in its middle; ``path`` is its file."""

    def __init__(self, path: Path) -> None:
        """Name the file."""
        super().__init__(f"{path} is damaged")
        self.path = path


class WriteAheadLog:
    """The log in one folder; one process writes it."""

    def __init__(self, folder: Path, *, is_begun: bool = True) -> None:
        """Begin a new generation behind those that are there, or wait with that.

        Raises:
            OSError: the folder cannot be written.
        """
        self.folder = folder
        # Another thread syncs, and must not meet a file that is being replaced.
        self._lock = threading.Lock()
        self._is_unsynced = self._is_torn = False
        self._descriptor, self._path, self._length = -1, folder, 0
        self._generation = max((_number(path) for path in _files(folder)), default=0)
        if is_begun:
            self.rotate()

    @property
    def size_bytes(self) -> int:
        """Return how much the current generation holds."""
        return self._length

    def append(self, batch: str) -> None:
        """Write the JSON of one batch; it is in the file when this returns, or not at all.

        Raises:
            OSError: it could not be written; the file is as it was.
        """
        text = batch.encode()
        line = memoryview(b"%08x %s\n" % (zlib.crc32(text), text))
        if self._is_torn:
            # A full disk took a part of a line, and the next line must not follow it.
            os.ftruncate(self._descriptor, self._length)
            self._is_torn = False
        written = 0
        while written < len(line):
            self._is_torn = True
            written += os.write(self._descriptor, line[written:])
        self._is_torn, self._is_unsynced = False, True
        self._length += written

    def sync(self) -> None:
        """Have the operating system put everything appended so far on the disk.

        Raises:
            OSError: the disk failed; what it holds is not known.
        """
        with self._lock:
            if self._is_unsynced:
                self._is_unsynced = False
                os.fdatasync(self._descriptor)

    @property
    def is_unsynced(self) -> bool:
        """Return whether :meth:`sync` has something to do."""
        return self._is_unsynced

    def is_in_place(self) -> bool:
        """Return whether the file that is written can still be found under its name."""
        try:
            there, ours = self._path.stat(), os.fstat(self._descriptor)
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)

    def rotate(self) -> int:
        """Go on in a new generation, or in one that is empty, and return its number.

        Raises:
            OSError: it cannot be made; the current one goes on.
        """
        self.sync()
        if not self._length and not self._is_torn and self.is_in_place():
            return self._generation
        path = self.folder / f"{self._generation + 1:010}.log"
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        sync_folder(self.folder)
        with self._lock:
            if self._descriptor != -1:
                os.close(self._descriptor)
            self._descriptor, self._path, self._length = descriptor, path, 0
            self._is_torn = False
            self._generation += 1
        return self._generation

    def remove_before(self, generation: int) -> None:
        """Remove the generations that a complete snapshot has made superfluous."""
        for path in _files(self.folder):
            if _number(path) < generation:
                path.unlink()


def read_batches(folder: Path) -> Iterator[list[Change]]:
    """Yield the batches of all generations in the order they were appended.

    A last line that is incomplete was never acknowledged and is left out.

    Raises:
        DamagedLogError: a line is unreadable, and readable ones follow it.
    """
    for path in _files(folder):
        *lines, _ = path.read_bytes().split(b"\n")
        batches = [_decode(line) for line in lines]
        while batches and batches[-1] is None:
            batches.pop()
        for batch in batches:
            if batch is None:
                raise DamagedLogError(path)
            yield batch


def remove_all(folder: Path) -> None:
    """Remove every generation."""
    for path in _files(folder):
        path.unlink()


def sync_folder(folder: Path) -> None:
    """Have the names of new and renamed files of a folder put on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _decode(line: bytes) -> list[Change] | None:
    checksum, _, text = line.partition(b" ")
    if checksum != b"%08x" % zlib.crc32(text):
        return None
    batch: list[Change] = json.loads(text)
    return batch


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.log"))


def _number(path: Path) -> int:
    return int(path.stem)
