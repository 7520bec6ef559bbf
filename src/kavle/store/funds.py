"""What a message costs its account, in money and in its place in the fair queue: pure, and the same on every
engine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kavle.model.bundle import BundleDraft
from kavle.model.message import Draft
from kavle.store.bundling import waits
from kavle.store.rows import to_ms

TAG_PER_SEGMENT: Final = 10
"""How far, in ms, a segment moves its account back in the fair queue: two accounts with a backlog alternate
on any carrier of 100 segments a second or more."""

Place = tuple[int, int, int]
"""The balance after, the tag, and how far from there the next message's is."""

Owed = tuple[int, int | None, int]
"""What is to be refunded: account, origin (the message, or the bundle it came with), amount."""


def pay(fund: list[int], draft: Draft | BundleDraft) -> Place | None:
    """From `fund`, an account's [id, amount, weight, tag]; None, and nothing taken, when it is too small.

    What is time controlled stands in the queue as if it were accepted when it is due: it moves nobody back
    before that."""
    price = draft.price
    if fund[1] < price:
        return None
    fund[1] -= price
    at = to_ms(draft.accepted_at)
    due = None if draft.due is None else to_ms(draft.due)
    if due is not None and waits(at, due):
        return fund[1], due, 0
    start = max(at, fund[3])
    step = draft.segments * TAG_PER_SEGMENT // fund[2]
    fund[3] = start + draft.count * step
    return fund[1], start, step


def gathered(owed: Iterable[Owed]) -> list[Owed]:
    """One refund for each account and origin, in the order of the first of each; none of nothing."""
    total: dict[tuple[int, int | None], int] = {}
    for account_id, origin, amount in owed:
        total[account_id, origin] = total.get((account_id, origin), 0) + amount
    return [(account_id, origin, amount) for (account_id, origin), amount in total.items() if amount]
