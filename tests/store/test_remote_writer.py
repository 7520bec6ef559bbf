"""A file that two processes use: one writes, the other reads it, and hands what it writes to the first."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from struct import pack
from typing import Any

import apsw
import msgspec
import pytest

from kavle.model.bundle import BundleDraft, Destination
from kavle.model.errors import OutcomeUnknown
from kavle.model.message import Draft
from kavle.model.mms import MmsFile
from kavle.model.service import Service
from kavle.sms.segment import Encoding
from kavle.store.errors import RowRefused, StoreUnavailable
from kavle.store.groups import MOST_WAITING
from kavle.store.office import OperatorChange
from kavle.store.sqlite import accept, writer
from kavle.store.sqlite.line import LONGEST, Line
from kavle.store.sqlite.remote import RemoteWriter, lent
from kavle.store.sqlite.store import SqliteStore
from kavle.store.sqlite.verbs import BY_FUNCTION, VERBS
from kavle.store.types import NewAccount, TopUp
from support.books import reading
from support.patience import PATIENCE

NOW = datetime(2026, 11, 23, 12, 0, 0, 123_000, tzinfo=UTC)


class Two:
    """The store of the engine, and that of a process that joined it."""

    def __init__(self, path: Path, engine: SqliteStore, joined: SqliteStore, line: Line) -> None:
        self.path, self.engine, self.joined, self.line = path, engine, joined, line
        self.account_id = 0

    def draft(self, text: str = "Testar", **changes: Any) -> Draft:
        plain = Draft(
            account_id=self.account_id,
            recipient="46702617396",
            sender="ip1",
            text=text,
            encoding=Encoding.GSM7,
            segments=1,
            flash=False,
            priority=2,
            segment_price=10_000,
            carrier_id=1,
            accepted_at=NOW,
            expires_at=NOW + timedelta(hours=48),
        )
        return msgspec.structs.replace(plain, **changes)


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    path = tmp_path / "kavle.db"
    engine = await SqliteStore.open(path, NOW)
    try:
        async with lines(engine) as (_, line):
            joined = SqliteStore.join(path, RemoteWriter(line))
            two = Two(path, engine, joined, line)
            account = await joined.create_account(NewAccount("test", "hash", 1000 * 10_000, NOW))
            assert account is not None
            two.account_id = account.id
            yield two
            await joined.close()
    finally:
        await engine.close()


@asynccontextmanager
async def lines(engine: SqliteStore) -> AsyncIterator[tuple[Line, Line]]:
    ours, theirs = socket.socketpair()
    door, line = Line(lent(engine.lend()), {}, lambda: None), Line({}, {}, lambda: None)
    await door.open(ours)
    await line.open(theirs)
    try:
        yield door, line
    finally:
        line.close()
        door.close()


async def test_what_one_accepts_both_read(two: Two) -> None:
    ids = await asyncio.gather(*(two.joined.accept(two.draft(f"nr {n}")) for n in range(50)))
    ids.append(await two.engine.accept(two.draft()))
    assert sorted(filter(None, ids)) == list(range(1, 52))
    for store in (two.engine, two.joined):
        assert await store.newest_id() == 51
        assert await store.balance(two.account_id) == 949 * 10_000
    story = await two.joined.history.message(two.account_id, 1)
    assert story is not None
    assert (story.line.text, story.line.accepted_at) == ("nr 0", NOW)


async def test_what_the_money_is_too_small_for_is_told_by_who_has_the_books(two: Two) -> None:
    await two.joined.create_account(NewAccount("poor", "hash", 10 * 10_000, NOW))
    poor = await two.joined.account("poor")
    assert poor is not None
    draft = two.draft(account_id=poor.id)
    stores = [two.joined, two.engine] * 32
    taken = await asyncio.gather(*(store.accept(draft) for store in stores))
    assert sum(id is not None for id in taken) == 10
    assert await two.joined.balance(poor.id) == 0


async def test_bundles_and_files_go_over_whole(two: Two) -> None:
    destinations = tuple(Destination(f"4670{n:07}", 1, 1_000) for n in range(2_500))
    bundle = BundleDraft(
        account_id=two.account_id,
        sender="ip1",
        text="Блåbär 🫐",
        encoding=Encoding.UCS2,
        segments=1,
        priority=1,
        accepted_at=NOW,
        expires_at=NOW + timedelta(hours=48),
        due=NOW + timedelta(hours=1),
        destinations=destinations,
    )
    id = await two.joined.accept_bundle(bundle)
    assert id is not None
    members = await two.engine.bundle(id)
    assert members is not None
    assert [member for member, _ in members] == list(range(id + 1, id + 2_501))
    kept = (
        "SELECT one.value ->> 0 FROM bundle_part AS p, json_each(p.recipients) AS one ORDER BY first_id, key"
    )
    assert [number for (number,) in await reading(two.path)(kept)] == [one.recipient for one in destinations]
    assert await two.joined.cancel_bundle(two.account_id, id, NOW)
    files = (MmsFile("a.bin", "application/octet-stream", bytes(range(256)) * 2000),)
    draft = two.draft(service=Service.MMS, files=files)
    sent = await asyncio.gather(*(two.joined.accept(draft) for _ in range(20)))  # more than one frame
    assert [file.data for file in await two.engine.files.all(sent[-1] or 0)] == [files[0].data]


async def test_who_hands_over_what_is_no_row_sinks_nobody_else(two: Two) -> None:
    texts = two.draft("\ud800"), two.draft(priority=None), two.draft()
    surrogate, untyped, good = await asyncio.gather(*map(two.joined.accept, texts), return_exceptions=True)
    assert isinstance(surrogate, RowRefused)
    assert isinstance(untyped, RowRefused)
    assert good == 1
    assert await two.engine.newest_id() == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [(apsw.FullError("the disk is full"), StoreUnavailable), (apsw.ConstraintError("no"), RowRefused)],
)
async def test_what_the_database_says_is_told_as_by_itself(
    two: Two, monkeypatch: pytest.MonkeyPatch, wrong: Exception, told: type[Exception]
) -> None:
    def broken(db: apsw.Connection, drafts: Sequence[Draft]) -> list[int | None]:
        raise wrong

    known = BY_FUNCTION[accept.accept]
    monkeypatch.setitem(VERBS, known.name, known._replace(function=broken))
    async with lines(two.engine) as (_, line):
        with pytest.raises(told):
            await RemoteWriter(line).call(accept.accept, two.draft())
    assert await two.engine.newest_id() == 0


async def test_what_waits_is_bounded(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    remote = RemoteWriter(two.line)
    calls = [remote.call(accept.accept, two.draft()) for _ in range(MOST_WAITING + 1)]
    with pytest.raises(StoreUnavailable, match="too much waits"):
        await calls[-1]
    for call in calls[1:]:
        call.cancel()  # they were not handed over yet, and never are
    assert await calls[0] == 1
    assert await remote.call(accept.accept, two.draft()) == 2


async def test_an_engine_that_is_gone_leaves_no_false_refusal(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it was handed may be stored; what it was not can't be."""
    deaf: list[asyncio.Future[Any]] = []

    def never(payload: Any, octets: int) -> asyncio.Future[Any]:
        deaf.append(asyncio.get_running_loop().create_future())
        return deaf[-1]

    ours, theirs = socket.socketpair()
    served = {name: one._replace(serve=never) for name, one in lent(two.engine.lend()).items()}
    lost = asyncio.Event()
    door, line = Line(served, {}, lambda: None), Line({}, {}, lost.set)
    await door.open(ours)
    await line.open(theirs)
    remote = RemoteWriter(line)
    handed = remote.call(accept.accept, two.draft())
    while not deaf:
        await asyncio.sleep(0)
    door.close()
    await lost.wait()
    later = remote.call(accept.accept, two.draft())
    with pytest.raises(OutcomeUnknown):
        await handed
    with pytest.raises(StoreUnavailable):
        await later
    await remote.close()


