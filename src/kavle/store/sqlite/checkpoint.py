"""Moves the write-ahead log into the database file beside the writer, so that no accept waits for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import apsw

from kavle.store.sqlite.connection import BUSY_MS, open_checkpointer

START_AT: Final = 1_000
"""Pages (4 MB) by which the log grows from one copy to the next: each commit writes the same few pages of
each table's end, which are copied once for all of these."""
RESTART_AT: Final = 16_000  # pages of the log: 64 MB

_log = logging.getLogger("kavle.store")


class Checkpointer:
    """A thread with a connection of its own. It copies pages while the writer goes on; the log's file only
    starts over when nobody appends meanwhile, so past 64 MB the writer itself does the small rest."""

    def __init__(self, path: Path, on_death: Callable[[BaseException], None]) -> None:
        self._path = path
        self._on_death = on_death
        self._one_at_a_time = threading.Lock()
        self._pages = 0  # of the log
        self._asked = 0  # when a copy was last asked for
        self._copied = 0  # that are in the database, too
        self._stopping = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kavle-checkpointer", daemon=True)
        self._thread.start()

    def watch(self, db: apsw.Connection) -> None:
        """Learn the log's length at each of this connection's commits."""
        db.set_wal_hook(self._committed)

    def _committed(self, db: apsw.Connection, name: str, pages: int) -> int:
        if pages < self._pages:  # it has started over: by `_restart`, or by itself while nobody read
            self._asked = self._copied = 0
        self._pages = pages
        return apsw.SQLITE_OK

    def after_commit(self, db: apsw.Connection) -> None:
        """In the writer's thread, between transactions."""
        if self._pages >= RESTART_AT and self._copied >= RESTART_AT:
            self._restart(db)
        elif self._pages - self._asked >= START_AT or self._pages >= RESTART_AT > self._asked:
            self._asked = self._pages
            self._wake.set()

    def _restart(self, db: apsw.Connection) -> None:
        """What is left to copy is little, but a reader that is in the midst of something holds it up: then
        the log grows on until it has been copied once more, rather than that everybody waits."""
        if not self._one_at_a_time.acquire(blocking=False):
            return
        self._copied = 0
        db.set_busy_timeout(0)
        try:
            db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
        except apsw.BusyError:
            _log.info("the log can't start over while somebody reads: it has %d pages", self._pages)
        finally:
            db.set_busy_timeout(BUSY_MS)
            self._one_at_a_time.release()

    def close(self) -> None:
        self._stopping = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            db = open_checkpointer(self._path)
            while self._due():
                self._copy(db)
            db.close()
        except BaseException as error:  # noqa: BLE001 -- the log would grow for ever, and nobody know
            _log.critical("the checkpointer died: %r", error)
            self._on_death(error)

    def _due(self) -> bool:
        self._wake.wait()
        self._wake.clear()
        return not self._stopping

    def _copy(self, db: apsw.Connection) -> None:
        with self._one_at_a_time:
            try:
                _, self._copied = db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            except (apsw.BusyError, apsw.FullError, apsw.IOError) as error:
                _log.warning("the log could not be copied into the database: %s; trying again later", error)
