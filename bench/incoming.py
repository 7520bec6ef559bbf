"""What phones send: from the simulated network, by SMPP, through the gateway, to customers."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import apsw
import msgspec

from bench import customers, ours, phones
from bench.child import Broken, Child, child
from bench.scenarios import Figures, Scenario
from bench.shapes import ACCOUNT
from kavle.model.number import NumberSettings
from kavle.store.inbox import NewNumber
from kavle.store.sqlite.store import SqliteStore

RECEIVERS: Final = 10
NUMBERS: Final = 10  # of each
_LOOK: Final = 0.05
_GIVE_UP: Final = 60.0  # seconds without any progress
_ALLOW: Final = '[callbacks]\nallow = ["127.0.0.1"]\n'


def incoming(scenario: Scenario, messages: int, folder: Path, tell: Callable[[float], None]) -> Figures:
    """At a steady rate, to the numbers in turn. p50, p99 and `longest` are from a phone's sending to the call
    that told of it; the rate is of those that were told. Raises `Broken` if one is lost."""
    quick = RECEIVERS - scenario.hanging
    numbers = [f"4673749{number:04}" for number in range(RECEIVERS * NUMBERS)]
    told = messages * quick // RECEIVERS
    web = customers.Order(quick, scenario.hanging)
    crowd = phones.Order(numbers, messages, scenario.rate)
    with (
        child("customers", _command("customers", web), folder) as receivers,
        child("network", _command("phones", crowd), folder) as network,
    ):
        ports = [int(word) for word in receivers.line().split()]
        database = folder / "kavle.db"
        config = ours.settings(folder, int(network.line()), f"sqlite:///{database}")
        config.write_text(config.read_text() + _ALLOW)
        ours.create_account(config)
        asyncio.run(_add_numbers(database, numbers, ports))
        with ours.serve("kavle", config, folder) as (_, process):
            _bound(process, network)
            cpu = process.cpu()
            _say(network)
            noted = _all_told(receivers, process, told, tell)
            result = msgspec.json.decode(network.line(_GIVE_UP), type=phones.Result)
            cpu, memory = process.cpu() - cpu, process.peak_memory()
        waiting = _waiting(database)
    if (noted.messages, waiting) != (told, messages - told):
        raise Broken(f"of {messages} messages {noted.messages} were told of, and {waiting} still wait")
    return Figures(
        messages=messages,
        rate=told / (noted.at - result.began),
        cpu=cpu / messages,
        memory=memory,
        p50=noted.p50,
        p99=noted.p99,
        longest=noted.longest,
        network_cpu=result.cpu / messages,
    )


async def _add_numbers(database: Path, numbers: list[str], ports: list[int]) -> None:
    """The i-th is the i mod n-th receiver's: so each of these has as many as the others at any time."""
    now = datetime.now(UTC)
    store = await SqliteStore.open(database, now)
    account = await store.account(ACCOUNT)
    assert account is not None
    for place, number in enumerate(numbers):
        port = ports[place % len(ports)]
        settings = NumberSettings(f"http://127.0.0.1:{port}/incoming?key=value")
        await store.inbox.add_number(NewNumber(number, account.id, f"127.0.0.1:{port}", settings, now))
    await store.close()


def _all_told(
    receivers: Child, gateway: Child, wanted: int, tell: Callable[[float], None]
) -> customers.Noted:
    last, since = -1, time.monotonic()
    while True:
        gateway.check()
        _say(receivers)
        noted = msgspec.json.decode(receivers.line(), type=customers.Noted)
        if noted.messages >= wanted:
            return noted
        if noted.messages > last:
            last, since = noted.messages, time.monotonic()
            tell(last / wanted)
        elif time.monotonic() > since + _GIVE_UP:
            raise Broken(f"customers were told of {last} of {wanted} messages, and of no more")
        time.sleep(_LOOK)


def _bound(gateway: Child, network: Child) -> None:
    """Returns when the network says that the gateway's link is bound."""
    gateway.check()
    if network.line() != "bound\n":
        raise Broken("the network did not say that it is bound")


def _waiting(database: Path) -> int:
    db = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return int(db.execute("SELECT count(*) FROM callback").get)
    finally:
        db.close()


def _say(process: Child) -> None:
    process.input.write("go\n")
    process.input.flush()


def _command(module: str, order: customers.Order | phones.Order) -> list[str]:
    return [sys.executable, "-m", f"bench.{module}", msgspec.json.encode(order).decode()]
