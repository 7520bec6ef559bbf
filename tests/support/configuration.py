"""docs/configuration.md, made of the settings' own structs: `make configuration` writes all but what the keys
mean, which stands in its last column and is kept."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_origin

import msgspec
from msgspec.structs import FieldInfo, fields

from kavle.cli.config import Settings

PAGE: Final = Path(__file__).parent.parent.parent / "docs" / "configuration.md"
COMMAND: Final = "make configuration"
TABLES: Final = {
    "": "General",
    "http": "`[http]`: what customers come by",
    "http.listener": "`[[http.listener]]`: one more address to listen at",
    "carrier.NAME": "`[[carrier]]`: a network, by SMPP, MM7 or a provider's REST interface",
    "route": "`[[route]]`: which carriers serve which numbers",
    "price": "`[price]`: credits for a segment",
    "gateway": "`[gateway]`: what holds for all messages",
    "incoming": "`[incoming]`: what comes from phones",
    "retention": "`[retention]`: what is kept how long",
    "callbacks": "`[callbacks]`: how customers are told of what came",
}
"""Tables that are not named here come behind these, under their own names."""
_IN_THE_FILE_ALONE: Final = ("http.listener.", "route.")
_KINDS: Final = {str: "text", int: "a whole number", float: "a number", bool: "`true` or `false`"}
_BOUNDS: Final = (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"))

Key = tuple[str, FieldInfo | None]


def keys(kind: type[msgspec.Struct], prefix: str = "") -> Iterator[Key]:
    """Every key, dotted, a carrier's under NAME; None for the kind that its struct is chosen by. Several
    kinds' keys follow one another; those of one name must have one default."""
    if kind.__struct_config__.tag_field is not None:
        yield prefix + kind.__struct_config__.tag_field, None
    for field in fields(kind):
        name, inner = prefix + field.name, field.type
        if get_origin(inner) is list and (items := structs(get_args(inner)[0])):
            for item in items:
                yield from keys(item, f"{name}.NAME." if "name" in item.__struct_fields__ else f"{name}.")
        elif isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            yield from keys(inner, f"{name}.")
        else:
            yield name, field


def structs(kind: Any) -> list[type[msgspec.Struct]]:
    members = get_args(kind) or (kind,)
    return [one for one in members if isinstance(one, type) and issubclass(one, msgspec.Struct)]


def shown(field: FieldInfo | None) -> str:
    """A default as the page writes it."""
    if field is None or field.required:
        return "required"
    default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    default = list(default) if isinstance(default, tuple) else default  # TOML has no tuples
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`" if default or default == 0 else ""


def told(kind: Any) -> str:
    """What may stand there."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return told(args[0]) + bounds(args[1:])
    if origin is Literal:
        return ", ".join(f"`{one}`" for one in args)
    if type(None) in args:
        return told(next(one for one in args if one is not type(None)))
    if origin in (list, tuple):
        return f"a list: {told(args[0])}"
    if origin is dict or structs(kind):
        return "a table"
    return _KINDS[kind]


def bounds(metas: Iterable[Any]) -> str:
    said = [
        f"{sign} {value:g}"
        for meta in metas
        for name, sign in _BOUNDS
        if (value := getattr(meta, name, None)) is not None
    ]
    longest = [f"{meta.max_length} characters at most" for meta in metas if getattr(meta, "max_length", None)]
    return "".join(f", {one}" for one in (*said, *longest))


def variable(key: str, field: FieldInfo | None) -> str:
    """That sets it; none for what is chosen, or has no name, in the file alone."""
    if field is None or key.startswith(_IN_THE_FILE_ALONE) or key == "carrier.NAME.name":
        return ""
    if key == "price.prefix":
        return "`KAVLE_PRICE_PREFIX_47`"
    return "" if told(field.type) == "a table" else f"`KAVLE_{key.replace('.', '_').upper()}`"


def table_of(key: str) -> str:
    return key.rpartition(".")[0]


def meanings(page: str) -> dict[str, str]:
    return dict(re.findall(r"^\| `([\w.]+)` \|(?:[^|]*\|){3} (.*?) ?\|$", page, re.MULTILINE))


def tables(known: dict[str, str]) -> Iterator[str]:
    merged: dict[str, FieldInfo | None] = {}
    for key, field in keys(Settings):
        merged.setdefault(key, field)
    order = list(TABLES)
    ordered = sorted(merged, key=lambda key: _place(order, table_of(key)))
    for table, its in groupby(ordered, table_of):
        yield f"## {TABLES.get(table, f'`[{table}]`')}\n"
        yield "| key | may be | default | variable | |\n|---|---|---|---|---|"
        for key in its:
            field = merged[key]
            kind = "a word" if field is None else told(field.type)
            yield f"| `{key}` | {kind} | {shown(field)} | {variable(key, field)} | {known.get(key, '')} |"
        yield ""


def _place(order: list[str], table: str) -> tuple[int, str]:
    return (order.index(table), "") if table in order else (len(order), table)


def written(page: str) -> str:
    """The page as it should be: what stands above its first table is kept."""
    opening = page.partition("\n## ")[0].rstrip()
    return f"{opening}\n\n" + "\n".join(tables(meanings(page))).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
    sys.stdout.write(f"{PAGE} is written\n")
