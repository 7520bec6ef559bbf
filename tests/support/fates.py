"""What became of each message on the network, by its journal alone, and that its status says so."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from kavle.simulator.journal import Entry, ReceiptSent, Submission
from kavle.wire.smpp.constants import CommandStatus, MessageState
from support.books import Place, reading
from support.invariants import Key, segment_keys, taken_for_sent

# contract.md, "What becomes of a message"
_BY_RECEIPT = {
    MessageState.DELIVERED: 22,
    MessageState.EXPIRED: 43,
    MessageState.UNKNOWN: 50,
    MessageState.REJECTED: 51,
    MessageState.UNDELIVERABLE: 52,
}
_REFUSED_FOR_GOOD = {CommandStatus.ESME_RINVDSTADR: 52}
_DELIVERED = 22
_IN_NETWORK = 21


async def every_status_is_what_the_network_did(place: Place, network: Iterable[Entry]) -> Counter[str]:
    """Returns how many messages ended how: "unsure" are those left at 21, as the link was unsure too often,
    and "lost" those of them that the network did not get."""
    read = reading(place)
    fates = _fates(network)
    keys = await segment_keys(read)
    guessed = {message for message, _ in await taken_for_sent(read)}
    ends: Counter[str] = Counter()
    for message, status, total in await read("SELECT id, status, segments FROM message"):
        segments = [fates[keys[message, number]] for number in range(1, total + 1)]
        if status == _IN_NETWORK and message in guessed:
            ends["unsure" if all(segments) else "lost"] += 1
        else:
            assert status == _end(segments), f"message {message} is {status}, but on the network {segments}"
            ends[str(status)] += 1
    return ends


def _end(segments: list[set[int]]) -> int | None:
    """Failed as soon as one segment is, delivered when every one is."""
    ends = {end for segment in segments for end in segment}
    for end in ends - {_DELIVERED}:
        return end
    return _DELIVERED if all(segments) else None


def _fates(network: Iterable[Entry]) -> dict[Key, set[int]]:
    """Of each segment the statuses in which it ended."""
    fates: defaultdict[Key, set[int]] = defaultdict(set)
    by_id: dict[str, set[int]] = {}
    for entry in network:
        if isinstance(entry, Submission):
            fate = fates[entry.recipient, entry.short_message]
            if entry.status in _REFUSED_FOR_GOOD:
                fate.add(_REFUSED_FOR_GOOD[CommandStatus(entry.status)])
            elif entry.status == 0:
                by_id[entry.id] = fate
        elif isinstance(entry, ReceiptSent):
            by_id[entry.id].add(_BY_RECEIPT[MessageState(entry.state)])
    return fates
