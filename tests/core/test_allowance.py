"""An account's share of a minute."""

from __future__ import annotations

import pytest

from kavle.clock import SetClock
from kavle.core.allowance import MOST_CHANGES, Allowance, Changes
from kavle.model.account import Account, AccountSettings
from kavle.model.errors import OperatorError, Reason, Refusal


def account(per_minute: int, id: int = 1) -> Account:
    return Account(id, f"account{id}", "", AccountSettings(per_minute=per_minute))


def taken(allowance: Allowance, who: Account, clock: SetClock, tries: int = 100, messages: int = 1) -> int:
    """How many of so many tries are taken at this moment."""
    for count in range(tries):
        try:
            allowance.take(who, messages, clock.now())
        except Refusal:
            return count
    return tries


def test_so_many_are_taken_in_a_minute_and_more_as_it_passes() -> None:
    allowance, clock, who = Allowance(), SetClock(), account(30)
    assert taken(allowance, who, clock) == 30
    assert taken(allowance, account(30, id=2), clock) == 30, "others have their own"
    with pytest.raises(Refusal) as refused:
        allowance.take(who, 1, clock.now())
    assert refused.value.reason is Reason.UNAVAILABLE
    clock.forward(seconds=2)
    assert taken(allowance, who, clock) == 1
    clock.forward(minutes=10)
    assert taken(allowance, who, clock) == 30, "what was not used is not saved up"


def test_a_bundle_is_taken_whole_and_waited_for_afterwards() -> None:
    allowance, clock, who = Allowance(), SetClock(), account(100)
    assert taken(allowance, who, clock, messages=1000) == 1
    clock.forward(minutes=9)
    assert taken(allowance, who, clock) == 0
    clock.forward(minutes=1)
    assert taken(allowance, who, clock) == 100


def test_without_a_limit_there_is_none() -> None:
    assert taken(Allowance(), account(0), SetClock(), tries=10_000) == 10_000


@pytest.mark.parametrize("backwards", [1, 3600])
def test_a_clock_that_goes_back_lets_nobody_wait_the_longer(backwards: int) -> None:
    allowance, clock, who = Allowance(), SetClock(), account(10)
    assert taken(allowance, who, clock) == 10
    clock.forward(seconds=-backwards)
    assert taken(allowance, who, clock) == 0
    clock.forward(minutes=1)
    assert taken(allowance, who, clock) == 10


def test_a_customer_makes_so_many_changes_in_a_row_and_then_one_a_minute() -> None:
    changes, clock, who = Changes(), SetClock(), account(0)
    for _ in range(MOST_CHANGES):
        changes.take(who, clock.now())
    with pytest.raises(OperatorError, match="one is taken each minute"):
        changes.take(who, clock.now())
    changes.take(account(0, id=2), clock.now())  # others have their own
    clock.forward(minutes=1)
    changes.take(who, clock.now())
    with pytest.raises(OperatorError):
        changes.take(who, clock.now())
