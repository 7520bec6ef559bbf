"""How much may wait for a commit at once. Who calls and leaves again leaves its work behind, so the number of
connections bounds nothing by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kavle.model.errors import Reason, Refusal


class Crowd:
    """So much and no more, all callers together."""

    def __init__(self, most: int, what: str) -> None:
        """`what` is counted, as "messages"."""
        self._free = most
        self._what = what

    @contextmanager
    def room(self, size: int = 1) -> Iterator[None]:
        """Raises Refusal(UNAVAILABLE) where there is none: nothing has been stored then."""
        if size > self._free:
            raise Refusal(Reason.UNAVAILABLE, f"too many {self._what} wait to be stored")
        self._free -= size
        try:
            yield
        finally:
            self._free += size
