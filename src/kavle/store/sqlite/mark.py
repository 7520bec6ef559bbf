"""What stands beside a database file, so that another one in its place is seen: one line, written over in
place after what it tells of is on disk. So a file that is what it was is never behind it, whatever cut the
power."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from kavle.store.restoring import Mark

_WIDTH: Final = 256  # well within a disk's sector: a line is old or new, and never torn

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Mark).decode


def mark_path(database: Path) -> Path:
    return database.with_name(database.name + ".mark")


class MarkFile:
    def __init__(self, database: Path) -> None:
        self._database = database
        self._path = mark_path(database)

    @property
    def inode(self) -> int:
        return self._database.stat().st_ino

    def read(self) -> Mark | None:
        """None where there is none, or nothing that can be read."""
        with suppress(OSError, msgspec.DecodeError):
            return _decode(self._path.read_bytes())
        return None

    def write(self, mark: Mark) -> None:
        """Where the disk has no room, the old line stays; it is behind then, which does no harm."""
        with suppress(OSError):
            new = not self._path.exists()
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.pwrite(file, _encode(mark).ljust(_WIDTH - 1) + b"\n", 0)
                if new:
                    os.fsync(file)
                    _sync_folder(self._path.parent)
            finally:
                os.close(file)


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
