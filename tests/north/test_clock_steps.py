"""What goes by the clock on the wall between us and our callers, while that is set."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kavle.clock import SetClock
from kavle.core.allowance import Allowance
from kavle.model.account import Account, AccountSettings
from kavle.model.errors import Refusal
from kavle.north.auth import Authenticator, hash_password
from kavle.north.caller import Caller
from kavle.north.throttle import Throttle
from kavle.north.web.sessions import Sessions

MINUTES = timedelta(minutes=5)
BACK = [{"hours": -1.0}, {"days": -1.0}, {"days": -365.0}]
ON = [{"hours": 1.0}, {"days": 1.0}, {"days": 365.0}]


@pytest.mark.parametrize("step", BACK + ON, ids=str)
def test_nobody_is_shut_out_for_longer_than_a_window(step: dict[str, float]) -> None:
    clock, throttle = SetClock(), Throttle(2, MINUTES)
    for _ in range(2):
        throttle.add("somebody", clock.now())
    assert throttle.full("somebody", clock.now())
    clock.step(**step)
    clock.forward(minutes=5)
    assert not throttle.full("somebody", clock.now())
    for _ in range(2):
        throttle.add("somebody", clock.now())
    assert throttle.full("somebody", clock.now())


@pytest.mark.parametrize("step", BACK + ON, ids=str)
def test_a_session_from_the_future_is_over_and_so_is_one_of_long_ago(step: dict[str, float]) -> None:
    clock, sessions = SetClock(), Sessions(b"key")
    cookie = sessions.write(sessions.sign_in("customer", "test", "hash", clock.now()))
    clock.step(**step)
    assert sessions.read(cookie, clock.now()) is None


def test_nodes_whose_clocks_differ_by_a_little_read_each_others_sessions() -> None:
    clock, sessions = SetClock(), Sessions(b"key")
    cookie = sessions.write(sessions.sign_in("customer", "test", "hash", clock.now()))
    assert sessions.read(cookie, clock.step(seconds=-2)) is not None


@pytest.mark.parametrize("step", BACK + ON, ids=str)
async def test_a_password_that_was_changed_elsewhere_is_found_out_in_a_minute(step: dict[str, float]) -> None:
    clock, there = SetClock(), [Account(1, "test", hash_password("old"), AccountSettings())]

    async def find(name: str) -> Account | None:
        return there[0]

    log_ins = Authenticator(find, clock)
    caller = Caller("192.0.2.1")
    await log_ins.log_in("test", "old", caller)
    there[0] = Account(1, "test", hash_password("new"), AccountSettings())
    clock.step(**step)
    clock.forward(minutes=1)
    with pytest.raises(Refusal):
        await log_ins.log_in("test", "old", caller)
    log_ins.close()


@pytest.mark.parametrize("step", BACK + ON, ids=str)
def test_an_allowance_comes_back_in_a_minute(step: dict[str, float]) -> None:
    clock, allowance = SetClock(), Allowance()
    account = Account(1, "test", "", AccountSettings(per_minute=2))
    for _ in range(2):
        allowance.take(account, 1, clock.now())
    clock.step(**step)
    if step in BACK:
        with pytest.raises(Refusal):
            allowance.take(account, 1, clock.now())
    clock.forward(minutes=1)
    allowance.take(account, 1, clock.now())
