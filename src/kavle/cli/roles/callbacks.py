"""Role callbacks: customers' web applications are called for what came in for them."""

from __future__ import annotations

import asyncio

from kavle.cli.config import limits
from kavle.cli.roles.node import Node
from kavle.core.callbacks import Callbacks
from kavle.south.callback.dial import Dial


class CallbackCalls:
    def __init__(self, node: Node) -> None:
        self._node = node
        dial = Dial(node.settings.callbacks)
        self._callbacks = Callbacks(node.store, node.clock, node.metrics, dial, limits(node.settings))
        self._task: asyncio.Task[None]

    async def start(self) -> None:
        self._node.came.listen(self._callbacks.wake)
        self._task = self._node.run(self._callbacks.run(), "callbacks")

    async def stop(self) -> None:
        """Calls under way are awaited, what has not begun goes back."""
        await self._callbacks.stop()
        await self._node.end([self._task])
