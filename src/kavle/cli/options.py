"""What several commands share: the settings file, and errors told in one line."""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import apsw
import click
from click.core import ParameterSource

from kavle.north.listener import ListenError
from kavle.settings import DEFAULT_FILE, SettingsError
from kavle.store.errors import StoreError, StoreUnavailable

P = ParamSpec("P")
R = TypeVar("R")

config_option = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="KAVLE_CONFIG",
    default=DEFAULT_FILE,
    show_default=True,
    show_envvar=True,
    help="The settings file.",
)


def telling_errors(command: Callable[P, R]) -> Callable[P, R]:
    """What the user can mend is one line and exit code 1, not a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (SettingsError, StoreError) as error:
            raise click.ClickException(f"{error}{_hint(error.__cause__)}") from error

    return run


@contextmanager
def opening(database: Path | None) -> Iterator[None]:
    """While the file `database` is opened: why it can't be had, with its path. A server (None) says itself
    what is wrong with it, unless it goes away meanwhile."""
    if database is None:
        try:
            yield
        except StoreUnavailable as error:
            raise StoreError(f"the PostgreSQL database can't be used now: {error}") from error
        return
    try:
        yield
    except apsw.NotADBError as error:
        raise StoreError(
            f"{database} is no SQLite database; move it away, or name another by `database` in the settings"
        ) from error
    except (apsw.Error, StoreUnavailable) as error:
        raise StoreError(f"the database {database} can't be used: {error}; {_advice(database)}") from error
    except OSError as error:
        if error.filename is None:
            raise  # not about a file
        raise StoreError(f"{error.filename} can't be used: {error.strerror}") from error


@contextmanager
def listening(host: str, port: int, instead: str) -> Iterator[None]:
    """While listeners are opened: why one can't be. `instead` says how to take another port for the first."""
    try:
        yield
    except OSError as error:
        if error.filename is not None:
            raise  # about a file
        if isinstance(error, ListenError):
            host, port = error.host, error.port
            instead = instead if error.key == "http" else f"the port of {error.key}"
        # asyncio wraps the system's own words into a sentence of its own; a failed look-up has none of them.
        known = error.errno is not None and error.errno > 0
        reason = (os.strerror(error.errno or 0) if known else error.strerror or str(error)).lower()
        advice = (
            f"; stop what holds it, or take another: {instead}" if error.errno == errno.EADDRINUSE else ""
        )
        raise click.ClickException(f"can't listen on {address(host, port)}: {reason}{advice}") from None


def this_command() -> str:
    """How this command can be called again from here: `kavle` only where that is on the PATH."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{_from_here(Path(sys.executable))} -m kavle"
    found = shutil.which(called.name)
    return called.name if found and Path(found).samefile(called) else _from_here(called)


def call(what: str) -> str:
    """This command again, to do `what`, with the same settings file: a hint that is followed to the letter
    must not lead to another database."""
    context = click.get_current_context(silent=True)
    if context is not None and context.get_parameter_source("config") is ParameterSource.COMMANDLINE:
        what = f"{what} --config {shlex.quote(str(context.params['config']))}"
    return f"{this_command()} {what}"


def _from_here(path: Path) -> str:
    """Relative if it lies in this folder."""
    absolute, here = path.absolute(), Path.cwd()
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)


def address(host: str, port: int) -> str:
    """As it stands in a URL: an IPv6 address in brackets (RFC 3986 §3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _hint(cause: BaseException | None) -> str:
    if not isinstance(cause, PermissionError) or cause.filename is None:
        return ""
    return f"; {_advice(Path(cause.filename))}"


def _advice(path: Path) -> str:
    """Who may use `path`, as far as can be seen from here."""
    for place in (path, *path.absolute().parents):
        try:
            owner = place.stat().st_uid
        except OSError:
            continue
        if owner != os.geteuid():
            return f"{place} belongs to user {_name(place, owner)}: run this as that user"
        if not os.access(place, os.W_OK):
            return f"{place} is read-only: look at its rights"
        break
    return "look at the path, its rights and its disk"


def _name(path: Path, owner: int) -> str:
    try:
        return path.owner()
    except KeyError:
        return str(owner)
