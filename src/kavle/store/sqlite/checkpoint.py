"""Moves the write-ahead log into the database file beside the writer, so that no accept waits for it."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Final

import apsw

from kavle.store.sqlite.connection import open_checkpointer

START_AT: Final = 1_000  # pages of the log: 4 MB
RESTART_AT: Final = 16_000  # 64 MB

_log = logging.getLogger("kavle.store")


class Checkpointer:
    """A thread with a connection of its own. It copies pages while the writer goes on; the log's file only
    starts over when nobody appends meanwhile, so past 64 MB the writer itself does the small rest."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pages = 0
        self._copied = False
        self._stopping = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kavle-checkpointer", daemon=True)
        self._thread.start()

    def watch(self, db: apsw.Connection) -> None:
        """Learn the log's length at each of this connection's commits."""
        db.set_wal_hook(self._committed)

    def _committed(self, db: apsw.Connection, name: str, pages: int) -> int:
        self._pages = pages
        return apsw.SQLITE_OK

    def after_commit(self, db: apsw.Connection) -> None:
        """In the writer's thread, between transactions."""
        if self._pages >= RESTART_AT and self._copied:
            self._copied = False
            db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
        elif self._pages >= START_AT:
            self._wake.set()

    def close(self) -> None:
        self._stopping = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        db = open_checkpointer(self._path)
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._stopping:
                break
            try:
                db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
                self._copied = True
            except (apsw.BusyError, apsw.FullError, apsw.IOError) as error:
                _log.warning("the log could not be copied into the database: %s; trying again later", error)
        db.close()
