"""A network that bears less than its carrier's `rate` says: from a bundle's accept to the last phone."""

from __future__ import annotations

import asyncio

from kavle.model.link import LinkReport
from kavle.simulator.faults import Faults
from kavle.simulator.journal import Submission
from support.books import Place
from support.patience import PATIENCE
from support.running import Running, running

BEARS = 50
MANY = 300
ALARM = "46701740605"


async def link(run: Running) -> LinkReport | None:
    links = await run.gateway.store.links()
    return links[0].report if links else None


async def slowed(run: Running) -> LinkReport:
    """As `kavle carriers` shows it, once it is."""
    async with asyncio.timeout(PATIENCE):
        while (report := await link(run)) is None or not report.slowed:
            await asyncio.sleep(0.05)
    return report


async def test_a_bundle_goes_at_the_rate_that_the_network_bears_and_an_alarm_before_it(place: Place) -> None:
    async with running(place, carrier={"rate": 60.0}) as run:
        run.network.inflict(Faults(rate=BEARS))
        login = {"konto": "test", "passwd": "1234", "from": "ip1", "meddelande": "Till alla"}
        numbers = ",".join(f"4670{number:07}" for number in range(MANY))
        await run.soap("smsBundle", **login, till=numbers, prio="1")
        report = await slowed(run)
        assert report.rate is not None
        assert report.rate < 60
        await run.until(await run.send(to=ALARM, prio="3"), 22)
        sent = [one.recipient for one in run.journal.entries if isinstance(one, Submission)]
        assert sent.index(ALARM) < MANY - 5, "the alarm has waited for all the others"
        async with asyncio.timeout(PATIENCE):
            await run.network.until(lambda counts: counts.delivered == MANY + 1)
        refused = run.network.counts.refused
        assert 0 < refused < MANY / 8, f"{refused} were refused"
