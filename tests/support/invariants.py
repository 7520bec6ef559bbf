"""What must hold after every journey, whatever happened on the way: the database's books are in order, and
they agree with what the network saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import apsw

from kavle.model.ids import PublicIds
from kavle.model.status import FINAL, Status
from kavle.simulator.journal import Entry, ReceiptAnswered, Submission
from kavle.sms.segment import Encoding, split
from kavle.store.rows import JobState, SegmentOutcome
from kavle.store.sqlite import reads
from kavle.store.sqlite.connection import open_reader

ACCEPTED, UNSURE = int(SegmentOutcome.ACCEPTED), int(SegmentOutcome.UNSURE)
Key = tuple[str, str]  # recipient, and the user data in hexadecimal


def invariants(
    database: Path,
    network: Iterable[Entry],
    answered: Collection[str] = (),
    observed: Mapping[str, Sequence[int]] | None = None,
    *,
    never_final: Collection[str] = (),
) -> None:
    """`answered`: the public ids that callers were given. `observed`: the statuses that were read of some of
    them, in order. `never_final`: recipients whose receipt never comes. The gateway has stopped, and had
    time to finish what it took."""
    db = open_reader(database)
    entries = list(network)
    try:
        ledger_is_balance(db)
        refunds_are_what_no_network_took(db)
        every_answered_id_exists_and_is_final(db, answered, never_final)
        no_orphan_job(db)
        no_final_status_regressed(db, observed or {})
        each_was_sent_once_or_was_unsure(db, entries)
        every_acknowledged_receipt_is_kept(db, entries)
    finally:
        db.close()


def ledger_is_balance(db: apsw.Connection) -> None:
    for account, amount in db.execute("SELECT account_id, amount FROM balance"):
        running = 0
        entries = db.execute(
            "SELECT amount, balance FROM ledger WHERE account_id = ? ORDER BY id", (account,)
        )
        for change, after in entries:
            running += change
            assert running == after, "a ledger entry's balance is not that of the entries before it"
        assert running == amount, "the ledger does not add up to the balance"


def refunds_are_what_no_network_took(db: apsw.Connection) -> None:
    kept = dict(db.execute("SELECT message_id, -sum(amount) FROM ledger GROUP BY message_id"))
    taken: dict[int, set[int]] = {}  # or may have
    rows = "SELECT message_id, number FROM segment WHERE outcome IN (?, ?)"
    for message, number in db.execute(rows, (ACCEPTED, UNSURE)):
        taken.setdefault(message, set()).add(number)
    ended = "SELECT id, segment_price FROM message WHERE id NOT IN (SELECT message_id FROM job)"
    for message, price in db.execute(ended):
        assert kept[message] == price * len(taken.get(message, ())), f"message {message} is not paid as sent"


def every_answered_id_exists_and_is_final(
    db: apsw.Connection, answered: Collection[str], never_final: Collection[str]
) -> None:
    assert len(set(answered)) == len(answered), "an id was given twice"
    ids = PublicIds(db.execute("SELECT id_key FROM gateway").get)
    newest = reads.last_id(db)
    for public in answered:
        internal = ids.internal(int(public), newest)
        row = db.execute("SELECT status, recipient FROM message WHERE id = ?", (internal,)).get
        assert row is not None, f"id {public} was answered, but is not stored"
        status, recipient = row
        assert status in FINAL or recipient in never_final, f"id {public} ended as {status}"


def no_orphan_job(db: apsw.Connection) -> None:
    orphans = "SELECT count(*) FROM job WHERE message_id NOT IN (SELECT id FROM message)"
    assert db.execute(orphans).get == 0
    leased = "SELECT count(*) FROM job WHERE state = ?"
    assert db.execute(leased, (int(JobState.LEASED),)).get == 0, "a lease outlived its gateway"
    stuck = "SELECT count(*) FROM message WHERE status IN (10, 11) AND id NOT IN (SELECT message_id FROM job)"
    assert db.execute(stuck).get == 0, "a message waits, but is not in the queue"
    for (status,) in db.execute("SELECT status FROM job JOIN message ON id = message_id"):
        assert status not in FINAL, "a message has ended, but is in the queue"


def no_final_status_regressed(db: apsw.Connection, observed: Mapping[str, Sequence[int]]) -> None:
    for (message,) in db.execute("SELECT id FROM message"):
        story = reads.story(db, message)
        assert story is not None
        assert_no_regress([status for status, _ in story.told], f"message {message}'s story")
    for public, statuses in observed.items():
        assert_no_regress([Status(status) for status in statuses], f"what was read of id {public}")


def assert_no_regress(statuses: Sequence[Status], what: str) -> None:
    for before, after in pairwise(statuses):
        assert before not in FINAL or after is before, f"{what} went from {before} to {after}"
        assert (before, after) != (Status.IN_NETWORK, Status.RECEIVED), f"{what} went from 21 to 10"


def each_was_sent_once_or_was_unsure(db: apsw.Connection, entries: Sequence[Entry]) -> None:
    """Messages with the same recipient and text can't be told apart on the wire, so they are counted
    together."""
    seen: Counter[Key] = Counter()
    network_ids: dict[str, Key] = {}
    for entry in entries:
        if isinstance(entry, Submission) and entry.status == 0:
            key = entry.recipient, entry.short_message
            seen[key] += 1
            network_ids[entry.id] = key
    accepted: Counter[Key] = Counter()
    unsure: Counter[Key] = Counter()
    keys = _keys(db)
    rows = "SELECT message_id, number, outcome, network_id FROM segment WHERE outcome IN (?, ?)"
    for message, number, outcome, network_id in db.execute(rows, (ACCEPTED, UNSURE)):
        key = keys[message, number]
        if outcome == ACCEPTED:
            accepted[key] += 1
            assert network_ids.get(network_id) == key, f"{network_id} is not what the network took for it"
        else:
            unsure[key] += 1
    for key, count in seen.items():
        assert accepted[key] <= count, "the database has more than the network saw"
        assert count <= accepted[key] + unsure[key], (
            "the network saw one more than once, and nobody was unsure"
        )
    for message, number in _delivered(db):
        assert seen[keys[message, number]], f"message {message} counts as sent, but no network saw it"


def _keys(db: apsw.Connection) -> dict[tuple[int, int], Key]:
    keys: dict[tuple[int, int], Key] = {}
    rows = "SELECT id, recipient, encoding, text FROM message JOIN body ON message_id = id"
    for id, recipient, encoding, text in db.execute(rows):
        for segment in split(text, Encoding(encoding), id & 0xFFFF):
            keys[id, segment.number] = recipient, (segment.udh + segment.body).hex()
    return keys


def _delivered(db: apsw.Connection) -> Iterable[tuple[int, int]]:
    sent = "SELECT id, segments FROM message WHERE status IN (21, 22)"
    return [(id, number) for id, total in db.execute(sent) for number in range(1, total + 1)]


def every_acknowledged_receipt_is_kept(db: apsw.Connection, entries: Sequence[Entry]) -> None:
    kept = {row[0] for row in db.execute("SELECT network_id FROM waiting")}
    kept |= {
        row[0]
        for row in db.execute(
            "SELECT network_id FROM receipt JOIN segment USING (message_id, number, attempt)"
        )
    }
    for entry in entries:
        if isinstance(entry, ReceiptAnswered) and entry.status == 0:
            assert entry.id in kept, f"the receipt of {entry.id} was acknowledged, but is not kept"
