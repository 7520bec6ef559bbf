"""Customers by the dozen, without a process and a password to be hashed for each."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from kavle.cli.database import open_store
from kavle.clock import SystemClock
from kavle.core.accounts import Accounts, CreateAccount
from kavle.model.account import Role
from kavle.model.money import UNIT
from kavle.model.operator import OperatorAccount
from kavle.north.auth import hash_password
from kavle.store.store import Store


async def make_operator(store: Store, name: str, password: str, role: Role = "admin") -> None:
    hashed = await asyncio.to_thread(hash_password, password)
    now = SystemClock().now()
    await store.office.add(OperatorAccount(name, hashed, role, disabled=False, created_at=now))


async def open_accounts(database: str, credits: Mapping[str, int]) -> None:
    """By name; all with the password 1234. No gateway need run."""
    clock = SystemClock()
    store = await open_store(database, clock)
    password = hash_password("1234")
    try:
        for name, amount in credits.items():
            await Accounts(store, clock).create(CreateAccount(name, password, amount * UNIT))
    finally:
        await store.close()
