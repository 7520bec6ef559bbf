"""Settings: a TOML file and the environment over it, read into msgspec structs that others declare.

Every key can come from the environment: `http.port` is KAVLE_HTTP_PORT; in a list of tables each goes by its
`name`, so that `password` of the carrier named telia is KAVLE_CARRIER_TELIA_PASSWORD (what is no letter or
digit in a name is `_`); lists of plain values are separated by commas. With `_FILE` behind it the variable
names a file that holds the value, as container secrets do. No error shows a value.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from kavle.settings.check import Check
from kavle.settings.environment import NOT_SETTINGS, PREFIX, overlay
from kavle.settings.errors import SettingsError, WrongValue

__all__ = ["DEFAULT_FILE", "NOT_SETTINGS", "PREFIX", "SettingsError", "WrongValue", "load"]

DEFAULT_FILE: Final = Path("kavle.toml")

T = TypeVar("T", bound=msgspec.Struct)


def load(kind: type[T], path: Path | None, environ: Mapping[str, str]) -> T:
    """`kind` from the TOML file at `path` (None: no file) with `environ` over it.

    Raises SettingsError for the first thing that is wrong. A ValueError from a struct's `__post_init__` is
    told with its text, which therefore must not hold a secret."""
    table = {} if path is None else _read(path)
    overlay(kind, table, environ)
    settings: T = Check("settings" if path is None else str(path)).table([kind], table, "")
    return settings


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not TOML: {error}") from None
