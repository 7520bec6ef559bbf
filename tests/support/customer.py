"""A customer's web application that has its moods, and remembers what it was told."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from support.calls import NUMBER
from support.processes import run
from support.receivers import OK, Receiver, query, receiver, says

SETTINGS = """
[callbacks]
allow = ["127.0.0.0/8"]
interval = 0.5
tries = 1000
"""
_BUSY = says(b"later", "503 Service Unavailable")


class Customer:
    """`told` is each call that it got, and whether it said OK; `moods` how often it did what. `there` is the
    server that it is the behaviour of."""

    there: Receiver

    def __init__(self, dice: random.Random) -> None:
        self.told: list[tuple[dict[str, bytes], bool]] = []
        self.moods: Counter[str] = Counter()
        self._dice = dice

    async def answer(self, writer: asyncio.StreamWriter) -> None:
        target = self.there.heads[-1].split()[1]  # nobody else had a turn since it came
        told = query(target.decode("ascii"))
        (mood,) = self._dice.choices(["OK", "slow", "busy", "hung up"], [12, 2, 1, 1])
        self.moods[mood] += 1
        self.told.append((told, mood in ("OK", "slow")))
        if mood == "slow":
            await asyncio.sleep(0.2)
        if mood == "hung up":
            writer.close()
        else:
            await (_BUSY if mood == "busy" else OK)(writer)


@asynccontextmanager
async def customer(dice: random.Random) -> AsyncIterator[Customer]:
    one = Customer(dice)
    async with receiver(one.answer) as one.there:
        yield one


async def give_number(account: str, url: str, config: str) -> None:
    """The one that phones write back to."""
    given = ["number", "add", NUMBER, "--account", account, "--callback", url, "--config", config]
    code, _, errors = await run(*given)
    assert code == 0, errors
