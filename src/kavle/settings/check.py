"""Plain tables into the structs that others declare, and complaints by the dotted key."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from enum import Enum
from typing import Any, Literal, NoReturn, get_args, get_origin

import msgspec
from msgspec.structs import fields

from kavle.settings.environment import Given
from kavle.settings.errors import SettingsError, WrongValue
from kavle.settings.kinds import items, mapped, members, name_of, structs, tagged
from kavle.settings.words import dotted, listed, one_of, suggestion


class Check:
    """Turns plain tables into structs, and knows by which dotted key to complain."""

    def __init__(self, source: str) -> None:
        self._source = source

    def table(self, kinds: list[type[msgspec.Struct]], value: Any, key: str) -> Any:
        if not isinstance(value, dict):
            self._fail(key, "expected a table")
        kind = tagged(kinds, value)
        if kind is None:
            tags = [kind.__struct_config__.tag for kind in kinds]
            self._fail(dotted(key, kinds[0].__struct_config__.tag_field), f"expected {one_of(tags)}")
        known = {field.encode_name: field for field in fields(kind)}
        self._refuse_unknown(value, [*known, kind.__struct_config__.tag_field], key)
        for name, field in known.items():
            if field.required and name not in value:
                self._fail(dotted(key, name), "missing")
        given = {
            field.name: self._value(field.type, value[name], dotted(key, name))
            for name, field in known.items()
            if name in value
        }
        try:
            return kind(**given)
        except WrongValue as error:
            self._fail(dotted(key, error.key), str(error), _origin(value, error.key))
        except ValueError as error:
            self._fail(key, str(error))

    def _value(self, kind: Any, value: Any, key: str) -> Any:
        if tables := structs(kind):
            return self.table(tables, value, key)
        if tables := items(kind):
            return self._tables(tables, value, key)
        if (values := mapped(kind)) and isinstance(value, dict):
            return {name: self._value(values, inner, dotted(key, name)) for name, inner in value.items()}
        return self._plain(kind, value, key)

    def _tables(self, kinds: list[type[msgspec.Struct]], value: Any, key: str) -> list[Any]:
        if not isinstance(value, list):
            self._fail(key, f"expected tables, each under [[{key}]]")
        keys = [
            dotted(key, name) if (name := name_of(item)) else f"{key}[{at}]" for at, item in enumerate(value)
        ]
        for twice in (name for name in keys if keys.count(name) > 1):
            self._fail(twice, "given twice")
        return [self.table(kinds, item, name) for item, name in zip(value, keys, strict=True)]

    def _plain(self, kind: Any, value: Any, key: str) -> Any:
        try:
            if isinstance(value, Given):
                return msgspec.convert(_untyped(kind, value.text), kind, strict=False)
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            variable = value.variable if isinstance(value, Given) else None
            self._fail(key, _expectation(kind, error) + _notation(kind, value), variable)

    def _refuse_unknown(self, value: Iterable[str], known: Iterable[str | None], key: str) -> None:
        names = [name for name in known if name is not None]
        for name in value:
            if name not in names:
                nearest = get_close_matches(name, names, n=1)
                hint = suggestion(nearest) or f"; there are {listed(names)}"
                self._fail(dotted(key, name), "no such key" + hint)

    def _fail(self, key: str, problem: str, variable: str | None = None) -> NoReturn:
        raise SettingsError(": ".join(filter(None, (variable or self._source, key, problem)))) from None


def _origin(value: Any, key: str) -> str | None:
    """The variable that the value at `key` came from, if it was one."""
    for name in key.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value.variable if isinstance(value, Given) else None


def _untyped(kind: Any, text: str) -> Any:
    if any(get_origin(member) in (list, tuple, set, frozenset) for member in members(kind)):
        return [piece.strip() for piece in text.split(",") if piece.strip()]
    return text


def _expectation(kind: Any, error: msgspec.ValidationError) -> str:
    for member in members(kind):
        if get_origin(member) is Literal:
            return f"expected {one_of(get_args(member))}"
        if isinstance(member, type) and issubclass(member, Enum):
            return f"expected {one_of(choice.value for choice in member)}"
    problem, _, _ = str(error).partition(" - at ")
    return problem[:1].lower() + problem[1:].replace("`", "")


def _notation(kind: Any, value: Any) -> str:
    """How to write what TOML has read as something else."""
    kinds = members(kind)
    if str in kinds and type(value) in (int, float):
        return "; write it in quotes"
    if isinstance(value, str) and any(get_origin(member) is list for member in kinds):
        return "; write it in brackets, as a list"
    return ""
