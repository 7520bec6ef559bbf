"""The requests of one side that await their response."""

from __future__ import annotations

import msgspec

from kavle.wire.smpp.body import Body
from kavle.wire.smpp.pdus import GenericNack


class Request(msgspec.Struct, frozen=True):
    """A request in flight: the response that it takes, its sender's token, when it was sent."""

    expects: type[Body]
    token: object
    sent: float


class Outstanding:
    """Requests by sequence number. All wait for `timeout` seconds, so the order in which they were sent is
    the order in which they fall due, and only the oldest ever needs a look."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._requests: dict[int, Request] = {}

    def __len__(self) -> int:
        return len(self._requests)

    def add(self, sequence: int, request: Request) -> None:
        self._requests[sequence] = request

    def answered(self, sequence: int, kind: type[Body]) -> Request | None:
        """The request that a response of this kind ends, taken out; None if it answers nothing."""
        request = self._requests.get(sequence)
        if request is None or (kind is not request.expects and kind is not GenericNack):
            return None
        del self._requests[sequence]
        return request

    def overdue(self, now: float) -> list[Request]:
        """The requests that have waited too long, oldest first, taken out."""
        late = []
        for sequence, request in self._requests.items():
            if request.sent + self._timeout > now:
                break
            late.append(sequence)
        return [self._requests.pop(sequence) for sequence in late]

    def deadlines(self) -> list[float]:
        """When the oldest falls due; empty when there is none."""
        return [next(iter(self._requests.values())).sent + self._timeout] if self._requests else []

    def abandon(self) -> list[object]:
        """The tokens of all, taken out."""
        tokens = [request.token for request in self._requests.values()]
        self._requests.clear()
        return tokens
