"""asyncpg asks of each element of an array that it sends whether that is an array itself, by an abstract base
class: a call in Python, dearer than all else that it does with a number. What is an array here is a list or a
tuple, which is seen in C."""

from __future__ import annotations

from asyncpg.protocol import protocol


def know_arrays_by_type() -> None:
    """For every connection of this process: docs/adr/0033. An asyncpg that asks otherwise is as it was."""
    vars(protocol)["IterableABC"] = (list, tuple)
