"""A SOAP document as a tree of elements, by local names.

Peers qualify an element's children or don't, and some name a wrong namespace, as examples of the standard
itself do: names are all that counts. By expat, since a document type declaration, by which XML is made to
swell or to read files, ends the reading before anything in it is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

import msgspec

from kavle.wire.mm7.errors import Unreadable
from kavle.wire.mm7.status import Code
from kavle.wire.soap.charset import utf8

LONGEST: Final = 256 * 1024
"""Octets of a document: it holds addresses and a subject, and no content."""

_MOST_ELEMENTS: Final = 5000
_DEEPEST: Final = 20
_PIECE: Final = 16 * 1024
_SEPARATOR: Final = "\n"  # which no namespace holds: XML 1.0 §3.3.3 makes it a space


class Element(msgspec.Struct):
    """Names are local ones; `text` is what stands in it before and between its children."""

    name: str
    namespace: str = ""
    attributes: dict[str, str] = {}
    text: str = ""
    children: list[Element] = []

    def all(self, name: str) -> Iterator[Element]:
        """Its own children of that name, whatever the case."""
        wanted = name.lower()
        return (child for child in self.children if child.name.lower() == wanted)

    def find(self, *names: str) -> Element | None:
        """The first one at the end of a path of names."""
        found: Element | None = self
        for name in names:
            found = next(found.all(name), None) if found is not None else None
        return found

    def walk(self) -> Iterator[Element]:
        """Itself, and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def parse(document: bytes, content_type: str) -> Element:
    """The root of a document in any charset that it tells. Raises Unreadable."""
    if len(document) > LONGEST:
        raise _no(f"the XML has {LONGEST} octets at most")
    try:
        text = utf8(document, content_type).strip()
    except (LookupError, UnicodeError):
        raise _no("the XML is not in the charset that it says") from None
    return _Reader().read(text)


class _Reader:
    def __init__(self) -> None:
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._root: Element | None = None
        self._elements = 0

    def read(self, document: bytes) -> Element:
        parser = expat.ParserCreate("utf-8", _SEPARATOR)
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        try:
            # What a handler raises ends the reading only where a piece ends.
            for at in range(0, len(document), _PIECE):
                parser.Parse(document[at : at + _PIECE], False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise _no(f"not XML: {expat.ErrorString(error.code)} in line {error.lineno}") from None
        if self._root is None:
            raise _no("not XML: nothing is there")
        return self._root

    def _doctype(self, *_: object) -> None:
        # SOAP 1.1 §3: a SOAP message must not contain a document type declaration.
        raise _no("a document type declaration, which SOAP forbids")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(_SEPARATOR)
        element = Element(local, namespace, {_local(key): value for key, value in attributes.items()})
        element.children = []
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)
        self._texts.append([])
        self._elements += 1
        if self._elements > _MOST_ELEMENTS or len(self._open) > _DEEPEST:
            raise _no("the XML has too many elements, or too deep ones")

    def _end(self, name: str) -> None:
        self._open.pop().text = "".join(self._texts.pop()).strip()

    def _characters(self, data: str) -> None:
        if self._texts:
            self._texts[-1].append(data)


def _local(name: str) -> str:
    return name.rpartition(_SEPARATOR)[2].lower()


def _no(why: str) -> Unreadable:
    return Unreadable(Code.VALIDATION_ERROR, why)
