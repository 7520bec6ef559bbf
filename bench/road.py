"""What accepting, leasing and asking cost after a long past, beside the same without any: the verbs alone,
on two databases in turn, hundred by hundred, so that what else the machine does hits both. A process of its
own:

    python -m bench.road '{"young": "young.toml", "old": "old.toml", "rounds": 500}'

It writes a line after each part of the rounds, and the result in the end.
"""

from __future__ import annotations

import asyncio
import random
import resource
import secrets
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import uvloop

from bench.fill import recipients
from bench.shapes import SEED, SENDER
from bench.verbs import Verbs, verbs
from kavle.core.order import SmsOrder
from kavle.core.queries import Queries
from kavle.model.account import Anyone
from kavle.model.message import Accepted, LeasedMessage, Outcome, Receipt
from kavle.model.status import Status
from kavle.store.types import LeaseRequest

PARTS: Final = 10
BATCH: Final = 100
"""Messages at once: a window's worth."""
_WARM_UP: Final = 20  # rounds
_RECENT: Final = 2_000  # messages: what is mostly asked for
_TEXT: Final = "Your code is 123456. It is valid for ten minutes."
_RAW: Final = "id:{} sub:001 dlvrd:001 submit date:2610281205 done date:2610281205 stat:DELIVRD err:000 text:"


class Order(msgspec.Struct, frozen=True):
    young: str
    old: str
    rounds: int


class Result(msgspec.Struct, frozen=True):
    """Seconds by verb, all rounds together."""

    young: dict[str, float]
    old: dict[str, float]
    cpu: float  # of this process, in both
    memory: int


class Road:
    """A hundred messages at a time, from their acceptance to what their status is when they are asked for."""

    def __init__(self, gateway: Verbs) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._gateway = gateway
        self._queries = Queries(gateway.store)
        self._draw = random.Random(SEED)  # noqa: S311 -- which are asked for

    async def go(self, number: int) -> None:
        orders = [SmsOrder(to, SENDER, _TEXT, "2") for to in recipients(number * BATCH, BATCH)]
        with self._timed("accept"):
            await asyncio.gather(*(self._gateway.accept.sms(self._gateway.account, one) for one in orders))
        with self._timed("lease"):
            leased = await self._lease()
        if len(leased) != BATCH:
            raise RuntimeError("a lease passed over messages that were ready")
        with self._timed("outcome"):
            await self._gateway.store.record([_taken(one) for one in leased])
        with self._timed("receipt"):
            matched = await self._gateway.store.receive([self._receipt(one) for one in leased])
        if matched != BATCH:
            raise RuntimeError("a receipt did not find its message")
        newest = await self._gateway.store.newest_id()
        await self._ask("status", max(1, newest - _RECENT), newest)
        await self._ask("any status", 1, newest)

    async def _ask(self, verb: str, first: int, last: int) -> None:
        """For the statuses of any of these, all at once."""
        public = self._gateway.store.public_ids.public
        wanted = [str(public(self._draw.randint(first, last))) for _ in range(BATCH)]
        with self._timed(verb):
            await asyncio.gather(*(self._queries.status(Anyone(), one) for one in wanted))

    async def _lease(self) -> list[LeasedMessage]:
        now = datetime.now(UTC)
        until, token = now + timedelta(minutes=2), secrets.randbits(62)
        return await self._gateway.store.lease(
            LeaseRequest(self._gateway.carrier_id, BATCH, token, now, until)
        )

    def _receipt(self, one: LeasedMessage) -> Receipt:
        name = _network_id(one)
        now = datetime.now(UTC)
        return Receipt(
            self._gateway.carrier_id, name, one.recipient, Status.DELIVERED, _RAW.format(name), now
        )

    @contextmanager
    def _timed(self, verb: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[verb] += time.perf_counter() - began


def _taken(one: LeasedMessage) -> Outcome:
    return Outcome(one.lease, 1, Accepted(_network_id(one)), datetime.now(UTC))


def _network_id(one: LeasedMessage) -> str:
    return f"{one.lease.message_id:x}"


async def go(order: Order) -> Result:
    gateways = [await verbs(Path(config)) for config in (order.young, order.old)]
    roads = [Road(gateway) for gateway in gateways]
    await _rounds(roads, 0, _WARM_UP)
    for road in roads:
        road.seconds.clear()
    cpu, part = _cpu(), max(1, order.rounds // PARTS)
    for first in range(0, order.rounds, part):
        await _rounds(roads, _WARM_UP + first, part)
        print(first + part, flush=True)
    cpu = _cpu() - cpu
    for gateway in gateways:
        await gateway.store.close()
    young, old = (road.seconds for road in roads)
    return Result(young, old, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


async def _rounds(roads: list[Road], first: int, count: int) -> None:
    """Who begins alternates too."""
    for number in range(first, first + count):
        for road in roads if number % 2 else reversed(roads):
            await road.go(number)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    order = msgspec.json.decode(sys.argv[1], type=Order)
    print(msgspec.json.encode(uvloop.run(go(order))).decode(), flush=True)


if __name__ == "__main__":
    main()
