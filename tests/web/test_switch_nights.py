"""The two nights of the year on which Sweden's clocks are set: 02:30 comes twice, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from kavle.clock import SetClock
from support.pages import browsing
from support.running import running

FORM = {"to": "0702617396", "sender": "ip1", "text": "Testar", "priority": "2"}


async def test_a_message_for_half_past_two(tmp_path: Path) -> None:
    clock = SetClock(datetime(2026, 10, 1, 12, 0, tzinfo=UTC))
    account = {"konto": "test", "passwd": "1234", "till": "0702617396", "meddelande": "Hej", "from": "ip1"}
    async with running(tmp_path / "kavle.db", clock=clock) as run, browsing(run.url) as customer:
        await customer.sign_in()
        await customer.get("/portal/send")
        page = await customer.post("/portal/send", at="2026-10-25T02:30", **FORM)
        assert "waits for its time" in page.text
        id = page.body.partition("/portal/message/")[2].partition("/")[0].partition('"')[0]
        assert await run.soap("tidpunkt", id=id) == "2026-10-25 02:30:00"
        clock.step(days=23, hours=12, minutes=29)  # 00:29 in UTC: before the first of the two
        assert await run.soap("status", id=id) == "11"
        clock.step(minutes=2)
        await run.until(id, 21, 22)
        await customer.sign_in()
        await customer.get("/portal/send")
        page = await customer.post("/portal/send", at="2027-03-28T02:30", **FORM)
        assert (page.status, "clocks are put forward over it" in page.text) == (422, True)
        by_hand = [
            await run.soap("smsAt", prio="2", sendAt=str(int(at.timestamp())), **account)
            for at in (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), datetime(2027, 3, 28, 1, 30, tzinfo=UTC))
        ]
        told = [await run.soap("tidpunkt", id=id) for id in by_hand]
        assert told == ["2026-10-25 02:30:00", "2027-03-28 03:30:00"]
        run.complete = False
