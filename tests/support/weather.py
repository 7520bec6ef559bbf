"""What goes wrong between a network and its gateways, at random: orders to the simulated network's face."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from support.esme import http, posting

Order = dict[str, Any]
_TOGETHER = 2  # so many faults at once


class Weather:
    """`await strike()` brings something about for a while; `struck` counts what. `await clear()` ends it."""

    def __init__(self, face: int, dice: random.Random) -> None:
        """`face` is the port of the network's."""
        self._face = face
        self._dice = dice
        self.struck: Counter[str] = Counter()
        some = dice.uniform
        self._likely: dict[str, tuple[int, Callable[[], Order]]] = {
            "links cut": (4, lambda: {"drop_links": True}),
            "link cut at a submit": (4, lambda: {"drop_at_submit": dice.randint(1, 50)}),
            "links cut at some submits": (2, lambda: {"drop": 0.02}),
            "binds refused": (2, lambda: {"drop_links": True, "refuse_binds": some(0, 1)}),
            "links half open": (2, lambda: {"half_open": some(0, 0.5)}),
            "mute": (2, lambda: {"mute": some(0, 0.5)}),
            "responses lost": (3, lambda: {"lost_responses": 0.02}),
            "slow": (3, lambda: {"response_delay": some(0, 0.3), "receipt_delay": some(0, 0.3)}),
            "too slow": (1, lambda: {"response_delay": some(0.8, 1.5)}),
            "out of order": (6, lambda: {"response_jitter": some(0, 0.3), "receipt_jitter": some(0, 1)}),
            "receipts early": (4, lambda: {"early_receipts": some(0, 1)}),
            "receipts twice": (4, lambda: {"duplicate_receipts": some(0, 1), "receipt_jitter": some(0, 0.5)}),
            "receipts by another link": (4, lambda: {"other_link": some(0, 1)}),
            "throttling": (1, lambda: {"throttle": some(0, 0.2)}),
            "too fast": (1, lambda: {"rate": dice.randint(50, 300)}),
            "queue full": (1, lambda: {"queue_full": some(0, 0.2)}),
        }

    async def strike(self) -> None:
        names = list(self._likely)
        weights = [weight for weight, _ in self._likely.values()]
        order: Order = {"calm": True}
        for name in self._dice.choices(names, weights, k=self._dice.randint(1, _TOGETHER)):
            self.struck[name] += 1
            order |= self._likely[name][1]()
        await self.order(order)
        await asyncio.sleep(self._dice.uniform(0.05, 0.5))
        if self._dice.random() < 0.3:
            await self.clear()
            await asyncio.sleep(self._dice.uniform(0, 0.5))

    async def clear(self) -> None:
        await self.order({"calm": True})

    async def order(self, order: Order) -> None:
        status, told = await http(self._face, posting(json.dumps(order)))
        assert status == 200, told
