"""Who gives way where there are as many connections as there may be: of the network that has the most of them
the one that has kept us waiting for the longest. So whoever holds connections without number, silent or slow,
holds up nobody else."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from heapq import heapify, heappop, heappush
from typing import Final, Protocol, TypeVar

_SHARE: Final = 16
"""A look goes through all connections, and is good for this part of them: so it costs the same however many
there are."""


class Connected(Protocol):
    @property
    def network(self) -> str:
        """As `network_of` has it."""

    @property
    def since(self) -> float:
        """When it was last waited for anew, in the loop's time."""

    @property
    def waits(self) -> bool:
        """For its client: nobody is being served by it."""

    def give_way(self) -> None:
        """Close at once."""


C = TypeVar("C", bound=Connected)


class GivingWay:
    def __init__(self) -> None:
        self._next: list[tuple[Connected, float]] = []  # the last one first

    def one(self, connected: Collection[Connected]) -> Connected | None:
        """Which of them has given way; None where all are being served."""
        found = self._part()
        if found is None:
            few = first_to_go(connected, 1 + len(connected) // _SHARE)
            self._next = [(one, one.since) for one in reversed(few)]
            found = self._part()
        return found

    def _part(self) -> Connected | None:
        while self._next:
            one, since = self._next.pop()
            if one.waits and one.since == since:  # else it has spoken meanwhile, or left
                one.give_way()
                return one
        return None


def first_to_go(connected: Collection[C], most: int) -> list[C]:
    """So many of them, in the order in which they are to give way."""
    crowds = Counter(one.network for one in connected)
    waiting: defaultdict[str, list[C]] = defaultdict(list)
    for one in sorted(connected, key=lambda one: -one.since):
        if one.waits:
            waiting[one.network].append(one)
    turns = [(-crowds[network], ones[-1].since, network) for network, ones in waiting.items()]
    heapify(turns)
    found: list[C] = []
    while turns and len(found) < most:
        crowd, _, network = heappop(turns)
        ones = waiting[network]
        found.append(ones.pop())
        if ones:
            heappush(turns, (crowd + 1, ones[-1].since, network))
    return found
