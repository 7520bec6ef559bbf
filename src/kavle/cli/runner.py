"""One event loop for a command that runs until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop


def spare_the_collector() -> None:
    """To be called once all is imported and started. What is there now stays, so that the garbage collector
    need not walk through it again and again; and what a message leaves behind is mostly freed by reference
    counting, so that the collector may come seldom. It took 45 % of the loop's time before."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)


def run_until_stopped(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run `work(stop)`, where `stop` is set by the first SIGINT or SIGTERM. The second one ends at once."""

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def ask() -> None:
            if stop.is_set():
                raise SystemExit(130)
            stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ask)
        await work(stop)

    uvloop.run(main())


def printer(stop: asyncio.Event) -> Callable[[str], None]:
    """Prints lines until nobody reads them any more; then `stop` is set, and nothing more is printed."""

    def show(line: str) -> None:
        encoding = sys.stdout.encoding
        try:
            print(line.encode(encoding, "backslashreplace").decode(encoding), flush=True)
        except BrokenPipeError:
            # `kavle demo | head`: what is still in the buffer must go somewhere at the end, too.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            stop.set()

    return show
