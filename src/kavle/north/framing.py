"""Where in a client's bytes a head ends and a body ends: what the parser must be told piece by piece, since
it can't stop between two requests. Pure; the parser judges all that is passed on to it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final, Protocol

_EMPTY_LINE: Final = b"\r\n\r\n"
_RAW: Final = {byte: f"%{byte:02X}" for byte in range(128, 256)}


class BadHead(Exception):
    """No head that we read further."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class Heads:
    """Gathers a head that comes in pieces, up to `most` bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.drop()

    def drop(self) -> None:
        self._piece = b""
        self._searched = 0
        self.begun = False

    def joined(self, data: bytes) -> bytes:
        """The piece that was kept, and what came now."""
        if not self._piece:
            return data
        data, self._piece = self._piece + data, b""
        return data

    def take(self, data: bytes, at: int) -> bytes | None:
        """The head that starts at `at`, empty line and all; None when its end is still to come: then what
        there is of it is kept. Raises BadHead."""
        end = data.find(_EMPTY_LINE, at + self._searched)
        if end >= 0 and end + len(_EMPTY_LINE) - at <= self._most:
            self._searched, self.begun = 0, False
            return data[at : end + len(_EMPTY_LINE)]
        self._keep(data[at:])
        return None

    def _keep(self, piece: bytes) -> None:
        piece = piece.lstrip(b"\r\n")  # RFC 9112 §2.2: empty lines before a request are ignored
        if len(piece) > self._most:
            line = piece.find(b"\r\n", 0, self._most)
            raise BadHead(
                HTTPStatus.REQUEST_URI_TOO_LONG if line < 0 else HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            )
        # The parser refuses bare line feeds, and what is no method: a TLS client's hello, say, which has no
        # end that we would see. It is told at once.
        if b"\n\n" in piece or (piece and not piece[:1].isalpha()):
            raise BadHead(HTTPStatus.BAD_REQUEST)
        self._piece, self.begun = piece, bool(piece)
        self._searched = max(0, len(piece) - len(_EMPTY_LINE) + 1)


class Body(Protocol):
    """How a body is framed (RFC 9112 §6.3)."""

    def reach(self, data: bytes, at: int) -> int:
        """Up to where in `data` the body may go on from `at`, at most."""


class SizedBody:
    """So many bytes, by Content-Length."""

    def __init__(self, size: int) -> None:
        self._owed = size

    def reach(self, data: bytes, at: int) -> int:
        taken = min(self._owed, len(data) - at)
        self._owed -= taken
        return at + taken


class ChunkedBody:
    """A chunked body can end only in an empty line (RFC 9112 §7.1); whether it does, the parser knows."""

    def __init__(self) -> None:
        self._tail = b""  # the last bytes so far, since an empty line may come in pieces

    def reach(self, data: bytes, at: int) -> int:
        tail = self._tail
        across = (tail + data[at : at + 3]).find(_EMPTY_LINE)
        if across >= 0:
            end = at + across + len(_EMPTY_LINE) - len(tail)
        elif (found := data.find(_EMPTY_LINE, at)) >= 0:
            end = found + len(_EMPTY_LINE)
        else:
            end = len(data)
        self._tail = (tail + data[max(at, end - 3) : end])[-3:]
        return end


def escaped(head: bytes) -> bytes:
    """Old clients write raw Latin-1 into the request line, which the parser refuses."""
    if head.isascii():
        return head
    line, end, headers = head.partition(b"\r\n")
    return line.decode("latin-1").translate(_RAW).encode("ascii") + end + headers


def without_upgrade(head: bytes) -> bytes:
    lines = head.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.lower().startswith(b"upgrade:"))
