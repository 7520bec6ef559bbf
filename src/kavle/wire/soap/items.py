"""A parameter that is a list of objects: each object's own texts, however a stub nests them.

An object is an element whose children hold no elements themselves: `<InlineFile>` inside `<files>`, or
`<files>` itself where a stub repeats that."""

from __future__ import annotations

from typing import Final

Item = tuple[tuple[str, str], ...]
"""An object's texts, each behind its element's local name in lower case. One that is nothing but a text has
that under the empty name."""


class _Open:
    """An element whose end is still to come."""

    __slots__ = ("fields", "name", "texts")

    def __init__(self, name: str) -> None:
        self.name: Final = name
        self.texts: list[str] = []
        self.fields: list[tuple[str, str]] | None = None  # None: it holds no element so far


class Items:
    """Told of a parameter's elements as they stream by, its own the first and the last."""

    def __init__(self) -> None:
        self.found: list[Item] = []
        self.mixed = ""  # an element that holds elements among its text
        self._open: list[_Open] = []

    def start(self, name: str) -> None:
        if self._open and self._open[-1].fields is None:
            self._open[-1].fields = []
        self._open.append(_Open(name))

    def characters(self, data: str) -> None:
        self._open[-1].texts.append(data)

    def end(self) -> None:
        element = self._open.pop()
        text = "".join(element.texts)
        if element.fields is None:
            self._leaf(element.name.lower(), text)
            return
        if text.strip():
            self.mixed = element.name
        if element.fields:
            self.found.append(tuple(element.fields))

    def _leaf(self, name: str, text: str) -> None:
        parent = self._open[-1].fields if self._open else None
        if parent is not None:
            parent.append((name, text))
        elif text.strip():
            self.found.append((("", text),))
