"""How tests wait: for facts, and as long as a loaded machine may take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

# Seconds. What is not so by then never will be: a shorter wait only measures the machine.
PATIENCE: Final = 120


async def until(true: Callable[[], object]) -> None:
    """Returns once it is; a test that waits in vain tells for what by its line."""
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.005)
