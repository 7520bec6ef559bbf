"""What a message costs its account, in money and in its place in the fair queue: pure, and the same on every
engine."""

from __future__ import annotations

from typing import Final

from kavle.model.message import Draft
from kavle.store.rows import to_ms

TAG_PER_SEGMENT: Final = 10
"""How far, in ms, a segment moves its account back in the fair queue: two accounts with a backlog alternate
on any carrier of 100 segments a second or more."""

Place = tuple[int, int]  # the balance after, and the tag


def pay(fund: list[int], draft: Draft) -> Place | None:
    """From `fund`, an account's [id, amount, weight, tag]; None, and nothing taken, when it is too small."""
    price = draft.segments * draft.segment_price
    if fund[1] < price:
        return None
    fund[1] -= price
    start = max(to_ms(draft.accepted_at), fund[3])
    fund[3] = start + draft.segments * TAG_PER_SEGMENT // fund[2]
    return fund[1], start
