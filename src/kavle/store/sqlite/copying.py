"""A whole copy of a database file as it is at one moment, by SQLite's online backup, while others write
it."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

import apsw

from kavle.store.errors import StoreError
from kavle.store.restoring import backup_home
from kavle.store.sqlite.connection import migrations

_PAGES: Final = 2_000  # at a time: 8 MB
_OURS: Final = "SELECT count(*) = 2 FROM sqlite_master WHERE name IN ('gateway', 'message')"
_STAMP: Final = (
    "INSERT INTO restoring (one, home, tick) VALUES (1, ?1, 0)"
    " ON CONFLICT (one) DO UPDATE SET home = ?1, tick = 0"
)
_HAS_A_PLACE: Final = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'restoring')"
"""For the stamp: schemas of earlier steps have none."""


def copy(source: Path, target: Path, made: datetime | None = None) -> int:
    """`target` is there once it is whole and on disk, and was not before; its bytes. `made`: say in it that
    it is a backup of then. Raises `StoreError` for what is no database of ours, or damaged, and apsw's
    own."""
    if target.exists():
        raise StoreError(f"{target} is there already; name a file that is not")
    part = target.with_name(target.name + ".part")
    os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
    try:
        with closing(_read_only(source)) as old, closing(apsw.Connection(str(part))) as new:
            _fill(new, old)
            _check(new, source)
            if made is not None and new.execute(_HAS_A_PLACE).get:
                new.execute(_STAMP, (backup_home(made),))
        _on_disk(part, os.O_RDWR)
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    _on_disk(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    return target.stat().st_size


def _read_only(path: Path) -> apsw.Connection:
    try:
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    except apsw.CantOpenError as error:
        raise StoreError(f"{path} can't be opened: look at the path and its rights") from error
    db.set_busy_timeout(5000)
    return db


def _fill(new: apsw.Connection, old: apsw.Connection) -> None:
    # Held to the end: of one moment, and not begun anew whenever somebody writes.
    old.execute("BEGIN")
    old.execute("SELECT count(*) FROM sqlite_master").get  # noqa: B018 -- that is when it begins
    with new.backup("main", old, "main") as backup:
        while not backup.done:
            backup.step(_PAGES)
    old.execute("ROLLBACK")
    new.pragma("journal_mode", "delete")  # one file, and no log beside it


def _check(db: apsw.Connection, source: Path) -> None:
    """Of the copy: then it is the copy that is known to be good."""
    if not db.execute(_OURS).get:
        raise StoreError(f"{source} is no database of Kavle's")
    if (step := db.pragma("user_version")) > (ours := len(migrations())):
        raise StoreError(
            f"{source} has the schema of step {step}, newer than this Kavle's {ours}: upgrade Kavle"
        )
    if (damage := db.execute("PRAGMA quick_check(1)").get) != "ok":
        raise StoreError(f"{source} is damaged: {damage}")


def _on_disk(path: Path, flags: int) -> None:
    file = os.open(path, flags)
    try:
        os.fsync(file)
    finally:
        os.close(file)
