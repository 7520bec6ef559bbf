"""Public ids: 1000 + a keyed permutation of the internal id, so that they fit an old client's `int` for
ever, are never mistaken for a status code, and neighbours can't be guessed."""

from __future__ import annotations

from array import array
from hashlib import shake_256
from typing import Final

FIRST: Final = 1000
SPAN: Final = 2**31 - FIRST

_ROUNDS: Final = 6
_LEFT_BITS, _RIGHT_BITS = 16, 15
_RIGHT_MASK: Final = (1 << _RIGHT_BITS) - 1


class PublicIds:
    """An unbalanced Feistel network over 31 bits with tables of SHAKE-256 as round functions, walked until
    it lands inside the span (1,000 of 2^31 values lie outside, so nearly always at once)."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 16:
            raise ValueError("the key of the public ids wants 16 bytes or more")
        self._rounds = tuple(
            (_table(key, turn, _RIGHT_BITS), _table(key, turn + 1, _LEFT_BITS))
            for turn in range(0, _ROUNDS, 2)
        )

    def public(self, internal: int) -> int:
        """1000 … 2^31-1 for an internal id of 0 or more; repeats only after 2^31-1000 messages."""
        value = self._forward(internal % SPAN)
        while value >= SPAN:
            value = self._forward(value)
        return FIRST + value

    def internal(self, public: int, newest: int) -> int | None:
        """The newest internal id up to `newest` that shows as `public`; None where there is none."""
        if not FIRST <= public < FIRST + SPAN:
            return None
        value = self._backward(public - FIRST)
        while value >= SPAN:
            value = self._backward(value)
        if value > newest:
            return None
        return value + (newest - value) // SPAN * SPAN

    def _forward(self, value: int) -> int:
        left, right = value >> _RIGHT_BITS, value & _RIGHT_MASK
        for of_right, of_left in self._rounds:
            left ^= of_right[right]
            right ^= of_left[left] & _RIGHT_MASK
        return left << _RIGHT_BITS | right

    def _backward(self, value: int) -> int:
        left, right = value >> _RIGHT_BITS, value & _RIGHT_MASK
        for of_right, of_left in reversed(self._rounds):
            right ^= of_left[left] & _RIGHT_MASK
            left ^= of_right[right]
        return left << _RIGHT_BITS | right


def derived(key: bytes, purpose: str) -> bytes:
    """Another key for another purpose, from which the first can't be had: 32 bytes."""
    return shake_256(b"kavle " + purpose.encode() + b":" + key).digest(32)


def _table(key: bytes, turn: int, bits: int) -> array[int]:
    """A keyed random function from `bits` bits to 16."""
    # Objects for all these numbers would take 10 MB, and 50 ms of each start.
    return array("H", shake_256(b"kavle public id %d:" % turn + key).digest(2 << bits))
