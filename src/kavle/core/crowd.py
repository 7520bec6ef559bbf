"""How much may wait for a commit at once. Who calls and leaves again leaves its work behind, so the number of
connections bounds nothing by itself."""

from __future__ import annotations

from kavle.model.errors import Reason, Refusal


class Crowd:
    """So much and no more, all callers together."""

    def __init__(self, most: int, what: str) -> None:
        """`what` is counted, as "messages"."""
        self._free = most
        self._what = what

    def room(self, size: int = 1) -> Place:
        """To be held while it waits. Raises Refusal(UNAVAILABLE) where there is none: nothing has been stored
        then."""
        return Place(self, size)

    def enter(self, size: int) -> None:
        if size > self._free:
            raise Refusal(Reason.UNAVAILABLE, f"too many {self._what} wait to be stored")
        self._free -= size

    def leave(self, size: int) -> None:
        self._free += size


class Place:
    """So much room, from `with` to its end. A class: a generator takes twice as long, on every message."""

    __slots__ = ("_crowd", "_size")

    def __init__(self, crowd: Crowd, size: int) -> None:
        self._crowd = crowd
        self._size = size

    def __enter__(self) -> None:
        self._crowd.enter(self._size)

    def __exit__(self, *_: object) -> None:
        self._crowd.leave(self._size)
