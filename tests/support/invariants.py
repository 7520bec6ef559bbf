"""What must hold after every journey, whatever happened on the way: the database's books are in order, and
they agree with what the network saw and with what the callers were told. On both engines, so its SQL is
plain."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise

from kavle.model.ids import PublicIds
from kavle.model.status import FINAL, Status
from kavle.simulator.journal import Entry, ReceiptAnswered, Submission
from kavle.simulator.mmsc.journal import MmAnswered, MmSent, MmSubmission
from kavle.sms.segment import Encoding, split
from kavle.store.job import ENOUGH, LEASE_ENDED
from kavle.store.rows import JobState, SegmentOutcome
from kavle.store.story import assembled
from support.books import Place, Read, Row, one, reading
from support.calls import LEAST_ID
from support.mms_books import MM, acknowledged, every_acknowledged_mms_is_kept_once, files_key, mms_keys

ACCEPTED, UNSURE = int(SegmentOutcome.ACCEPTED), int(SegmentOutcome.UNSURE)
TAKEN = f"({ACCEPTED}, {UNSURE})"  # or it may have been
LEASED = f"SELECT count(*) FROM job WHERE state = {int(JobState.LEASED)}"  # noqa: S608 -- a number of ours
Key = tuple[str, str]  # recipient, and the user data in hexadecimal


async def invariants(
    place: Place,
    network: Iterable[Entry],
    answered: Collection[str] = (),
    observed: Mapping[str, Sequence[int]] | None = None,
    *,
    never_final: Collection[str] = (),
    asked: Mapping[str, str | None] | None = None,
) -> None:
    """`answered`: the public ids that callers were given. `observed`: the statuses that were read of some of
    them, in order. `never_final`: recipients whose receipt never comes. `asked`: the texts of calls, each
    sent once, and their answers; None where the connection was closed without one. The gateways have
    stopped, and had time to finish what they took."""
    read = reading(place)
    entries = list(network)
    await ledger_is_balance(read)
    await refunds_are_what_no_network_took(read)
    await every_answered_id_exists_and_is_final(read, answered, never_final)
    await every_answer_is_so(read, asked or {})
    await no_orphan_job(read)
    await no_final_status_regressed(read, observed or {})
    await each_was_sent_once_or_was_unsure(read, entries)
    await every_acknowledged_receipt_is_kept(read, entries)
    await every_acknowledged_mms_is_kept_once(read, entries)


async def ledger_is_balance(read: Read) -> None:
    running: Counter[int] = Counter()
    for account, change, after in await read("SELECT account_id, amount, balance FROM ledger ORDER BY id"):
        running[account] += change
        assert running[account] == after, "a ledger entry's balance is not that of the entries before it"
    for account, amount in await read("SELECT account_id, amount FROM balance"):
        assert running[account] == amount, "the ledger does not add up to the balance"
        assert amount >= 0, "more was spent than there was"
    closings = "SELECT account_id, last_id, balance FROM closing"
    for account, last, balance in await read(closings):
        entered = f"SELECT sum(amount) FROM ledger WHERE account_id = {account} AND id <= {last}"  # noqa: S608
        assert await one(read, entered) == balance, "the ledger does not add up to a closing"


async def refunds_are_what_no_network_took(read: Read) -> None:
    kept = dict(await read("SELECT message_id, -sum(amount) FROM ledger GROUP BY message_id"))
    taken: defaultdict[int, set[int]] = defaultdict(set)  # or may have
    rows = f"SELECT message_id, number FROM segment WHERE outcome IN {TAKEN}"  # noqa: S608 -- numbers of ours
    for message, number in await read(rows):
        taken[message].add(number)
    paid: Counter[int] = Counter()  # by the accept that paid for it: a bundle has one debit
    messages = "SELECT id, coalesce(bundle_id, id), segment_price FROM message"
    for message, origin, price in await read(messages):
        paid[origin] += price * len(taken[message])
    for (origin,) in await read("SELECT coalesce(bundle_id, id) FROM job JOIN message ON id = message_id"):
        del paid[origin]
    for origin, amount in paid.items():
        assert kept[origin] == amount, f"message or bundle {origin} is not paid as sent"


async def every_answered_id_exists_and_is_final(
    read: Read, answered: Collection[str], never_final: Collection[str]
) -> None:
    assert len(set(answered)) == len(answered), "an id was given twice"
    stored = {row[0]: row[1:] for row in await read("SELECT id, status, recipient FROM message")}
    bundles = {row[0] for row in await read("SELECT id FROM bundle")}
    guessed = {message for message, _ in await taken_for_sent(read)}
    for public, id in (await _internal(read, answered)).items():
        if id in bundles:
            continue  # its messages are looked at one by one
        assert id in stored, f"id {public} was answered, but is not stored"
        status, recipient = stored[id]
        left = recipient in never_final or (status == Status.IN_NETWORK and id in guessed)
        assert status in FINAL or left, f"id {public} ended as {status}"


async def every_answer_is_so(read: Read, asked: Mapping[str, str | None]) -> None:
    """An id names the very message that was asked for, a code says that nothing is stored, and a connection
    closed without an answer may be either."""
    stored: defaultdict[str, list[int]] = defaultdict(list)
    sent = "SELECT text, message_id FROM body WHERE message_id NOT IN (SELECT id FROM incoming)"
    for text, message in await read(sent):
        stored[text].append(message)
    ids = {text: answer for text, answer in asked.items() if answer and int(answer) >= LEAST_ID}
    internal = await _internal(read, ids.values())
    for text, answer in asked.items():
        if text in ids:
            assert stored[text] == [internal[ids[text]]], f"id {answer} is not the one message asked for"
        else:
            assert len(stored[text]) <= (answer is None), f"answered {answer}, but it is stored"


async def _internal(read: Read, public: Iterable[str]) -> dict[str, int | None]:
    ids = PublicIds(await one(read, "SELECT id_key FROM gateway"))
    newest = await one(read, "SELECT coalesce(max(id), 0) FROM message")
    return {given: ids.internal(int(given), newest) for given in public}


async def no_orphan_job(read: Read) -> None:
    orphans = "SELECT count(*) FROM job WHERE message_id NOT IN (SELECT id FROM message)"
    assert await one(read, orphans) == 0
    assert await one(read, LEASED) == 0, "a lease outlived its gateway"
    stuck = "SELECT count(*) FROM message WHERE status IN (10, 11) AND id NOT IN (SELECT message_id FROM job)"
    assert await one(read, stuck) == 0, "a message waits, but is not in the queue"
    assert await one(read, "SELECT count(*) FROM bundle_part WHERE work <> 0") == 0, "a bundle has work left"
    whole = "SELECT count, id, (SELECT count(*) FROM message WHERE bundle_id = bundle.id) FROM bundle"
    for count, bundle, made in await read(whole):
        assert made == count, f"bundle {bundle} has {made} messages of {count}"
    for (status,) in await read("SELECT status FROM job JOIN message ON id = message_id"):
        assert status not in FINAL, "a message has ended, but is in the queue"


async def no_final_status_regressed(read: Read, observed: Mapping[str, Sequence[int]]) -> None:
    events: defaultdict[int, list[Row]] = defaultdict(list)
    receipts = "SELECT message_id, at, number, status FROM receipt WHERE status IS NOT NULL ORDER BY at, id"
    for sql in ("SELECT message_id, at, number, status FROM segment ORDER BY at, attempt", receipts):
        for message, *event in await read(sql):
            events[message].append(tuple(event))
    rows = "SELECT id, segments, accepted_at, status, status_at, due_at, carrier_id FROM message"
    for message, *row in await read(rows):
        story = assembled(message, tuple(row), events[message])  # type: ignore[arg-type]
        assert_no_regress([status for status, _ in story.told], f"message {message}'s story")
    for public, statuses in observed.items():
        assert_no_regress([Status(status) for status in statuses], f"what was read of id {public}")


def assert_no_regress(statuses: Sequence[Status], what: str) -> None:
    for before, after in pairwise(statuses):
        assert before not in FINAL or after is before, f"{what} went from {before} to {after}"
        assert (before, after) != (Status.IN_NETWORK, Status.RECEIVED), f"{what} went from 21 to 10"


async def each_was_sent_once_or_was_unsure(read: Read, entries: Sequence[Entry]) -> None:
    """Messages with the same recipient and text can't be told apart on the wire, so they are counted
    together."""
    seen: Counter[Key] = Counter()
    network_ids: dict[tuple[type, str], Key] = {}
    for entry in entries:
        if isinstance(entry, Submission) and entry.status == 0:
            key = entry.recipient, entry.short_message
        elif isinstance(entry, MmSubmission) and entry.id:
            key = entry.recipient, files_key(entry)
        else:
            continue
        seen[key] += 1
        network_ids[type(entry), entry.id] = key
    accepted: Counter[Key] = Counter()
    unsure: Counter[Key] = Counter()
    keys = {**await segment_keys(read), **(mms := await mms_keys(read))}
    rows = f"SELECT message_id, number, outcome, network_id FROM segment WHERE outcome IN {TAKEN}"  # noqa: S608
    for message, number, outcome, network_id in await read(rows):
        network = MmSubmission if (message, number) in mms else Submission
        key = keys[message, number]
        if outcome == ACCEPTED:
            accepted[key] += 1
            assert network_ids.get((network, network_id)) == key, (
                f"{network_id} is not what the network took for it"
            )
        else:
            unsure[key] += 1
    for key, count in seen.items():
        assert accepted[key] <= count, "the database has more than the network saw"
        assert count <= accepted[key] + unsure[key], (
            "the network saw one more than once, and nobody was unsure"
        )
    guessed = await taken_for_sent(read)
    for message, total in await read("SELECT id, segments FROM message WHERE status IN (21, 22)"):
        for number in range(1, total + 1):
            sent = seen[keys[message, number]] or (message, number) in guessed
            assert sent, f"message {message} counts as sent, but no network saw it"


async def taken_for_sent(read: Read) -> set[tuple[int, int]]:
    """Segments, by message and number, of which the link was unsure too often: no more is sent of them."""
    rows = (
        f"SELECT message_id, number FROM segment WHERE outcome = {UNSURE} AND error <> '{LEASE_ENDED}'"  # noqa: S608
        f" GROUP BY message_id, number HAVING count(*) >= {ENOUGH}"
    )
    return {(message, number) for message, number in await read(rows)}


async def segment_keys(read: Read) -> dict[tuple[int, int], Key]:
    """By message and segment number."""
    keys: dict[tuple[int, int], Key] = {}
    rows = (
        "SELECT id, recipient, encoding, text FROM message JOIN body ON message_id = coalesce(bundle_id, id)"
        " WHERE service = 0"
    )
    for id, recipient, encoding, text in await read(rows):
        for segment in split(text, Encoding(encoding), id & 0xFFFF):
            keys[id, segment.number] = recipient, (segment.udh + segment.body).hex()
    return keys


async def every_acknowledged_receipt_is_kept(read: Read, entries: Sequence[Entry]) -> None:
    matched = "SELECT network_id FROM receipt JOIN segment USING (message_id, number, attempt)"
    kept = {row[0] for sql in ("SELECT network_id FROM waiting", matched) for row in await read(sql)}
    for entry in entries:
        if isinstance(entry, ReceiptAnswered) and entry.status == 0:
            assert entry.id in kept, f"the receipt of {entry.id} was acknowledged, but is not kept"
    reports = {entry.transaction for entry in entries if isinstance(entry, MmSent) and entry.what != MM}
    for entry in entries:
        if isinstance(entry, MmAnswered) and acknowledged(entry) and entry.transaction in reports:
            assert entry.id in kept, f"the report of {entry.id} was acknowledged, but is not kept"
