"""Messages from phones, from the network's deliver_sm to the database, through a whole gateway. Nothing that
was acknowledged is ever lost."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from kavle.clock import SystemClock
from kavle.core.incoming import PartSweep
from kavle.model.incoming import IncomingState
from kavle.model.number import NumberSettings
from kavle.simulator.journal import MoAnswered, MoSent, read_journal
from kavle.simulator.mo_pdus import MoText
from kavle.store.inbox import IncomingPage, IncomingStory, NewNumber
from support.books import Place, reading
from support.patience import PATIENCE
from support.processes import LOOPBACK, free_port, kavle, run, settings_file
from support.running import Running, running

PHONE, NUMBER = "46701740605", "46737494123"
LONG = "Räksmörgås på Ångströmsgatan {kl. 8}, " * 11
UCS2 = "Žluťoučký kůň 😀 " * 30


async def incoming(world: Running) -> list[IncomingStory]:
    """The oldest first."""
    inbox = world.gateway.store.inbox
    stories = [await inbox.story(line.id) for line in await inbox.incoming(IncomingPage())]
    return [story for story in reversed(stories) if story is not None]


def text(said: str, **fields: Any) -> MoText:
    return MoText(**{"sender": PHONE, "recipient": NUMBER, "text": said, **fields})


async def say(world: Running, said: str, **fields: Any) -> list[int | None]:
    """What the gateway answered the last try of each part."""
    mo = world.network.mos.send(text(said, **fields))
    async with asyncio.timeout(PATIENCE):
        await mo.wait()
    return [part.answers[-1] for part in mo.parts]


@pytest.mark.parametrize(
    ("said", "how"),
    [
        ("Testmeddelande", {}),
        ("Hallå där, [på] €", {}),
        ("åäö", {"charset": "latin-1"}),
        ("Žluťoučký 😀", {}),
        ("", {}),
        (LONG, {}),
        (LONG, {"concatenation": "16 bit", "order": (3, 1, 2)}),
        (LONG, {"concatenation": "sar", "order": (2, 2, 1, 1, 3, 3)}),
        (LONG, {"concatenation": "payload"}),
        (LONG, {"pdu": "data_sm", "order": (3, 2, 1)}),
        (LONG, {"charset": "latin-1"}),
        (UCS2, {"charset": "ucs-2", "order": tuple(range(8, 0, -1))}),
    ],
)
async def test_a_text_arrives_as_it_was_written(tmp_path: Path, said: str, how: dict[str, Any]) -> None:
    async with running(tmp_path / "kavle.db") as world:
        assert set(await say(world, said, **how)) == {0}
        (story,) = await incoming(world)
    assert story.text == said
    assert (story.line.sender, story.line.recipient, story.line.complete) == (PHONE, NUMBER, True)
    assert story.line.state is IncomingState.KEPT


async def test_a_long_text_is_put_together_over_links_and_lives_of_the_gateway(place: Place) -> None:
    """Each part comes by whichever of two links is next, the last one after a restart."""
    async with running(place, carrier={"binds": 2}) as world:
        account = await world.gateway.store.account("test")
        assert account is not None
        address = NumberSettings("https://example.com/")
        new = NewNumber(NUMBER, account.id, "example.com:443", address, SystemClock().now())
        assert await world.gateway.store.inbox.add_number(new)
        await world.network.until(lambda counts: counts.binds > 1)
        assert set(await say(world, LONG, reference=7, order=(3, 1, 3))) == {0}
        assert await incoming(world) == []
    async with running(place, fresh=False) as world:
        assert await say(world, LONG, reference=7, order=(2,)) == [0]
        (story,) = await incoming(world)
    assert story.text == LONG
    assert story.line.account == "test"
    assert story.line.state is IncomingState.WAITING


async def test_what_came_of_a_text_is_delivered_when_its_time_is_over(place: Place) -> None:
    async with running(place) as world:
        assert await say(world, LONG, order=(1, 3)) == [0, 0]
        assert await incoming(world) == []
        gateway = world.gateway
        past = timedelta(seconds=-1)
        sweep = PartSweep(gateway.store, SystemClock(), gateway.metrics, wait=past)
        await sweep.once()
        (story,) = await incoming(world)
        assert gateway.metrics.incoming == Counter(incomplete=1)
    assert "[...]" in story.text
    assert story.text.startswith(LONG[:100])
    assert story.text.endswith(LONG[-20:])
    assert (story.line.parts, story.line.got) == (3, 2)


def post(port: int, order: dict[str, Any]) -> None:
    request = Request(
        f"http://{LOOPBACK}:{port}/mo", json.dumps(order).encode(), {"Content-Type": "application/json"}
    )
    urlopen(request, timeout=PATIENCE).close()  # noqa: S310


async def test_kill_9_between_parts_and_commits_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """The network sends again what it got no answer to; so a text may come twice, but none is missing."""
    journal, log, face = tmp_path / "network.jsonl", tmp_path / "log", free_port()
    dice = random.Random(7)
    network_args = ["simulate", "smsc", "--quiet", "--port", "0", "--http-port", str(face)]
    async with kavle(*network_args, "--journal", str(journal), log=log) as network:
        config = settings_file(tmp_path, network.port)
        serve = ["serve", "--config", str(config)]
        said = 0
        for _ in range(6):
            async with kavle(*serve, log=log) as gateway:
                for _ in range(40):
                    said += 1
                    order = {"from": PHONE, "to": NUMBER, "text": f"{said:04} " + LONG * (said % 2)}
                    await asyncio.to_thread(post, face, order | {"reference": said % 256})
                if dice.random() < 0.5:
                    await asyncio.sleep(dice.uniform(0, 0.05))
                await gateway.kill()
        async with kavle(*serve, log=log) as gateway:
            async with asyncio.timeout(PATIENCE):
                while len(acknowledged(journal)) < parts(journal):
                    await asyncio.sleep(0.1)
            assert await gateway.stop() == 0
    read = reading(tmp_path / "data" / "kavle.db")
    kept = [row[0] for row in await read("SELECT text FROM body JOIN incoming ON id = message_id")]
    texts = {f"{number:04} " + LONG * (number % 2) for number in range(1, said + 1)}
    assert {str(one) for one in kept} == texts
    waiting = await read("SELECT count(*) FROM incoming_part WHERE incoming_id IS NULL")
    assert waiting == [(0,)]
    code, out, _ = await run("incoming", "list", "--unowned", "--limit", "1000", "--config", str(config))
    assert code == 0
    assert len(out.splitlines()) == len(kept) + 1


def acknowledged(journal: Path) -> set[tuple[int, int]]:
    entries = read_journal(journal)
    return {(one.id, one.part) for one in entries if isinstance(one, MoAnswered) and one.status == 0}


def parts(journal: Path) -> int:
    return len({(one.id, one.part) for one in read_journal(journal) if isinstance(one, MoSent)})
