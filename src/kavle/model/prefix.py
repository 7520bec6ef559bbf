"""Longest prefix wins: routes and prices by the recipient's number."""

from __future__ import annotations

from collections.abc import ItemsView, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class ByPrefix(Generic[T]):
    """`ByPrefix({"": a, "47": b}).find("4791234567")` is b. None where no prefix matches."""

    def __init__(self, by_prefix: Mapping[str, T]) -> None:
        self._by_prefix = dict(by_prefix)
        self._lengths = sorted({len(prefix) for prefix in by_prefix}, reverse=True)

    def items(self) -> ItemsView[str, T]:
        return self._by_prefix.items()

    def find(self, number: str) -> T | None:
        for length in self._lengths:
            found = self._by_prefix.get(number[:length])
            if found is not None:
                return found
        return None
