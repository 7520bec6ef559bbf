"""A gateway's verbs without any face, in this process."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from bench.shapes import ACCOUNT
from kavle.cli.config import read
from kavle.cli.database import open_store
from kavle.cli.terms import carrier_terms, terms
from kavle.clock import SystemClock
from kavle.core.accept import Accept
from kavle.core.failover import Failover
from kavle.metrics import Metrics
from kavle.model.account import Account
from kavle.store.store import Store


class Verbs(NamedTuple):
    store: Store
    accept: Accept
    account: Account
    carrier_id: int


async def verbs(config: Path) -> Verbs:
    """By the settings that `bench.ours` writes; to be closed by its store."""
    settings, clock = read(config, {}), SystemClock()
    store = await open_store(settings.database, clock)
    ids = await store.carrier_ids(carrier_terms(settings))
    account = await store.account(ACCOUNT)
    if account is None:
        raise RuntimeError("there is no account")
    agreed = terms(settings, ids)
    failover = Failover(agreed.routes, settings.gateway.failover_after)
    accept = Accept(store, clock, agreed, failover, Metrics(), lambda carrier, urgent: None)
    return Verbs(store, accept, account, next(iter(ids.values())))