async def test_what_was_not_handed_over_when_the_engine_went_was_not_stored(two: Two) -> None:
    line = Line({}, {}, lambda: None)
    remote = RemoteWriter(line)
    call = remote.call(accept.accept, two.draft())
    line.connection_lost(None)
    with pytest.raises(StoreUnavailable):
        await call


def frame(*parts: Any) -> bytes:
    written = msgspec.msgpack.encode(parts)
    return pack(">I", len(written)) + written


GOOD = (1, "accounts.top_up", 0, msgspec.msgpack.encode(TopUp("test", 10_000, NOW)))


WRONG = {
    "too long": pack(">I", LONGEST + 1),
    "no msgpack": pack(">I", 3) + b"abc",
    "empty": pack(">I", 0),
    "no lists": frame(),
    "a list too many": frame([GOOD], [], [], "more"),
    "the engine's verb": frame([GOOD, (2, "sweep.sweep", 0, b"")], [], []),
    "the engine's verb, too": frame([GOOD, (2, "outcomes.record", 0, b"\x90")], [], []),
    "no verb": frame([GOOD, (2, "os.system", 0, b"\xa4true")], [], []),
    "no number": frame([GOOD, ("2", *GOOD[1:])], [], []),
    "an answer to nothing": frame([GOOD], [(7, "", b"\xc0")], []),
    "tidings of nothing": frame([GOOD], [], [("wake", b"\xc0")]),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_a_frame_that_is_not_right_in_all_of_its_parts_changes_nothing(two: Two, wrong: bytes) -> None:
    ours, stranger = socket.socketpair()
    lost = asyncio.Event()
    door = Line(lent(two.engine.lend()), {}, lost.set)
    await door.open(ours)
    stranger.setblocking(False)
    with stranger:
        await asyncio.get_running_loop().sock_sendall(stranger, wrong)
        await lost.wait()
        assert await asyncio.get_running_loop().sock_recv(stranger, 1) == b""
    assert await two.joined.accept(two.draft()) == 1  # others are not disturbed
    assert await two.engine.balance(two.account_id) == 999 * 10_000


async def test_a_frame_may_come_in_any_pieces(two: Two) -> None:
    ours, stranger = socket.socketpair()
    lost = asyncio.Event()
    door = Line(lent(two.engine.lend()), {}, lost.set)
    await door.open(ours)
    stranger.setblocking(False)
    loop = asyncio.get_running_loop()
    with stranger:
        twice = frame([GOOD], [], []) + frame([(2, *GOOD[1:])], [], [])
        for octet in twice:
            await loop.sock_sendall(stranger, bytes([octet]))
            await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE):
            while await two.engine.balance(two.account_id) < 1002 * 10_000:
                await asyncio.sleep(0.01)
    await lost.wait()


