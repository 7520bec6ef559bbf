"""Fills a gateway's queue before it starts: bundles accepted and made into messages, or messages for a time
that is to come. A process of its own, so that its memory is seen:

    python -m bench.fill '{"config": "kavle.toml", "messages": 100000}'

It writes the result in the end.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from pathlib import Path
from typing import Final

import msgspec
import uvloop

from bench.shapes import ACCOUNT, SENDER
from kavle.cli.config import carrier_terms, read, terms
from kavle.cli.database import open_store
from kavle.clock import Clock, SystemClock
from kavle.core.accept import Accept
from kavle.core.failover import Failover
from kavle.core.order import MOST_RECIPIENTS, BundleOrder, SmsOrder
from kavle.metrics import Metrics
from kavle.model.account import Account
from kavle.store.store import Store

_TEXT: Final = "The water will be turned off tomorrow from nine to eleven."


class Order(msgspec.Struct, frozen=True):
    config: str
    messages: int
    due: int | None = None  # Unix seconds, of messages one by one; None: bundles, for now


class Result(msgspec.Struct, frozen=True):
    seconds: float  # until the last was a message with its job
    cpu: float
    memory: int  # resident at most


async def fill(order: Order) -> Result:
    settings, clock = read(Path(order.config), {}), SystemClock()
    store = await open_store(settings.database, clock)
    ids = await store.carrier_ids(carrier_terms(settings))
    account = await store.account(ACCOUNT)
    if account is None:
        raise RuntimeError("there is no account")
    agreed = terms(settings, ids)
    failover = Failover(agreed.routes, settings.gateway.failover_after)
    accept = Accept(store, clock, agreed, failover, Metrics(), lambda carrier, urgent: None)
    began = time.perf_counter()
    if order.due is None:
        await _bundles(accept, store, clock, account, order.messages)
    else:
        await _timed(accept, account, order.messages, order.due)
    seconds = time.perf_counter() - began
    await store.close()
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Result(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


async def _bundles(accept: Accept, store: Store, clock: Clock, account: Account, messages: int) -> None:
    """Each as it comes: accepted, then expanded to the last recipient."""
    for first in range(0, messages, MOST_RECIPIENTS):
        count = min(MOST_RECIPIENTS, messages - first)
        await accept.bundle(account, BundleOrder(",".join(_recipients(first, count)), SENDER, _TEXT, "1"))
        while await store.advance(clock.now()):
            pass


async def _timed(accept: Accept, account: Account, messages: int, due: int) -> None:
    orders = [SmsOrder(to, SENDER, _TEXT, "2", at=str(due)) for to in _recipients(0, messages)]
    await asyncio.gather(*(accept.sms(account, order) for order in orders))


def _recipients(first: int, count: int) -> list[str]:
    """Swedish mobile numbers, none of them one of the simulated network's magic ones."""
    return [f"4673{number:07}" for number in range(first, first + count)]


def main() -> None:
    order = msgspec.json.decode(sys.argv[1], type=Order)
    print(msgspec.json.encode(uvloop.run(fill(order))).decode(), flush=True)


if __name__ == "__main__":
    main()
