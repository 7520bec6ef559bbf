"""The verbs that another process of the gateway may have the one writer carry out: those that customers,
operators and networks ask for over HTTP. What only the engine does (leases, outcomes, sweeps) is none of
them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Final, NamedTuple, get_args, get_type_hints

import apsw

from kavle.store.sqlite.line import reading

NAMES: Final = (
    "accept.accept",
    "accounts.change",
    "accounts.correct",
    "accounts.create",
    "accounts.top_up",
    "bundles.accept_bundle",
    "callbacks.replay",
    "held.decide",
    "incoming_mms.take",
    "numbers.add",
    "numbers.change",
    "numbers.remove",
    "numbers.stop",
    "numbers.unstop",
    "office._add",
    "office._change",
    "office._end",
    "office._note",
    "office._remove",
    "persons._end",
    "persons._erase",
    "receipts.receive",
    "restoring._confirm",
    "schedule.cancel",
    "schedule.cancel_bundle",
    "store._carrier_ids",
)
"""Module and function, of `kavle.store.sqlite`."""

Function = Callable[[apsw.Connection, Sequence[Any]], Sequence[Any]]


class Known(NamedTuple):
    name: str
    function: Function
    read_payload: Callable[[bytes], Any]
    read_result: Callable[[bytes], Any]


def _known(name: str) -> Known:
    """By what the function's own annotations say: `(db, payloads: Sequence[P]) -> list[R]`."""
    module, _, function_name = name.partition(".")
    function = getattr(import_module(f"kavle.store.sqlite.{module}"), function_name)
    hints = get_type_hints(function)
    (result,) = get_args(hints.pop("return"))
    (payload,) = get_args(next(kind for parameter, kind in hints.items() if parameter != "db"))
    return Known(name, function, reading(payload), reading(result))


VERBS: Final = {name: _known(name) for name in NAMES}
BY_FUNCTION: Final = {known.function: known for known in VERBS.values()}
