"""For pure code that is fed what it was not made for: it comes to an end, or the test does."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_hang(seconds: int) -> Iterator[None]:
    """Raises TimeoutError within, after so many seconds. In the main thread alone."""

    def ring(number: int, frame: object) -> None:
        raise TimeoutError(f"not done in {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
