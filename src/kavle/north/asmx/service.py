"""A web service as a table: every operation is a row, and the dispatcher, the bindings, the WSDL and the
pages read the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import msgspec

from kavle.model.account import Charset
from kavle.model.errors import Reason, Refusal
from kavle.north.caller import Caller
from kavle.wire.soap import Item

_SPELLINGS: Final = (
    ("konto", "acc"),
    ("passwd", "pass"),
    ("till", "to"),
    ("meddelande", "msg"),
    ("id", "smsid", "bundleid", "mmsid"),
)
"""Clients use one operation's spelling for another's parameter."""

_ALSO: Final = {name: names for names in _SPELLINGS for name in names}


class Arguments(msgspec.Struct, frozen=True):
    """What a call gave: texts by parameter name in lower case, and who calls. `reread` is there where its
    bytes could have been read in another charset too; `lists` are the parameters that are lists."""

    given: Mapping[str, str]
    caller: Caller
    reread: Callable[[Charset], Awaitable[Mapping[str, str]]] | None = None
    lists: dict[str, list[Item]] = {}

    def get(self, name: str) -> str | None:
        """By the manual's name in lower case, or another that clients use; None where it is absent."""
        if (value := self.given.get(name)) is not None:
            return value
        return next((self.given[also] for also in _ALSO.get(name, ()) if also in self.given), None)

    def need(self, name: str) -> str:
        value = self.given.get(name)
        if value is None and (value := self.get(name)) is None:
            raise Refusal(Reason.PARAMETER, f"{name} is missing")
        return value

    def take(self, name: str) -> Sequence[Item]:
        """The objects of a list; none where it is absent. They are given once: their texts may be long."""
        return self.lists.pop(name, [])

    async def read_as(self, charset: Charset) -> Arguments:
        """The same in an account's charset. Raises Refusal(PARAMETER) where that can't be."""
        if charset == "auto" or self.reread is None:
            return self
        return Arguments(await self.reread(charset), self.caller)


class Records(msgspec.Struct, frozen=True):
    """What a list holds: elements named `item` with one child for each of `fields`, a string but for those of
    `binary`, which are octets in base64."""

    item: str
    fields: tuple[str, ...]
    binary: tuple[str, ...] = ()

    @property
    def element(self) -> str:
        """What ASP.NET calls a list of them."""
        return f"ArrayOf{self.item}"


class Several(msgspec.Struct, frozen=True):
    """A list as a parameter, as one could give it: a text for each field of each record."""

    records: Records
    rows: Sequence[tuple[str, ...]]


class Listed(msgspec.Struct, frozen=True):
    """A list as result: one tuple a record, with a number for each of its fields."""

    records: Records
    rows: Sequence[tuple[int, ...]]


class Parameter(msgspec.Struct, frozen=True):
    """`name` is spelled as the manual does; `about` and `example` are for the pages, and the example tells
    the parameter's type."""

    name: str
    about: str
    example: str | Several

    @property
    def records(self) -> Records | None:
        return self.example.records if isinstance(self.example, Several) else None


Result = str | Listed


class Operation(msgspec.Struct, frozen=True):
    """`answer` raises Refusal for what has a status code; `example` is a result as it gives it, and tells
    the result's type."""

    name: str
    parameters: tuple[Parameter, ...]
    summary: str
    answer: Callable[[Arguments], Awaitable[Result]]
    example: Result

    @property
    def records(self) -> Records | None:
        return self.example.records if isinstance(self.example, Listed) else None

    @property
    def element(self) -> str:
        """What the HTTP bindings put round a result."""
        return "string" if self.records is None else self.records.element

    @property
    def lists(self) -> tuple[Parameter, ...]:
        """Its parameters that are lists of objects."""
        return tuple(parameter for parameter in self.parameters if parameter.records is not None)


class Service(msgspec.Struct, frozen=True):
    """A web service: its name is the prefix of its ports and bindings in the WSDL."""

    name: str
    about: str
    operations: tuple[Operation, ...]

    @property
    def formed(self) -> tuple[Operation, ...]:
        """Those that the HTTP bindings have, too: a query has no form for a list of objects."""
        return tuple(operation for operation in self.operations if not operation.lists)

    def records(self) -> tuple[Records, ...]:
        """What is in any list, of its parameters and results, each once."""
        given = (one.records for operation in self.operations for one in operation.parameters)
        told = (operation.records for operation in self.operations)
        return tuple({records: None for records in (*given, *told) if records is not None})

    def lists(self) -> frozenset[str]:
        """The names, in lower case, of parameters that are lists of objects."""
        return frozenset(one.name.lower() for operation in self.operations for one in operation.lists)


def named(operations: Sequence[Operation]) -> dict[str, Operation]:
    """By name in lower case: names are known whatever their letters' case."""
    return {operation.name.lower(): operation for operation in operations}