THE_ENGINES_OWN = {
    "books._close",
    "bundles.advance",
    "callbacks.end_leases",
    "callbacks.lease",
    "callbacks.promote",
    "callbacks.record",
    "incoming.end_parts",
    "incoming.forget_parts",
    "incoming.take",
    "incoming_mms.forget",
    "lease.lease",
    "links.share_links",
    "moves.move",
    "outcomes.record",
    "recipients.keep_runs",
    "restoring._hold",
    "restoring._settle_in",
    "retention.erase",
    "schedule.promote",
    "seen.see",
    "self._rise",
    "sweep.expire_late",
    "sweep.forget",
    "sweep.sweep",
    "traffic.fold",
    "traffic.forget",
}


def test_each_verb_that_may_be_called_is_named_once_and_read_by_its_own_types() -> None:
    assert len(BY_FUNCTION) == len(VERBS)
    change = OperatorChange("anna", role="viewer")
    written = msgspec.msgpack.encode(change)
    assert VERBS["office._change"].read_payload(written) == change
    with pytest.raises(msgspec.DecodeError):
        VERBS["accept.accept"].read_payload(written)


def test_each_verb_is_lent_or_the_engines_own() -> None:
    """Who writes a new one decides."""
    found = {
        one if "." in one else f"{path.stem}.{one}"
        for path in Path(writer.__file__).parent.glob("*.py")
        for one in re.findall(r"await self\._writer\.call\(\s*([\w.]+)", path.read_text())
    }
    assert found - set(VERBS) == THE_ENGINES_OWN
