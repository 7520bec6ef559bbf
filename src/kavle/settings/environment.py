"""The environment over the table of a file: which variable means which key."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec.structs import fields

from kavle.settings.errors import SettingsError
from kavle.settings.kinds import items, mapped, name_of, structs, tagged
from kavle.settings.words import dotted, listed, suggestion

PREFIX: Final = "KAVLE_"
NOT_SETTINGS: Final = frozenset(
    {"KAVLE_CONFIG", "KAVLE_CHAOS_ROUNDS", "KAVLE_CHAOS_MESSAGES", "KAVLE_CHAOS_CUTS", "KAVLE_CHAOS_SEED"}
)
"""Variables of the command line and of the tests, which `load` leaves alone."""

_Route = tuple[str | int, ...]  # the keys and list positions that lead to a value


class Given(msgspec.Struct, frozen=True):
    """A value that came from the environment: text, whatever its key wants."""

    variable: str
    text: str


def overlay(kind: type[msgspec.Struct], table: dict[str, Any], environ: Mapping[str, str]) -> None:
    known: dict[str, list[_Route]] = defaultdict(list)
    keys: dict[_Route, str] = {}
    for key, route in _keys_of_table([kind], table, "", ()):
        known[_variable(key)].append(route)
        keys[route] = key
    taken: dict[_Route, str] = {}
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        route, from_file = _meant(variable, known)
        if route in taken:
            raise SettingsError(f"{taken[route]} and {variable} say the same; give one of them")
        taken[route] = variable
        text = environ[variable]
        if from_file and not (text := _content(variable, text)):
            key = keys.get(route) or _shown(route)
            raise SettingsError(f"{variable}: {key}: the file that it names is empty")
        _put(table, route, Given(variable, text))


def _keys(kind: Any, value: Any, key: str, route: _Route) -> Iterator[tuple[str, _Route]]:
    """Every key that `value`, of type `kind`, has or could have; `*` for those that only a user can name."""
    if tables := structs(kind):
        yield from _keys_of_table(tables, value, key, route)
    elif tables := items(kind):
        for index, item in enumerate(value if isinstance(value, list) else ()):
            if label := name_of(item):
                yield from _keys_of_table(tables, item, dotted(key, label), (*route, index))
    elif values := mapped(kind):
        for name in value if isinstance(value, dict) else ():
            yield from _keys(values, value[name], dotted(key, name), (*route, name))
        if not structs(values):
            yield dotted(key, "*"), (*route, "*")
    else:
        yield key, route


def _keys_of_table(
    kinds: list[type[msgspec.Struct]], value: Any, key: str, route: _Route
) -> Iterator[tuple[str, _Route]]:
    found = value if isinstance(value, dict) else {}
    for field in fields(tagged(kinds, found) or kinds[0]):
        name = field.encode_name
        yield from _keys(field.type, found.get(name), dotted(key, name), (*route, name))


def _variable(key: str) -> str:
    return PREFIX + re.sub(r"[^A-Za-z0-9*]", "_", key).upper()


def _meant(variable: str, known: Mapping[str, list[_Route]]) -> tuple[_Route, bool]:
    """The value that `variable` sets, and whether it does so by a file's name."""
    for name, from_file in ((variable, False), (variable.removesuffix("_FILE"), variable.endswith("_FILE"))):
        routes = _routes(name.upper(), known)
        if len(routes) > 1:
            raise SettingsError(f"{variable} fits several keys: {listed(map(_shown, routes))}")
        if routes:
            return routes[0], from_file
    nearest = get_close_matches(variable, known, n=1)
    raise SettingsError(f"{variable}: no such setting" + suggestion(nearest))


def _routes(variable: str, known: Mapping[str, list[_Route]]) -> list[_Route]:
    if variable in known:
        return known[variable]
    stem, _, name = variable.rpartition("_")
    return [(*route[:-1], name.lower()) for route in known.get(f"{stem}_*", ())]


def _content(variable: str, path: str) -> str:
    # The path is not told: it may be the secret itself, by mistake.
    try:
        return Path(path).read_text("utf-8").removesuffix("\n")
    except OSError as error:
        raise SettingsError(f"{variable}: the file that it names: {error.strerror}") from None
    except ValueError:  # not UTF-8, or a NUL in the name
        raise SettingsError(f"{variable}: the file that it names can't be read as UTF-8") from None


def _put(table: Any, route: _Route, given: Given) -> None:
    for step in route[:-1]:
        table = table.setdefault(step, {}) if isinstance(table, dict) else table[step]
        if not isinstance(table, dict | list):
            return  # no table, as the check is about to say
    table[route[-1]] = given


def _shown(route: _Route) -> str:
    return ".".join(map(str, route))
