"""One person's data as a file that is handed over: one JSON object, a message a line, however many."""

from __future__ import annotations

import msgspec

from kavle.model.person import PersonPage

_encode = msgspec.json.Encoder().encode
_RECEIVED = b'\n],\n"received": ['


class PersonDocument:
    """Its octets, made of its pages as they come: what was sent to the number, and then what it sent."""

    def __init__(self) -> None:
        self._begun = self._received = False
        self._before = b"\n"

    def page(self, page: PersonPage) -> bytes:
        written = b"" if self._begun else self._head(page)
        for one in page.messages:
            written += self._line(one)
        if page.received and not self._received:
            written += self._turn()
        for came in page.received:
            written += self._line(came)
        return written

    def end(self) -> bytes:
        return (b"" if self._received else self._turn()) + b"\n]}\n"

    def _head(self, page: PersonPage) -> bytes:
        self._begun = True
        head = _encode(page.number), _encode(page.stop_lists)
        return b'{"number": %s,\n"stop_lists": %s,\n"messages": [' % head

    def _turn(self) -> bytes:
        self._received, self._before = True, b"\n"
        return _RECEIVED

    def _line(self, one: msgspec.Struct) -> bytes:
        before, self._before = self._before, b",\n"
        return before + _encode(one)
