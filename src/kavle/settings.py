"""Settings: a TOML file and the environment over it, read into msgspec structs that others declare.

Every key can come from the environment: `http.port` is KAVLE_HTTP_PORT; in a list of tables each goes by its
`name`, so that `password` of the carrier named telia is KAVLE_CARRIER_TELIA_PASSWORD (what is no letter or
digit in a name is `_`); lists of plain values are separated by commas. With `_FILE` behind it the variable
names a file that holds the value, as container secrets do. No error shows a value.
"""

from __future__ import annotations

import re
import tomllib
import types
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NoReturn, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec.structs import fields

PREFIX: Final = "KAVLE_"
DEFAULT_FILE: Final = Path("kavle.toml")
NOT_SETTINGS: Final = frozenset(
    {"KAVLE_CONFIG", "KAVLE_CHAOS_ROUNDS", "KAVLE_CHAOS_MESSAGES", "KAVLE_CHAOS_CUTS", "KAVLE_CHAOS_SEED"}
)
"""Variables of the command line and of the tests, which `load` leaves alone."""

T = TypeVar("T", bound=msgspec.Struct)
_Route = tuple[str | int, ...]  # the keys and list positions that lead to a value


class SettingsError(Exception):
    """What is wrong, where (file or variable, and dotted key), and what is expected there."""


class WrongValue(ValueError):
    """For a struct's `__post_init__`: what is wrong with the value at `key`, dotted and within the struct."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(problem)
        self.key = key


class _Given(msgspec.Struct, frozen=True):
    """A value that came from the environment: text, whatever its key wants."""

    variable: str
    text: str


def load(kind: type[T], path: Path | None, environ: Mapping[str, str]) -> T:
    """`kind` from the TOML file at `path` (None: no file) with `environ` over it.

    Raises SettingsError for the first thing that is wrong. A ValueError from a struct's `__post_init__` is
    told with its text, which therefore must not hold a secret."""
    table = {} if path is None else _read(path)
    _overlay(kind, table, environ)
    settings: T = _Check("settings" if path is None else str(path)).table([kind], table, "")
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


# --- the environment ---------------------------------------------------------------------------------------


def _overlay(kind: type[msgspec.Struct], table: dict[str, Any], environ: Mapping[str, str]) -> None:
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
        _put(table, route, _Given(variable, text))


def _keys(kind: Any, value: Any, key: str, route: _Route) -> Iterator[tuple[str, _Route]]:
    """Every key that `value`, of type `kind`, has or could have; `*` for those that only a user can name."""
    if tables := _structs(kind):
        yield from _keys_of_table(tables, value, key, route)
    elif tables := _items(kind):
        for index, item in enumerate(value if isinstance(value, list) else ()):
            if label := _name(item):
                yield from _keys_of_table(tables, item, _dotted(key, label), (*route, index))
    elif values := _mapped(kind):
        for name in value if isinstance(value, dict) else ():
            yield from _keys(values, value[name], _dotted(key, name), (*route, name))
        if not _structs(values):
            yield _dotted(key, "*"), (*route, "*")
    else:
        yield key, route


def _keys_of_table(
    kinds: list[type[msgspec.Struct]], value: Any, key: str, route: _Route
) -> Iterator[tuple[str, _Route]]:
    found = value if isinstance(value, dict) else {}
    for field in fields(_tagged(kinds, found) or kinds[0]):
        name = field.encode_name
        yield from _keys(field.type, found.get(name), _dotted(key, name), (*route, name))


def _variable(key: str) -> str:
    return PREFIX + re.sub(r"[^A-Za-z0-9*]", "_", key).upper()


def _meant(variable: str, known: Mapping[str, list[_Route]]) -> tuple[_Route, bool]:
    """The value that `variable` sets, and whether it does so by a file's name."""
    for name, from_file in ((variable, False), (variable.removesuffix("_FILE"), variable.endswith("_FILE"))):
        routes = _routes(name.upper(), known)
        if len(routes) > 1:
            raise SettingsError(f"{variable} fits several keys: {_listed(map(_shown, routes))}")
        if routes:
            return routes[0], from_file
    nearest = get_close_matches(variable, known, n=1)
    raise SettingsError(f"{variable}: no such setting" + _suggestion(nearest))


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


def _put(table: Any, route: _Route, given: _Given) -> None:
    for step in route[:-1]:
        table = table.setdefault(step, {}) if isinstance(table, dict) else table[step]
        if not isinstance(table, dict | list):
            return  # no table, as the check is about to say
    table[route[-1]] = given


# --- the check ---------------------------------------------------------------------------------------------


