"""What a field's annotation says of the values that it may have."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec


def members(kind: Any) -> list[Any]:
    """The types that a value may have, None and annotations aside."""
    if get_origin(kind) is Annotated:
        return members(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [member for part in get_args(kind) for member in members(part)]
    return [] if kind is type(None) else [kind]


def structs(kind: Any) -> list[type[msgspec.Struct]]:
    return [
        member for member in members(kind) if isinstance(member, type) and issubclass(member, msgspec.Struct)
    ]


def items(kind: Any) -> list[type[msgspec.Struct]]:
    """The structs in a list of tables."""
    lists = (member for member in members(kind) if get_origin(member) is list)
    return [struct for member in lists for struct in structs(get_args(member)[0])]


def mapped(kind: Any) -> Any | None:
    """The type of the values in a table whose keys the user chooses."""
    return next((get_args(member)[1] for member in members(kind) if get_origin(member) is dict), None)


def tagged(kinds: list[type[msgspec.Struct]], value: Mapping[str, Any]) -> type[msgspec.Struct] | None:
    """Which of several tagged structs `value` is; the only one where there is no choice."""
    if len(kinds) == 1 and kinds[0].__struct_config__.tag_field is None:
        return kinds[0]
    for kind in kinds:
        if value.get(str(kind.__struct_config__.tag_field)) == kind.__struct_config__.tag:
            return kind
    return None


def name_of(item: Any) -> str | None:
    name = item.get("name") if isinstance(item, dict) else None
    return name if isinstance(name, str) else None
