"""Opening the database file: pragmas, the lock that keeps it to one engine, and migrations."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import apsw

from kavle.store.errors import DatabaseInUse, StoreError

BUSY_MS: Final = 5000


class EngineLock:
    """Held by the one process that writes (two starve each other for seconds, and would lease the same
    jobs). It dies with its process, however that dies."""

    def __init__(self, database: Path, patience: float) -> None:
        self.path = database.with_name(database.name + ".lock")
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        until = time.monotonic() + patience
        while not self._taken():
            if time.monotonic() >= until:
                owner = os.read(self._file, 32).decode("ascii", "replace").strip()
                os.close(self._file)
                raise DatabaseInUse(
                    f"{database} is in use by another Kavle (process {owner or 'unknown'}); stop that"
                    " one first"
                )
            time.sleep(0.05)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, b"%d\n" % os.getpid(), 0)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        os.close(self._file)


def make_folder(folder: Path) -> None:
    """For nobody else's eyes: what lies in it holds numbers, texts and password hashes."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the folder {folder} can't be made: {error.strerror}") from error


def open_writer(path: Path) -> apsw.Connection:
    """The connection that writes, with its schema brought up to date."""
    # SQLite gives its other files the same rights as this one.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    db = _open(path, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
    if not db.execute("SELECT count(*) FROM sqlite_master").get:
        db.execute("PRAGMA auto_vacuum = incremental")  # only counts before the first table
    db.pragma("journal_mode", "wal")
    # WAL with NORMAL loses the last commits when the power goes: an id would have been answered for nothing.
    db.pragma("synchronous", "full")
    # What is deleted is overwritten where its page is written anyway; `overwriting` does it everywhere.
    db.pragma("secure_delete", "fast")
    db.pragma("wal_autocheckpoint", 0)  # the checkpointer's work, beside the writer
    migrate(db)
    return db


@contextmanager
def overwriting(db: apsw.Connection) -> Iterator[None]:
    """While what is personal is erased: pages that become free are written, too, with nothing in them. A
    queue's rows are not worth that."""
    db.pragma("secure_delete", "on")
    try:
        yield
    finally:
        db.pragma("secure_delete", "fast")


def open_reader(path: Path) -> apsw.Connection:
    return _open(path, apsw.SQLITE_OPEN_READONLY)


def open_checkpointer(path: Path) -> apsw.Connection:
    return _open(path, apsw.SQLITE_OPEN_READWRITE)


def _open(path: Path, flags: int) -> apsw.Connection:
    try:
        db = apsw.Connection(str(path), flags=flags, statementcachesize=300)
    except apsw.CantOpenError as error:
        raise StoreError(
            f"the database {path} can't be opened: {error}; check the path and its rights"
        ) from error
    db.set_busy_timeout(BUSY_MS)
    # Else the planner looks at what is bound, and a statement whose plan might depend on that, be it only
    # because there is a partial index, is compiled anew each time that it runs: 60 µs for a lease.
    db.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    # 2 MB: the system has the file in memory too. With 64 a queue of a million took 68 MB more of ours, with
    # these 1.3; and no message, lease or page of the history was dearer.
    db.pragma("cache_size", -2_000)
    db.pragma("temp_store", "memory")
    return db


def migrations() -> list[Traversable]:
    folder = resources.files(__package__).joinpath("migrations").iterdir()
    return sorted((one for one in folder if one.name.endswith(".sql")), key=lambda one: one.name)


def migrate(db: apsw.Connection) -> None:
    """Run what this file has not seen of `migrations/NNNN_*.sql`, each in a transaction of its own."""
    scripts = migrations()
    have: int = db.pragma("user_version")
    if have > len(scripts):
        raise StoreError(
            f"the database's schema is of step {have}, newer than this Kavle's {len(scripts)}: upgrade Kavle"
        )
    for step, script in enumerate(scripts[have:], start=have + 1):
        with db:
            db.execute(script.read_text(encoding="utf-8"))
            db.pragma("user_version", step)
