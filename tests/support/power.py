"""A disk whose power can be cut: what was written and not synced is there in part, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from threading import Lock
from typing import Final

import apsw

SECTOR: Final = 512
_NAME: Final = "a-disk-whose-power-can-be-cut"
Change = Callable[[bytearray], None]


class _Content:
    """Of one file: what is on the disk for certain, and what has been done to it since."""

    def __init__(self, synced: bytes) -> None:
        self.synced = bytearray(synced)
        self.pending: list[Change] = []

    def sync(self, changes: int) -> None:
        """The first so many: what came while the disk was at it may not be on it."""
        for change in self.pending[:changes]:
            change(self.synced)
        del self.pending[:changes]

    def left(self, random: Random) -> bytes:
        """After a cut. A disk does what waits in any order."""
        left = bytearray(self.synced)
        share = random.choice([0.0, 0.5, 0.9, 1.0])
        for change in self.pending:
            if random.random() < share:
                change(left)
        return bytes(left)


class Disk(apsw.VFS):
    """For the connections that are opened until `no_more`. Used by many threads."""

    def __init__(self) -> None:
        self._files: dict[str, _Content] = {}
        self.lock = Lock()
        self.connections = 0
        super().__init__(_NAME, "unix", makedefault=True)

    def no_more(self) -> None:
        """What is opened from now on is on a disk like any other."""
        apsw.set_default_vfs("unix")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if name is None or path is None:
            return apsw.VFSFile("unix", name, flags)
        there = Path(path)
        with self.lock:
            self.connections += bool(flags[0] & apsw.SQLITE_OPEN_MAIN_DB)
            content = self._files.setdefault(path, _Content(there.read_bytes() if there.exists() else b""))
        return _File(self, content, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        super().xDelete(filename, syncdir)
        with self.lock:
            self._files.pop(filename, None)

    def cut(self, into: Path, random: Random) -> None:
        """Copies of all its files into that folder, as they would be found after a cut at this instant."""
        with self.lock:
            left = {path: content.left(random) for path, content in self._files.items()}
        for path, data in left.items():
            (into / Path(path).name).write_bytes(data)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, content: _Content, name: str | apsw.URIFilename, flags: list[int]) -> None:
        self._disk, self._content = disk, content
        super().__init__("unix", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        octets = bytes(data)
        with self._disk.lock:
            super().xWrite(octets, offset)
            for start in range(0, len(octets), SECTOR):  # what a disk writes whole
                self._content.pending.append(_written(octets[start : start + SECTOR], offset + start))

    def xTruncate(self, newsize: int) -> None:
        with self._disk.lock:
            super().xTruncate(newsize)
            self._content.pending.append(_truncated(newsize))

    def xSync(self, flags: int) -> None:
        changes = len(self._content.pending)
        super().xSync(flags)
        with self._disk.lock:
            self._content.sync(changes)


def _truncated(size: int) -> Change:
    def truncate(data: bytearray) -> None:
        del data[size:]

    return truncate


def _written(octets: bytes, offset: int) -> Change:
    def write(data: bytearray) -> None:
        data.extend(bytes(max(0, offset - len(data))))
        data[offset : offset + len(octets)] = octets

    return write