class _Check:
    """Turns plain tables into structs, and knows by which dotted key to complain."""

    def __init__(self, source: str) -> None:
        self._source = source

    def table(self, kinds: list[type[msgspec.Struct]], value: Any, key: str) -> Any:
        if not isinstance(value, dict):
            self._fail(key, "expected a table")
        kind = _tagged(kinds, value)
        if kind is None:
            tags = [kind.__struct_config__.tag for kind in kinds]
            self._fail(_dotted(key, kinds[0].__struct_config__.tag_field), f"expected {_one_of(tags)}")
        known = {field.encode_name: field for field in fields(kind)}
        self._refuse_unknown(value, [*known, kind.__struct_config__.tag_field], key)
        for name, field in known.items():
            if field.required and name not in value:
                self._fail(_dotted(key, name), "missing")
        given = {
            field.name: self._value(field.type, value[name], _dotted(key, name))
            for name, field in known.items()
            if name in value
        }
        try:
            return kind(**given)
        except WrongValue as error:
            self._fail(_dotted(key, error.key), str(error), _origin(value, error.key))
        except ValueError as error:
            self._fail(key, str(error))

    def _value(self, kind: Any, value: Any, key: str) -> Any:
        if tables := _structs(kind):
            return self.table(tables, value, key)
        if tables := _items(kind):
            return self._tables(tables, value, key)
        if (values := _mapped(kind)) and isinstance(value, dict):
            return {name: self._value(values, inner, _dotted(key, name)) for name, inner in value.items()}
        return self._plain(kind, value, key)

    def _tables(self, kinds: list[type[msgspec.Struct]], value: Any, key: str) -> list[Any]:
        if not isinstance(value, list):
            self._fail(key, f"expected tables, each under [[{key}]]")
        keys = [
            _dotted(key, name) if (name := _name(item)) else f"{key}[{at}]" for at, item in enumerate(value)
        ]
        for twice in (name for name in keys if keys.count(name) > 1):
            self._fail(twice, "given twice")
        return [self.table(kinds, item, name) for item, name in zip(value, keys, strict=True)]

    def _plain(self, kind: Any, value: Any, key: str) -> Any:
        try:
            if isinstance(value, _Given):
                return msgspec.convert(_untyped(kind, value.text), kind, strict=False)
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            variable = value.variable if isinstance(value, _Given) else None
            self._fail(key, _expectation(kind, error) + _notation(kind, value), variable)

    def _refuse_unknown(self, value: Iterable[str], known: Iterable[str | None], key: str) -> None:
        names = [name for name in known if name is not None]
        for name in value:
            if name not in names:
                nearest = get_close_matches(name, names, n=1)
                hint = _suggestion(nearest) or f"; there are {_listed(names)}"
                self._fail(_dotted(key, name), "no such key" + hint)

    def _fail(self, key: str, problem: str, variable: str | None = None) -> NoReturn:
        raise SettingsError(": ".join(filter(None, (variable or self._source, key, problem)))) from None


def _origin(value: Any, key: str) -> str | None:
    """The variable that the value at `key` came from, if it was one."""
    for name in key.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value.variable if isinstance(value, _Given) else None


def _untyped(kind: Any, text: str) -> Any:
    if any(get_origin(member) in (list, tuple, set, frozenset) for member in _members(kind)):
        return [piece.strip() for piece in text.split(",") if piece.strip()]
    return text


def _expectation(kind: Any, error: msgspec.ValidationError) -> str:
    for member in _members(kind):
        if get_origin(member) is Literal:
            return f"expected {_one_of(get_args(member))}"
        if isinstance(member, type) and issubclass(member, Enum):
            return f"expected {_one_of(choice.value for choice in member)}"
    problem, _, _ = str(error).partition(" - at ")
    return problem[:1].lower() + problem[1:].replace("`", "")


def _notation(kind: Any, value: Any) -> str:
    """How to write what TOML has read as something else."""
    members = _members(kind)
    if str in members and type(value) in (int, float):
        return "; write it in quotes"
    if isinstance(value, str) and any(get_origin(member) is list for member in members):
        return "; write it in brackets, as a list"
    return ""


# --- types -------------------------------------------------------------------------------------------------


def _members(kind: Any) -> list[Any]:
    """The types that a value may have, None and annotations aside."""
    if get_origin(kind) is Annotated:
        return _members(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [member for part in get_args(kind) for member in _members(part)]
    return [] if kind is type(None) else [kind]


def _structs(kind: Any) -> list[type[msgspec.Struct]]:
    return [
        member for member in _members(kind) if isinstance(member, type) and issubclass(member, msgspec.Struct)
    ]


def _items(kind: Any) -> list[type[msgspec.Struct]]:
    """The structs in a list of tables."""
    lists = (member for member in _members(kind) if get_origin(member) is list)
    return [struct for member in lists for struct in _structs(get_args(member)[0])]


def _mapped(kind: Any) -> Any | None:
    """The type of the values in a table whose keys the user chooses."""
    return next((get_args(member)[1] for member in _members(kind) if get_origin(member) is dict), None)


def _tagged(kinds: list[type[msgspec.Struct]], value: Mapping[str, Any]) -> type[msgspec.Struct] | None:
    """Which of several tagged structs `value` is; the only one where there is no choice."""
    if len(kinds) == 1 and kinds[0].__struct_config__.tag_field is None:
        return kinds[0]
    for kind in kinds:
        if value.get(str(kind.__struct_config__.tag_field)) == kind.__struct_config__.tag:
            return kind
    return None


def _name(item: Any) -> str | None:
    name = item.get("name") if isinstance(item, dict) else None
    return name if isinstance(name, str) else None


# --- words -------------------------------------------------------------------------------------------------


def _dotted(key: str, name: object) -> str:
    return f"{key}.{name}" if key else str(name)


def _shown(route: _Route) -> str:
    return ".".join(map(str, route))


def _suggestion(nearest: list[str]) -> str:
    return f"; did you mean {nearest[0]}?" if nearest else ""


def _listed(names: Iterable[object]) -> str:
    return ", ".join(map(str, names))


def _one_of(choices: Iterable[object]) -> str:
    return f"one of {_listed(choices)}"
