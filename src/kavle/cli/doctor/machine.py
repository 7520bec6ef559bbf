"""The machine: its clock, its open files, the disk below a database file, and who may read the settings."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kavle.cli.config import Settings
from kavle.cli.doctor.finding import Finding, hint, well, wrong

_MB: Final = 1_000_000
_LEAST: Final = 200 * _MB
_LITTLE: Final = 2_000 * _MB
_LONG_LOG: Final = 500 * _MB
_NOT_SYNCHRONISED: Final = 5  # TIME_ERROR of adjtimex(2)
_TIMEX: Final = 512  # bytes; the struct has some 208
_OF_A_NETWORK: Final = (
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "9p",
    "fuse.sshfs",
    "ceph",
    "glusterfs",
    "fuse.glusterfs",
)
_FILES: Final = 200  # beside connections: the database, links, the log


def clock() -> Iterator[Finding]:
    state = _clock_state()
    if state == _NOT_SYNCHRONISED:
        yield hint(
            "clock",
            "the system does not keep it right",
            "have chrony or systemd-timesyncd run: validity, time control and leases go by it",
        )
    elif state is not None:
        yield well("clock", "kept right by the system")


def _clock_state() -> int | None:
    """What adjtimex(2) answers; None where it can't be asked."""
    try:
        return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX)))
    except (OSError, AttributeError):
        return None


def open_files(settings: Settings) -> Iterator[Finding]:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.http.connections + settings.callbacks.connections + _FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        yield hint(
            "open files",
            f"{soft} at most here, and {wanted} with all connections that the settings allow",
            "set LimitNOFILE in the service unit, or `ulimit -n`; here it is of this shell",
        )


def settings_file(path: Path) -> Iterator[Finding]:
    """Passwords of carriers stand in it."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return
    if mode & 0o007:
        yield hint("settings", f"{path} may be read by everybody here", f"chmod o= {path}")


def disk(database: Path) -> Iterator[Finding]:
    folder = database.parent if database.parent.exists() else Path.cwd()
    free = shutil.disk_usage(folder).free
    says = f"{free // _MB:,} MB free for {folder}"
    if free < _LEAST:
        yield wrong("disk", says, "make room: what can't be stored is answered 42")
    elif free < _LITTLE:
        yield hint("disk", says, "make room, or keep less: retention.texts_days and messages_days")
    else:
        yield well("disk", says)
    if (kind := _kind(folder)) in _OF_A_NETWORK:
        yield wrong("disk", f"{folder} is on a network's file system ({kind})", "put it on a local disk")
    if database.parent.exists() and database.parent.stat().st_mode & 0o077:
        yield hint("disk", f"{folder} is open to others", f"chmod 0700 {folder}: it holds texts and numbers")
    log = database.with_name(database.name + "-wal")
    if log.exists() and (size := log.stat().st_size) > _LONG_LOG:
        yield hint(
            "disk",
            f"the log {log.name} has {size // _MB:,} MB",
            "look whether a backup or a stranger reads on and on",
        )


def _kind(folder: Path) -> str:
    """Of its file system, by the longest mount point above it; empty where that can't be seen."""
    best, kind = "", ""
    here = f"{folder.resolve()}/"
    try:
        mounts = Path("/proc/mounts").read_text("utf-8").splitlines()
    except OSError:
        return ""
    for line in mounts:
        _, point, found, *_ = line.split()
        if here.startswith(f"{point.rstrip(os.sep)}/") and len(point) >= len(best):
            best, kind = point, found
    return kind
