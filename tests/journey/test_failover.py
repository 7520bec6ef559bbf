"""Two ways to the phones: what waits for the first goes out by the second while the first has no link, and
new messages go by the first again once it has one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from structlog.testing import capture_logs

from kavle.cli.app import Gateway
from kavle.cli.config import CarrierSettings, GatewaySettings, RouteSettings, Settings
from kavle.clock import SystemClock
from kavle.core.carriers import Carriers
from kavle.north.settings import HttpSettings
from kavle.simulator.faults import Faults
from kavle.simulator.journal import MemoryJournal, Submission
from kavle.simulator.smsc import Smsc, SmscSettings
from kavle.south.ip1.settings import Ip1Settings
from kavle.south.smpp.settings import SmppSettings
from kavle.store.rows import SegmentOutcome
from support.books import Place, one, reading
from support.invariants import invariants
from support.patience import PATIENCE
from support.provider import TOKEN, Provider
from support.running import LOOPBACK, Running

FOR_EVER = 86_400.0
_EVER_UNSURE = (
    "SELECT m.recipient FROM segment AS s JOIN message AS m ON m.id = s.message_id"  # noqa: S608 -- a number of ours
    f" WHERE s.outcome = {int(SegmentOutcome.UNSURE)}"
)


class Network:
    """A simulated one, and what it saw."""

    def __init__(self, name: str, **settings: object) -> None:
        self.name = name
        self.journal = MemoryJournal()
        self.smsc = Smsc(SmscSettings(**settings), structlog.get_logger(), self.journal)  # type: ignore[arg-type]

    async def carrier(self, **settings: object) -> SmppSettings:
        _, port = await self.smsc.start(LOOPBACK, 0)
        login = {"system_id": "kavle", "password": "secret", "reconnect_max": 0.2}
        return SmppSettings(name=self.name, host=LOOPBACK, port=port, **{**login, **settings})  # type: ignore[arg-type]

    def goes_down(self) -> None:
        self.smsc.inflict(Faults(refuse_binds=FOR_EVER, drop_links=True))

    def comes_back(self) -> None:
        self.smsc.inflict(Faults(refuse_binds=0))

    def taken(self) -> set[str]:
        """Recipients of what it took."""
        return {
            one.recipient for one in self.journal.entries if isinstance(one, Submission) and not one.status
        }


class Ways(Running):
    """A gateway whose only route has these carriers, in this order."""

    def __init__(self, gateway: Gateway, network: Network, place: Place) -> None:
        super().__init__(gateway, network.smsc, network.journal)
        self.read = reading(place)

    async def send_to(self, numbers: Iterable[str], **call: str) -> list[str]:
        return list(await asyncio.gather(*(self.send(to=f"+{number}", **call) for number in numbers)))

    async def until_rows(self, sql: str, value: object) -> None:
        async with asyncio.timeout(PATIENCE):
            while await one(self.read, sql) != value:
                await asyncio.sleep(0.05)

    async def until_down(self, name: str, *, down: bool) -> None:
        """Its metric says so."""
        async with asyncio.timeout(PATIENCE):
            while (
                f'kavle_carrier_down_seconds{{carrier="{name}"}} 0.0\n' in await self.get("/metrics")
            ) is down:
                await asyncio.sleep(0.05)

    async def is_shown_down(self) -> list[str]:
        view = await Carriers(self.gateway.store, SystemClock()).show()
        return [one.carrier for one in view.states if one.down_since is not None]


@asynccontextmanager
async def ways(
    place: Place, carriers: Sequence[CarrierSettings], networks: Sequence[Network], after: float = 1.0
) -> AsyncIterator[Ways]:
    settings = Settings(
        database=f"sqlite:///{place}" if isinstance(place, Path) else place,
        http=HttpSettings(host=LOOPBACK, port=0),
        carrier=list(carriers),
        route=[RouteSettings(carriers=[carrier.name for carrier in carriers])],
        gateway=GatewaySettings(failover_after=after),
    )
    gateway = Gateway(settings, SystemClock())
    await gateway.start()
    run = Ways(gateway, networks[0], place)
    try:
        await run.account("test", "1234", 1000)
        await networks[0].smsc.until(lambda counts: counts.binds > 0)
        await run.until_down(networks[0].name, down=False)
        yield run
    finally:
        await gateway.stop()
        for network in networks:
            await network.smsc.stop()


def numbers(first: int, count: int) -> list[str]:
    return [f"467026{number:05}" for number in range(first, first + count)]


async def test_a_backlog_goes_by_the_second_network_and_new_messages_by_the_first_again(
    place: Place,
) -> None:
    telia, tele2 = Network("telia", receipt_delay=2.0), Network("tele2")
    carriers = [await telia.carrier(rate=5.0), await tele2.carrier()]
    async with ways(place, carriers, [telia, tele2]) as run:
        backlog = numbers(10_000, 40)
        await run.send_to(backlog)
        await telia.smsc.until(lambda counts: counts.submits >= 3)
        telia.goes_down()
        with capture_logs() as log:
            # But for what was on its way when the link was lost: the first has it, or not.
            await run.until_rows("SELECT count(*) FROM job WHERE unsure = 0", 0)
        assert {"prefix": "", "carrier": "tele2", "before": "telia"}.items() <= next(
            line for line in log if line["event"] == "a route goes by another carrier"
        ).items()
        assert telia.taken() | tele2.taken() >= set(backlog)
        # Who is sent again since nobody knows may go to both.
        unsure = {row[0] for row in await run.read(_EVER_UNSURE)}
        assert not telia.taken() & tele2.taken() - unsure, "none else goes to both"
        assert len(tele2.taken()) > 20, "there was a backlog"
        assert await run.is_shown_down() == ["telia"]
        (new,) = await run.send_to(numbers(20_000, 1))
        await run.until(new, 22)
        assert numbers(20_000, 1)[0] in tele2.taken()

        telia.comes_back()
        await run.until_down("telia", down=False)
        assert await run.is_shown_down() == []
        (newer,) = await run.send_to(numbers(30_000, 1))
        await run.until(newer, 22)
        assert numbers(30_000, 1)[0] in telia.taken()
        # The receipts of what the first took before are among those that come now.
        await run.until_rows("SELECT count(*) FROM message WHERE status <> 22", 0)
    entries = [*telia.journal.entries, *tele2.journal.entries]
    await invariants(place, entries, run.answered)


async def test_a_rest_provider_stands_in_for_what_it_takes(place: Place) -> None:
    telia = Network("telia")
    async with Provider() as provider:
        rest = Ip1Settings(name="ip1", token=TOKEN, api=provider.url, reconnect_max=0.2)
        async with ways(place, [await telia.carrier(), rest], [telia]) as run:
            telia.goes_down()
            await run.until_down("telia", down=True)
            plain = await run.send_to(numbers(10_000, 3))
            (spaced,) = await run.send_to(numbers(20_000, 1), **{"from": "Kavle AB"})
            for answer in plain:
                await run.until(answer, 21)
            assert sorted(number for batch in provider.batches for number in batch["recipients"]) == numbers(
                10_000, 3
            )
            assert await run.until(spaced, 10) == 10, "it takes no sender with a space"
            telia.comes_back()
            await run.until(spaced, 22)
            assert telia.taken() == set(numbers(20_000, 1))


async def test_a_moment_without_a_link_moves_nothing(place: Place) -> None:
    telia, tele2 = Network("telia"), Network("tele2")
    carriers = [await telia.carrier(), await tele2.carrier()]
    async with ways(place, carriers, [telia, tele2], after=600.0) as run:
        telia.goes_down()
        await run.until_down("telia", down=True)
        answers = await run.send_to(numbers(10_000, 5))
        telia.comes_back()
        for answer in answers:
            await run.until(answer, 22)
        assert telia.taken() == set(numbers(10_000, 5))
        assert tele2.taken() == set()
    await invariants(place, [*telia.journal.entries, *tele2.journal.entries], run.answered)
