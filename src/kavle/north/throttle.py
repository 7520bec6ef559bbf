"""Counts what a caller does too often, by any key, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from datetime import datetime, timedelta
from ipaddress import IPv6Address

from kavle.north.addresses import parsed


class Throttle:
    """At most `limit` events a key in a window that opens with the key's first event. It remembers `capacity`
    keys, and forgets those whose window opened longest ago."""

    def __init__(self, limit: int, window: timedelta, capacity: int = 20_000) -> None:
        self._limit = limit
        self._window = window
        self._capacity = capacity
        self._counts: dict[Hashable, tuple[datetime, int]] = {}  # in the order in which windows opened

    def full(self, key: Hashable, now: datetime) -> bool:
        """Whether the key has had its share. Costs one look-up."""
        counted = self._counts.get(key)
        return counted is not None and counted[1] >= self._limit and self._open(counted[0], now)

    def _open(self, opened: datetime, now: datetime) -> bool:
        """A window from the future is none: a clock that was set back would keep it open for as long."""
        return opened <= now < opened + self._window

    def add(self, key: Hashable, now: datetime) -> None:
        opened, count = self._counts.get(key, (now, 0))
        if not self._open(opened, now):
            del self._counts[key]
            opened, count = now, 0
        self._counts[key] = (opened, count + 1)
        if len(self._counts) > self._capacity:
            del self._counts[next(iter(self._counts))]

    def take_back(self, key: Hashable) -> None:
        """An event that was counted beforehand, and turned out to be none."""
        opened, count = self._counts.get(key, (None, 0))
        if opened is None:
            return
        if count > 1:
            self._counts[key] = (opened, count - 1)
        else:
            del self._counts[key]

    def forget(self, key: Hashable) -> None:
        self._counts.pop(key, None)


class Doublings:
    """Which times of what somebody may repeat at will are worth a line in the log: the 1st, 2nd, 4th, 8th …
    of each key. It begins anew when it would remember more than `capacity` keys."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._times: Counter[Hashable] = Counter()

    def next(self, key: Hashable) -> int | None:
        """The number of this time; None where it is not worth a line."""
        if len(self._times) >= self._capacity:
            self._times.clear()
        self._times[key] += 1
        times = self._times[key]
        return times if times & (times - 1) == 0 else None


def network_of(address: str) -> str:
    """IPv6 is given out by the /64 (RFC 6177 §2): one address of it is as good as another."""
    if ":" not in address:
        return address
    found = parsed(address)
    return found.packed[:8].hex() if isinstance(found, IPv6Address) else str(found or address)
