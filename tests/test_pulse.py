"""Another process stands still if it answers nothing for many turns of ours, and not before."""

from __future__ import annotations

import asyncio

from kavle.cli.roles.pulse import STILL, Pulse
from kavle.model.errors import OutcomeUnknown


class Other:
    """A process that answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[asyncio.Future[None]] = []

    def beat(self) -> asyncio.Future[None]:
        self.asked.append(asyncio.get_running_loop().create_future())
        return self.asked[-1]

    def answer(self) -> None:
        self.asked[-1].set_result(None)


def turns(pulse: Pulse, count: int) -> list[bool]:
    return [pulse.turn() for _ in range(count)]


async def test_one_that_never_answers_is_found_once_and_asked_once() -> None:
    other = Other()
    assert turns(Pulse(other.beat), 3 * STILL) == [turn == STILL for turn in range(3 * STILL)]
    assert len(other.asked) == 1


async def test_one_that_answers_in_the_last_moment_has_all_the_time_again() -> None:
    other = Other()
    pulse = Pulse(other.beat)
    for _ in range(5):
        assert not any(turns(pulse, STILL))
        other.answer()
    assert turns(pulse, STILL + 1) == [False] * STILL + [True]


async def test_one_that_is_gone_does_not_stand_still() -> None:
    def beat() -> asyncio.Future[None]:
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        failed.set_exception(OutcomeUnknown("the gateway's engine is gone"))
        return failed

    assert not any(turns(Pulse(beat), 3 * STILL))
