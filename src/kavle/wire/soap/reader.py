"""An envelope read in one pass, into the wrapper's name and its children's texts.

By expat and not by a tree: what is of no use is dropped as it streams by, so a hostile document costs neither
memory nor names that stay interned for the life of the thread (under lxml they do: 80 kB for a request of
64 kB), and a DOCTYPE ends the reading before anything in it is looked at."""

from __future__ import annotations

from collections.abc import Set
from typing import Final
from xml.parsers import expat

from kavle.wire.soap.envelope import Envelope
from kavle.wire.soap.fault import Fault, malformed, not_understood, unreadable, version_mismatch
from kavle.wire.soap.items import Item, Items
from kavle.wire.soap.version import VERSIONS, Version

_SEPARATOR: Final = "\n"
_NIL: Final = f"http://www.w3.org/2001/XMLSchema-instance{_SEPARATOR}nil"
_TRUE: Final = ("1", "true")
_DEEPEST: Final = 32
_MOST_ELEMENTS: Final = 10_000
_PIECE: Final = 64 * 1024
_HERE: Final = ("/next", "/ultimateReceiver")  # SOAP 1.1 §4.2.2, SOAP 1.2 part 1 §2.2

_ENVELOPE, _SECTION, _BLOCK, _PARAMETER, _INNER = 1, 2, 3, 4, 5  # depths
_LONGEST_ECHO: Final = 64
_NONE: Final[Set[str]] = frozenset()


def read(document: bytes, expected: Version, lists: Set[str] = _NONE) -> Envelope:
    """A whole document in UTF-8; `lists` names the parameters that are lists of objects, in lower case.
    Raises Fault: of the version that is expected, until the document tells."""
    return _Reader(expected, lists).read(document)


class _Reader:
    def __init__(self, expected: Version, lists: Set[str]) -> None:
        self._version = expected
        self._listed = lists
        self._wrapper = ""
        self._namespace = ""
        self._parameters: dict[str, str] = {}
        self._depth = 0
        self._elements = 0
        self._section = ""
        self._wrapped = False  # inside the wrapper
        self._text: list[str] | None = None  # of the parameter that it is inside of
        self._inner = False  # whether that holds elements
        self._items: Items | None = None  # of the list that it is inside of
        self._lists: dict[str, list[Item]] = {}

    def read(self, document: bytes) -> Envelope:
        parser = expat.ParserCreate("utf-8", _SEPARATOR)
        parser.buffer_text = True  # else it tells every line feed by itself
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        try:
            # What a handler raises ends the reading only where a piece ends: until then expat keeps what it
            # opens, which for a whole hostile document is twenty times its length.
            for at in range(0, len(document) - _PIECE, _PIECE):
                parser.Parse(document[at : at + _PIECE], False)
            parser.Parse(document[max(0, (len(document) - 1) // _PIECE * _PIECE) :], True)
        except expat.ExpatError as error:
            raise self._malformed(error) from None
        if not self._wrapper:
            raise unreadable("The envelope has no body, or nothing is in it.", version=self._version)
        return Envelope(self._version, self._wrapper, self._namespace, self._parameters, self._lists)

    def _malformed(self, error: expat.ExpatError) -> Fault:
        where = f"({error.lineno}, {error.offset + 1})"
        why = expat.ErrorString(error.code)
        return malformed(f"There is an error in XML document {where}. ---> {why}.", self._version)

    def _doctype(self, *_: object) -> None:
        # SOAP 1.1 §3: a SOAP message must not contain a document type declaration.
        raise malformed("For security reasons DTD is prohibited in this XML document.", self._version)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        depth = self._depth = self._depth + 1
        self._elements += 1
        if depth == _PARAMETER:
            if self._wrapped and not (attributes and attributes.get(_NIL) in _TRUE):
                self._begin(_local(name).lower())
        elif depth == _INNER:
            self._inner = True
        elif depth == _BLOCK:
            self._block(name, attributes)
        elif depth == _SECTION:
            namespace, _, local = name.rpartition(_SEPARATOR)
            self._section = local if namespace == self._version.namespace else ""
        elif depth == _ENVELOPE:
            self._envelope(name)
        if self._items is not None:
            self._items.start(_local(name))
        if depth > _DEEPEST or self._elements > _MOST_ELEMENTS:
            raise unreadable("The document has too many elements, or too deep ones.", version=self._version)

    def _begin(self, name: str) -> None:
        if name in self._listed:
            self._items = Items()
        else:
            self._text, self._inner = [], False

    def _envelope(self, name: str) -> None:
        namespace, _, local = name.rpartition(_SEPARATOR)
        if local != "Envelope":
            raise unreadable("The document is not a SOAP envelope.", version=self._version)
        if namespace not in VERSIONS:
            raise version_mismatch(namespace)
        self._version = VERSIONS[namespace]

    def _block(self, name: str, attributes: dict[str, str]) -> None:
        if self._section == "Body" and not self._wrapper:
            self._namespace, _, self._wrapper = name.rpartition(_SEPARATOR)
            self._wrapped = True
        elif self._section == "Header":
            self._header(name, attributes)

    def _header(self, name: str, attributes: dict[str, str]) -> None:
        own = self._version.namespace + _SEPARATOR
        actor = attributes.get(own + "actor") or attributes.get(own + "role") or ""
        if attributes.get(own + "mustUnderstand") in _TRUE and (not actor or actor.endswith(_HERE)):
            raise not_understood(_local(name), self._version)

    def _end(self, name: str) -> None:
        depth = self._depth
        self._depth = depth - 1
        if self._items is not None:
            self._items.end()
        if depth == _PARAMETER:
            self._close(_local(name))
        elif depth == _BLOCK:
            self._wrapped = False

    def _close(self, name: str) -> None:
        if self._text is not None:
            self._parameter(name, "".join(self._text))
            self._text = None
        elif self._items is not None:
            if self._items.mixed:
                raise self._mixed(self._items.mixed)
            self._lists.setdefault(name.lower(), []).extend(self._items.found)
            self._items = None

    def _parameter(self, name: str, text: str) -> None:
        if self._inner and text.strip():
            raise self._mixed(name)
        self._parameters.setdefault(name.lower(), text)

    def _mixed(self, name: str) -> Fault:
        """A < that was not escaped: what is inside must not be lost in silence."""
        why = f"{name[:_LONGEST_ECHO]} holds elements among its text; in a text, write < as &lt;."
        return unreadable(why, version=self._version)

    def _characters(self, data: str) -> None:
        if self._items is not None:
            self._items.characters(data)
        elif self._text is not None and self._depth == _PARAMETER:
            self._text.append(data)


def _local(name: str) -> str:
    return name.rpartition(_SEPARATOR)[2]
