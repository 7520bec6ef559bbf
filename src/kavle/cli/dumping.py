"""A PostgreSQL database into a file and back, by PostgreSQL's own programs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from kavle.store.errors import StoreError


def dump(address: str, target: Path) -> int:
    """By `pg_dump`, in its custom format; the file's bytes. Raises `StoreError`."""
    if target.exists():
        raise StoreError(f"{target} is there already; name a file that is not")
    part = target.with_name(target.name + ".part")
    os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
    try:
        _run("pg_dump", address, "--format=custom", "--no-owner", "--no-privileges", f"--file={part}")
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size


def put_back(address: str, source: Path) -> None:
    """By `pg_restore`, all of it or nothing, into a database that is empty. Raises `StoreError`."""
    if not source.is_file():
        raise StoreError(f"{source}: no such file")
    how = "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"
    _run("pg_restore", address, *how, str(source))


def _run(program: str, address: str, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise StoreError(
            f"there is no {program} on the PATH; install PostgreSQL's client programs, of the server's"
            " version or newer"
        )
    where, environ = _without_password(address)
    # The address is ours; `--dbname` takes it whole, several servers too.
    done = subprocess.run(  # noqa: S603
        [found, f"--dbname={where}", *arguments], env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise StoreError(f"{program} failed: {done.stderr.strip()}")


def _without_password(address: str) -> tuple[str, dict[str, str]]:
    """What may be seen in a list of processes, and where the password goes instead."""
    parts = urlsplit(address)
    login, at, host = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    environ = dict(os.environ)
    if password:
        environ["PGPASSWORD"] = unquote(password)
    return urlunsplit(parts._replace(netloc=f"{user}{at}{host}")), environ
