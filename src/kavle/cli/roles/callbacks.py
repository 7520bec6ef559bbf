"""Role callbacks: customers' web applications are called for what came in for them."""

from __future__ import annotations

import asyncio

from kavle.cli.roles.node import Node
from kavle.cli.terms import limits
from kavle.core.callbacks import Callbacks
from kavle.south.callback.dial import Dial


class CallbackCalls:
    def __init__(self, node: Node) -> None:
        self._node = node
        self._dial = Dial(node.settings.callbacks)
        self._callbacks = Callbacks(node.store, node.clock, node.metrics, self._dial, limits(node.settings))
        self._calling = False
        self._task: asyncio.Task[None]

    async def start(self) -> None:
        self._node.came.listen(self._callbacks.wake)
        self._task = self._node.run(self._call(), "callbacks")

    async def _call(self) -> None:
        await self._node.confirmed()
        self._calling = True
        await self._callbacks.run()

    async def stop(self) -> None:
        """Calls under way are awaited, what has not begun goes back."""
        if self._calling:
            await self._callbacks.stop()
        await self._node.end([self._task])
        if not self._calling:
            self._dial.close()
