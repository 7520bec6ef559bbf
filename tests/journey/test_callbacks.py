"""From a phone to its customer's web application: over a real link and real HTTP, with a clock that is set, a
process that is killed, and receivers that err in every way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from kavle.clock import SetClock, SystemClock
from kavle.core import callbacks
from kavle.model.callback_url import callback_host
from kavle.model.incoming import IncomingState
from kavle.model.number import NumberSettings
from kavle.simulator.mo_pdus import MoText
from kavle.south.callback.settings import CallbackSettings
from kavle.store.inbox import IncomingPage, IncomingStory, NewNumber
from kavle.store.sqlite.store import SqliteStore
from kavle.store.store import Store
from support.closing import closing
from support.patience import PATIENCE
from support.processes import kavle, settings_file
from support.processes import run as command
from support.receivers import (
    Behaviour,
    endless,
    names,
    receiver,
    redirects,
    says,
    silent,
    writes,
)
from support.running import Running, running

NUMBER = "46737494123"
PHONE = "4673222222"
LOOPBACK = CallbackSettings(allow=["127.0.0.1"])


async def add_number(store: Store, url: str, msisdn: str = NUMBER, **how: Any) -> None:
    """Of the account `test`."""
    account = await store.account("test")
    assert account is not None
    settings = NumberSettings(url, **how)
    new = NewNumber(msisdn, account.id, callback_host(url), settings, datetime.now(UTC))
    assert await store.inbox.add_number(new)


class World(Running):
    """A gateway that runs, and the words of these stories."""

    async def number(self, url: str, msisdn: str = NUMBER, **how: Any) -> None:
        await add_number(self.gateway.store, url, msisdn, **how)

    async def phone_sends(self, text: str, to: str = NUMBER, **how: Any) -> None:
        """Returns when the gateway has acknowledged it."""
        mo = self.network.mos.send(MoText(sender=PHONE, recipient=to, text=text, **how))
        await mo.wait(PATIENCE)
        assert [part.answers for part in mo.parts] == [[0]] * len(mo.parts)

    async def incoming(self) -> list[IncomingStory]:
        """The oldest first."""
        inbox = self.gateway.store.inbox
        lines = await inbox.incoming(IncomingPage(limit=1000))
        stories = [await inbox.story(line.id) for line in reversed(lines)]
        return [story for story in stories if story is not None]

    async def ended(self, *states: IncomingState) -> list[IncomingStory]:
        """Returns when the messages' states are these."""
        async with asyncio.timeout(PATIENCE):
            while True:
                told = await self.incoming()
                if [one.line.state for one in told] == list(states):
                    return told
                await asyncio.sleep(0.02)

    async def tried(self, times: int) -> IncomingStory:
        """Returns when so many tries for the one message are recorded."""
        async with asyncio.timeout(PATIENCE):
            while True:
                (story,) = await self.incoming()
                if len(story.tries) >= times:
                    return story
                await asyncio.sleep(0.02)


@asynccontextmanager
async def gateway(
    place: Path, how: CallbackSettings = LOOPBACK, clock: SetClock | None = None, fresh: bool = True
) -> AsyncIterator[World]:
    async with running(place, callbacks=how, clock=clock or SystemClock(), fresh=fresh) as run:
        yield World(run.gateway, run.network, run.journal)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "kavle.db"


# --- as documented ------------------------------------------------------------------------------------------


async def test_the_manuals_example_arrives_as_documented(place: Path) -> None:
    async with receiver() as there, gateway(place) as world:
        await world.number(f"{there.url}/smscallback.php", delivered=False)
        await world.phone_sends("testmeddelande")
        (story,) = await world.ended(IncomingState.DONE)
        public = world.gateway.store.public_ids.public(story.line.id)
        assert there.targets == [
            f"/smscallback.php?incsmsid={public}&sender={PHONE}&text=testmeddelande&to={NUMBER}"
        ]
        assert there.heads[0].startswith(b"GET /smscallback.php?")
        assert public >= 1000


async def test_swedish_in_latin_1_a_query_string_of_ones_own_and_the_time(place: Path) -> None:
    async with receiver(says(b"\xef\xbb\xbfOK\n")) as there, gateway(place) as world:
        await world.number(f"{there.url}/cb?someparam=somevalue")
        await world.phone_sends("Räksmörgås på ön, 5 € & 100 %")
        (story,) = await world.ended(IncomingState.DONE)
        (target,) = there.targets
        assert target.startswith("/cb?someparam=somevalue&incsmsid=")
        assert "&text=R%E4ksm%F6rg%E5s%20p%E5%20%F6n%2C%205%20%80%20%26%20100%20%25&" in target
        assert names(target) == ["someparam", "incsmsid", "sender", "text", "to", "delivered"]
        assert there.calls[0]["delivered"] == str(int(story.line.received_at.timestamp())).encode()


async def test_a_long_message_of_emoji_is_one_call(place: Path) -> None:
    text = "Tack 😀 för rösten! " * 20
    async with receiver() as there, gateway(place) as world:
        await world.number(there.url)
        await world.phone_sends(text)
        await world.ended(IncomingState.DONE)
        (call,) = there.calls
        assert call["text"].decode("utf-8") == text
        assert call["charset"] == b"utf-8"


# --- receivers that err -------------------------------------------------------------------------------------

