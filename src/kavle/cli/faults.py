"""The faults of simulated networks as options."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any, Final, TypeVar

import click
import msgspec

from kavle.simulator.faults import Faults
from kavle.simulator.mmsc.faults import MmscFaults

AnyFaults = type[Faults] | type[MmscFaults]

_NOT_AT_A_START: Final = ("calm", "drop_links")

_Command = TypeVar("_Command", bound=Callable[..., Any])
_F = TypeVar("_F", Faults, MmscFaults)


def fault_options(kind: AnyFaults, but: Container[str]) -> Callable[[_Command], _Command]:
    """An option for each fault that may be there from the start, `but` for what has one already."""
    told = msgspec.json.schema(kind)["$defs"][kind.__name__]["properties"]

    def with_options(command: _Command) -> _Command:
        for name in reversed(kind.__struct_fields__):
            if name not in but and name not in _NOT_AT_A_START:
                command = _option(name, told[name])(command)
        return command

    return with_options


def taken_faults(kind: type[_F], options: dict[str, Any]) -> _F:
    """An order of those of the `options` that are faults, which are taken out of them."""
    return kind(**{name: options.pop(name) for name in kind.__struct_fields__ if name in options})


def _option(name: str, told: Mapping[str, Any]) -> Callable[[_Command], _Command]:
    """`told` as JSON Schema says it: a number, or nothing."""
    number = told["anyOf"][0]
    kind = click.IntRange if number["type"] == "integer" else click.FloatRange
    within = kind(number["minimum"], number.get("maximum"))
    return click.option(f"--{name.replace('_', '-')}", type=within, help=told["description"])
