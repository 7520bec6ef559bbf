"""What must hold of each call by itself, beside the invariants: whom a bundle goes to and when, what was
taken back, what a picture is made of, and that what phones send is kept and told. On both engines, so its
SQL is plain."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256

from kavle.model.ids import PublicIds
from kavle.model.incoming import IncomingState
from kavle.model.status import Status
from kavle.simulator.journal import Entry, MoAnswered, MoSent, Submission
from kavle.sms import udh
from kavle.sms.segment import Encoding, text_of
from kavle.wire.smpp.constants import ESM_UDHI
from support.books import Place, Read, one, reading
from support.calls import ECHOES, Call, Kind
from support.customer import Customer
from support.invariants import Key, segment_keys
from support.mms_books import mms_keys
from support.patience import PATIENCE

NEVER_SENT = {int(Status.CANCELLED), int(Status.INVALID_NUMBER)}
Messages = dict[int, list[tuple[int, str, int]]]  # by the accept's id: id, recipient, status


async def promises(place: Place, network: Iterable[Entry], calls: Sequence[Call]) -> None:
    """The gateways have stopped, and had time to finish what they took."""
    read, entries = reading(place), list(network)
    origins = await _origins(read)
    messages: Messages = {}
    for id, origin, recipient, status in await read(
        "SELECT id, coalesce(bundle_id, id), recipient, status FROM message ORDER BY id"
    ):
        messages.setdefault(origin, []).append((id, recipient, status))
    stored = [(call, origins[call.text]) for call in calls if call.text in origins]
    every_message_is_for_whom_it_was_asked(stored, messages)
    await nothing_was_sent_before_its_time(read, stored, messages, entries)
    await what_was_taken_back_is_so(read, stored, messages, entries)
    await pictures_are_as_they_were_given(read, stored)
    await texts_from_phones_are_kept(read, entries)


async def _origins(read: Read) -> dict[str, int]:
    """By text the id of its message or bundle."""
    sent = "SELECT text, message_id FROM body WHERE message_id NOT IN (SELECT id FROM incoming)"
    return {str(text): int(id) for text, id in await read(sent)}


def every_message_is_for_whom_it_was_asked(stored: Sequence[tuple[Call, int]], messages: Messages) -> None:
    for call, origin in stored:
        made = [recipient for _, recipient, _ in messages[origin]]
        assert Counter(made) == Counter(call.recipients), f"{call.kind} was for others: {made}"


async def nothing_was_sent_before_its_time(
    read: Read, stored: Sequence[tuple[Call, int]], messages: Messages, entries: Sequence[Entry]
) -> None:
    first: dict[Key, datetime] = {}
    for entry in entries:
        if isinstance(entry, Submission):
            first.setdefault((entry.recipient, entry.short_message), entry.at)
    keys = await _keys_by_message(read)
    for call, origin in stored:
        if call.due:
            due = datetime.fromtimestamp(call.due, UTC)
            for id, _, _ in messages[origin]:
                early = [key for key in keys[id] if key in first and first[key] < due]
                assert not early, f"message {id} was sent before its time"


async def what_was_taken_back_is_so(
    read: Read, stored: Sequence[tuple[Call, int]], messages: Messages, entries: Sequence[Entry]
) -> None:
    seen = {(entry.recipient, entry.short_message) for entry in entries if isinstance(entry, Submission)}
    paid = dict(await read("SELECT message_id, sum(amount) FROM ledger GROUP BY message_id"))
    keys = await _keys_by_message(read)
    for call, origin in stored:
        cancelled = [id for id, _, status in messages[origin] if status == Status.CANCELLED]
        if call.taken_back:
            assert {status for _, _, status in messages[origin]} <= NEVER_SENT, "taken back, and yet not"
            assert not paid[origin], f"{origin} was taken back, and is not paid back"
        else:
            assert not cancelled or None in call.cancels, f"{origin} was taken back, and its customer told no"
        assert not any(key in seen for id in cancelled for key in keys[id]), "it was cancelled, and sent"


async def pictures_are_as_they_were_given(read: Read, stored: Sequence[tuple[Call, int]]) -> None:
    """What is kept, and what came back; that the network got that is known by the same hash."""
    kept = await mms_keys(read)
    given: set[str] = set()
    for call, origin in stored:
        if call.kind is Kind.MMS:
            picture = sha256(call.picture).hexdigest()
            assert kept[origin, 1][1] == picture, f"the picture of {origin} is another"
            given |= {picture} if call.recipients == [ECHOES] else set()
    back = "SELECT data FROM file JOIN incoming ON id = message_id WHERE content_type = 'image/jpeg'"
    for (data,) in await read(back):
        assert sha256(bytes(data)).hexdigest() in given, "a picture came back as nobody sent it"


async def texts_from_phones_are_kept(read: Read, entries: Sequence[Entry]) -> None:
    """Each as it was sent, if all its parts were acknowledged; and no more often than it came. One of several
    parts is kept once, however often they came."""
    kept = Counter(
        str(text)
        for (text,) in await read(
            "SELECT text FROM body JOIN incoming ON id = message_id WHERE mms IS NULL AND got = parts"
        )
    )
    parts: defaultdict[int, dict[int, str]] = defaultdict(dict)
    tries: Counter[int] = Counter()
    acknowledged = _acknowledged(entries)
    for entry in entries:
        if isinstance(entry, MoSent):
            parts[entry.id][entry.part] = _text(entry)
            tries[entry.id] = max(tries[entry.id], entry.attempt)
    least: Counter[str] = Counter()
    most: Counter[str] = Counter()
    for id, said in parts.items():
        text = "".join(said[number] for number in sorted(said))
        least[text] += all((id, number) in acknowledged for number in said)
        most[text] += 1 if len(said) > 1 else tries[id]
    for text in least | kept:
        told = f"{text!r} came {least[text]} to {most[text]} times, and is kept {kept[text]} times"
        assert least[text] <= kept[text] <= most[text], told


async def all_that_came_is_told(place: Place, owner: Customer) -> None:
    """To its owner, at least once, with an OK for an answer, in the right words; and nothing else is told.
    The gateways have stopped, and had time to tell it."""
    read = reading(place)
    public = PublicIds(await one(read, "SELECT id_key FROM gateway")).public
    said: defaultdict[int, set[bytes]] = defaultdict(set)
    taken: set[int] = set()
    for told, ok in owner.told:
        id = int(told["mmsid" if "mmsid" in told else "incsmsid"])
        said[id].add(told["subject" if "mmsid" in told else "text"])
        taken |= {id} if ok else set()
    kept: dict[int, str] = {}
    for id, text, state in await read(
        "SELECT id, text, state FROM incoming JOIN body ON id = message_id WHERE account_id IS NOT NULL"
    ):
        kept[public(id)] = text
        assert state == IncomingState.DONE, f"incoming message {id} ended as {state}"
    assert kept.keys() == taken, "somebody was not told of what he got"
    for id, texts in said.items():
        assert texts == {kept[id].encode("windows-1252")}, f"{id} was told as {texts}"


async def until_all_came(journal: Callable[[], Iterable[Entry]]) -> None:
    """The network has an answer to each part of what its phones sent."""
    async with asyncio.timeout(PATIENCE):
        while True:
            entries = list(journal())
            sent = {(entry.id, entry.part) for entry in entries if isinstance(entry, MoSent)}
            if sent <= _acknowledged(entries):
                return
            await asyncio.sleep(0.1)


def _acknowledged(entries: Iterable[Entry]) -> set[tuple[int, int]]:
    """By text and part."""
    return {(entry.id, entry.part) for entry in entries if isinstance(entry, MoAnswered) and not entry.status}


async def _keys_by_message(read: Read) -> dict[int, list[Key]]:
    """Those that are one message's alone. Its first segment's is; the rest of a text may be that of another,
    whose id has the same last 16 bits: PostgreSQL leaves out 8,192 ids when it crashes."""
    found = await segment_keys(read)
    messages = Counter(found.values())
    keys: defaultdict[int, list[Key]] = defaultdict(list)
    for (id, _), key in found.items():
        keys[id] += [key] if messages[key] == 1 else []
    return keys


def _text(entry: MoSent) -> str:
    data = bytes.fromhex(entry.user_data)
    body = udh.parse(data)[1] if entry.esm_class & ESM_UDHI else data
    return text_of(body, Encoding(entry.data_coding))