INSIDE = "http://127.0.0.9/"
WRONG: dict[str, tuple[Behaviour, str]] = {
    "ok in small letters": (says(b"ok"), ""),
    "formatted": (says(b"OK<br>"), ""),
    "500": (says(b"OK", "500 Internal Server Error"), ""),
    "nothing": (says(b""), ""),
    "too slowly": (silent, "no whole answer"),
    "endless data": (endless(b"HTTP/1.1 200 OK\r\n\r\nOK", b" " * 1000), ""),
    "a redirect inside": (redirects(INSIDE), "127.0.0.9"),
    "closes": (writes(b""), "closed"),
    "closes in the middle": (writes(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nO"), "in the middle"),
}


@pytest.mark.parametrize("how", WRONG)
async def test_a_receiver_that_errs_is_called_ten_times_half_an_hour_apart_and_never_eleven(
    place: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "POLL", 0.01)
    behaviour, error = WRONG[how]
    clock = SetClock()
    settings = CallbackSettings(allow=["127.0.0.1"], timeout=0.2 if behaviour is silent else 60.0)
    async with receiver(behaviour) as there, gateway(place, settings, clock) as world:
        await world.number(there.url)
        await world.phone_sends("hej")
        for times in range(1, 11):
            story = await world.tried(times)
            assert len(story.tries) == times
            clock.forward(minutes=30)
        clock.forward(days=1)
        (story,) = await world.ended(IncomingState.FAILED)
        there.behaviour = says(b"OK")
        # Another one's whole way, from the phone, takes longer than a look at what is due.
        await world.phone_sends("nästa")
        told = await world.ended(IncomingState.FAILED, IncomingState.DONE)
        assert len(there.heads) == 11
    assert len(told[0].tries) == 10
    begun = [one.at for one in story.tries]
    assert {later - one for one, later in pairwise(begun)} == {timedelta(minutes=30)}
    assert all(error in str(one.error) for one in story.tries)
    assert len({call["incsmsid"] for call in there.calls[:10]}) == 1


async def test_one_that_says_ok_the_third_time_is_not_called_again(place: Path) -> None:
    clock = SetClock()
    async with receiver(says(b"nej")) as there, gateway(place, clock=clock) as world:
        await world.number(there.url)
        await world.phone_sends("hej")
        await world.tried(1)
        clock.forward(minutes=30)
        await world.tried(2)
        there.behaviour = says(b"OK")
        clock.forward(minutes=30)
        (story,) = await world.ended(IncomingState.DONE)
        assert [(one.number, one.status, one.head) for one in story.tries] == [
            (1, 200, "nej"), (2, 200, "nej"), (3, 200, "OK")
        ]  # fmt: skip


async def test_an_address_that_is_not_allowed_is_refused_and_told(place: Path) -> None:
    async with receiver() as there, gateway(place, CallbackSettings(allow=["0.0.0.0/0"])) as world:
        await world.number(there.url)
        await world.phone_sends("hej")
        story = await world.tried(1)
        assert "callbacks.allow" in str(story.tries[0].error)
        assert there.connections == 0


async def test_one_of_ten_that_hangs_delays_no_other(place: Path) -> None:
    async with receiver(silent) as hanging, receiver() as there, gateway(place) as world:
        numbers = [f"4673749{number:04}" for number in range(10)]
        for place_, number in enumerate(numbers):
            await world.number((hanging if place_ == 4 else there).url, number)
        for turn in range(20):
            for number in numbers:
                world.network.mos.send(MoText(sender=PHONE, recipient=number, text=f"{turn}"))
        await there.asked(180)
        # All this while it has had one call, and nobody has given up on that.
        assert len(hanging.heads) == 1
        calls = there.calls
        for number in numbers:
            told = [call["text"] for call in calls if call["to"] == number.encode()]
            assert told == ([] if number == numbers[4] else [b"%d" % turn for turn in range(20)])
        hanging.hang_up()


# --- crashes ------------------------------------------------------------------------------------------------


async def test_killed_between_store_and_callback_nothing_is_lost_and_the_id_is_the_same(
    tmp_path: Path,
) -> None:
    log = tmp_path / "log"
    network = ["simulate", "smsc", "--quiet", "--port", "0", "--http-port", "0"]
    async with receiver(silent) as there, kavle(*network, log=log) as smsc:
        config = settings_file(tmp_path, smsc.port)
        config.write_text(config.read_text() + '\n[callbacks]\nallow = ["127.0.0.1"]\n')
        await command("account", "create", "test", "--password", "1234", "--config", str(config))
        async with closing(
            await SqliteStore.open(tmp_path / "data" / "kavle.db", datetime.now(UTC))
        ) as store:
            await add_number(store, there.url)
        face = smsc.said.split("HTTP on 127.0.0.1:")[1].split()[0].rstrip(".,;")
        async with kavle("serve", "--config", str(config), log=log) as first:
            for text in ("ett", "två", "tre"):
                code, _, error = await command("simulate", "mo", PHONE, NUMBER, text, "--http-port", face)
                assert code == 0, error
            await there.asked(1)
            await first.kill()
        for _ in range(2):
            asked = len(there.heads)
            async with kavle("serve", "--config", str(config), log=log) as again:
                await there.asked(asked + 1)
                await again.kill()
        there.behaviour = says(b"OK")
        asked = len(there.heads)
        async with kavle("serve", "--config", str(config), log=log) as last:
            await there.asked(asked + 3)
            assert await last.stop() == 0
        calls = there.calls
    assert [call["text"].decode("latin-1") for call in calls] == ["ett"] * 3 + ["ett", "två", "tre"]
    assert len({call["incsmsid"] for call in calls[:4]}) == 1
    assert len({call["incsmsid"] for call in calls}) == 3
