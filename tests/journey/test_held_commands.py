"""An operator decides on what a network may have or not: through the gateway that runs, and without one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from kavle.cli.database import open_store
from kavle.clock import SystemClock
from kavle.model.audit import AuditLine, Came
from kavle.model.listing import Keys
from kavle.simulator.faults import Faults
from kavle.simulator.smsc import Smsc
from support.closing import closing
from support.patience import PATIENCE
from support.processes import LOOPBACK, Process, kavle, run, settings_file

UNKNOWN = "1234567890"
RELEASED = "in the queue again: sent, or ended as 43 where its validity is over."


async def send_and_lose(gateway: Process, network: Smsc) -> str:
    """Its link dies with the segment in flight."""
    network.inflict(Faults(drop_at_submit=1))
    return await gateway.send()


async def becomes(gateway: Process, id: str, status: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while status not in await gateway.get("/sendSms/sendSms.asmx/status", id=id):
            await asyncio.sleep(0.05)


async def test_held_messages_are_listed_released_failed_and_kept(
    tmp_path: Path, database: str, network: Smsc
) -> None:
    _, port = await network.start(LOOPBACK, 0)
    config = str(settings_file(tmp_path, port, database=database, carrier='unsure = "hold"'))

    async def held(*arguments: str) -> tuple[int, str, str]:
        return await run("held", *arguments, "--config", config)

    assert await held("list") == (0, "Nothing is held.\n", "")
    async with kavle("serve", "--config", config, log=tmp_path / "log") as gateway:
        ids = []
        for _ in range(3):
            id = await send_and_lose(gateway, network)
            await becomes(gateway, id, ">21<")
            ids.append(id)
        assert (network.counts.submits, await balance(gateway)) == (3, "97.00")
        _, out, _ = await held("list", "--carrier", "simulated")
        head, *listed = out.splitlines()
        assert head.endswith("since (UTC)")
        lines = [line.split() for line in listed]
        assert [line[:7] for line in lines] == [
            [id, "test", "simulated", "46702617396", "1", "of", "1"] for id in ids
        ]

        released, failed, kept = ids
        assert await held("release", released) == (0, f"1 message is {RELEASED}\n", "")
        await becomes(gateway, released, ">22<")
        code, out, err = await held("fail", failed, UNKNOWN)
        assert (code, out.startswith("1 message is failed"), UNKNOWN in err) == (1, True, True)
        await becomes(gateway, failed, ">51<")
        assert await balance(gateway) == "98.00"
        code, out, err = await held("release", released)
        assert (code, out) == (1, "")
        assert released in err
        assert await gateway.stop() == 0
    code, out, err = await held("keep", UNKNOWN)
    assert (code, out, UNKNOWN in err) == (1, "", True)
    assert (await held("keep", "--all"))[:2] == (0, "1 message is kept: 21, and paid.\n")
    assert await held("list") == (0, "Nothing is held.\n", "")
    assert await held("keep", "--all") == (0, "Nothing is held.\n", "")
    assert network.counts.submits == 4
    assert [(line.subject, line.came) for line in await audited(database)] == [
        (released, Came.DONE),
        (f"{failed} {UNKNOWN}", Came.DONE),
        (released, Came.REFUSED),
        (UNKNOWN, Came.REFUSED),
        (kept, Came.DONE),
    ]


async def audited(database: str) -> list[AuditLine]:
    """What was decided, the oldest first."""
    async with closing(await open_store(database, SystemClock())) as store:
        lines = (await store.office.audit(Keys(50))).lines
    return [line for line in lines[::-1] if line.what.startswith("Held")]


async def balance(gateway: Process) -> str:
    answer = await gateway.get("/sendSms/sendSms.asmx/balans", Konto="test", Passwd="1234")
    return answer.split(">")[2].split("<")[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ("release",),
        ("fail", "1234", "--all"),
        ("keep", "1234", "--carrier", "simulated"),
        ("list", "--carrier", "tele2"),
    ],
)
async def test_what_can_not_be_meant_is_told(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    config = settings_file(tmp_path, 1)
    code, out, err = await run("held", *arguments, "--config", str(config))
    assert (code, out) == (2, "")
    assert "Error: " in err
