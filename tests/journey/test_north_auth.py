"""Log-in: who is let in, how often somebody may be wrong, and what that costs the others."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from argon2 import extract_parameters
from structlog.testing import capture_logs

from kavle.clock import SetClock
from kavle.model.account import Account, AccountSettings
from kavle.model.errors import Reason, Refusal
from kavle.north import auth
from kavle.north.auth import NOBODYS, Authenticator, LogInLimits, hash_password
from kavle.north.caller import Admission, Caller
from support.north import NAME, PASSWORD, QUERY, gateway

RIGHT = "1234"
HERE, THERE = "192.0.2.1", "198.51.100.7"
HASHES = {"test": hash_password(RIGHT), "other": hash_password("5678")}


class World:
    """Accounts, a clock, and a count of how often argon2 was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.accounts = {name: Account(at, name, hashed) for at, (name, hashed) in enumerate(HASHES.items())}
        self.clock = SetClock()
        self.hashed = 0
        self.compared_with: list[str] = []
        self.held = threading.Event()
        self.held.set()
        matches = auth._matches

        def counted(password_hash: str, password: str) -> bool:
            self.hashed += 1
            self.compared_with.append(password_hash)
            self.held.wait()
            return matches(password_hash, password)

        monkeypatch.setattr(auth, "_matches", counted)
        self.authenticator = self.made()

    def made(self, **limits: Any) -> Authenticator:
        async def find(name: str) -> Account | None:
            return self.accounts.get(name)

        self.authenticator = Authenticator(find, self.clock, LogInLimits(**limits))
        return self.authenticator

    async def log_in(self, name: str = "test", password: str = RIGHT, address: str = HERE) -> str:
        """The account's name, or why not."""
        try:
            return (await self.authenticator.log_in(name, password, Caller(address))).name
        except Refusal as refusal:
            return refusal.reason.name


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    world = World(monkeypatch)
    yield world
    world.held.set()
    world.authenticator.close()


def test_a_hash_is_argon2id_and_salted() -> None:
    assert hash_password("1234").startswith("$argon2id$")
    assert hash_password("1234") != hash_password("1234")


def test_who_has_no_account_waits_as_long_as_who_has_one() -> None:
    assert extract_parameters(NOBODYS) == extract_parameters(hash_password("1234"))


async def test_right_and_wrong_and_missing(world: World) -> None:
    assert await world.log_in() == "test"
    assert await world.log_in(password="5678") == "CREDENTIALS"
    assert await world.log_in(name="nobody") == "CREDENTIALS"
    assert await world.log_in(name="Test") == "CREDENTIALS"
    assert await world.log_in(password="") == "PARAMETER"
    assert await world.log_in(name="") == "PARAMETER"
    for name, password in ((None, "1234"), ("test", None)):
        with pytest.raises(Refusal) as raised:
            await world.authenticator.log_in(name, password, Caller(HERE))
        assert raised.value.reason is Reason.PARAMETER


async def test_a_verified_password_is_not_hashed_again(world: World) -> None:
    assert world.authenticator.known("test", "1234", HERE) is None
    for _ in range(5):
        assert await world.log_in() == "test"
    assert world.authenticator.known("test", "1234", HERE) == world.accounts["test"]
    assert world.authenticator.known("test", "12345", HERE) is None
    assert world.authenticator.known("test", "1234", THERE) is None
    assert world.hashed == 1


async def test_a_listeners_accounts_are_the_only_ones_that_may_log_in_by_it(world: World) -> None:
    here = Caller(HERE, Admission(accounts=frozenset({"other"})))
    assert (await world.authenticator.log_in("other", "5678", here)).name == "other"
    assert await world.log_in() == "test"
    for _ in range(2):  # verified, and remembered
        with pytest.raises(Refusal) as raised:
            await world.authenticator.log_in("test", "1234", here)
        assert raised.value.reason is Reason.CREDENTIALS


def change(world: World, **settings: Any) -> None:
    world.accounts["test"] = Account(0, "test", HASHES["test"], AccountSettings(**settings))


async def test_a_disabled_account_is_let_in_nowhere_until_it_is_enabled(world: World) -> None:
    assert await world.log_in() == "test"
    change(world, disabled=True)
    world.clock.forward(minutes=1)
    for _ in range(20):  # and is no guesser
        assert await world.log_in() == "CREDENTIALS"
    assert await world.log_in(password="wrong") == "CREDENTIALS"
    change(world)
    world.authenticator.forget("test")
    assert await world.log_in() == "test"


ALLOWED = {
    HERE: True,
    "192.0.2.255": True,
    f"::ffff:{HERE}": True,
    "2001:db8::7": True,
    THERE: False,
    "2001:db8::8": False,
    "": False,
    "unknown": False,
}


@pytest.mark.parametrize(("address", "allowed"), ALLOWED.items(), ids=ALLOWED)
async def test_an_account_may_name_the_addresses_it_calls_from(
    world: World, address: str, allowed: bool
) -> None:
    change(world, addresses=("192.0.2.77/24", "2001:db8::7"))
    for _ in range(2):  # verified, and remembered
        assert await world.log_in(address=address) == ("test" if allowed else "CREDENTIALS")
    assert await world.log_in("other", "5678", address) == "other"


async def test_an_address_that_is_taken_away_is_noticed(world: World) -> None:
    change(world, addresses=(HERE, THERE))
    assert await world.log_in(address=THERE) == "test"
    change(world, addresses=(HERE,))
    assert await world.log_in(address=THERE) == "test"
    world.clock.forward(minutes=1)
    assert await world.log_in(address=THERE) == "CREDENTIALS"
    assert await world.log_in() == "test"


@pytest.mark.parametrize("name", ["test\0", "te\0st", "test\n", "\ud800", "x" * 65])
async def test_what_can_be_no_accounts_name_costs_nothing(world: World, name: str) -> None:
    assert await world.log_in(name) == "CREDENTIALS"
    assert world.hashed == 0


async def test_callers_who_come_at_once_share_one_verification(world: World) -> None:
    assert set(await asyncio.gather(*(world.log_in() for _ in range(64)))) == {"test"}
    assert world.hashed == 1


async def test_an_unknown_account_is_hashed_like_a_known_one(world: World) -> None:
    await world.log_in()
    await world.log_in(name="nobody")
    known, unknown = (compared.rsplit("$", 2)[0] for compared in world.compared_with)
    assert known == unknown  # the same parameters, so the same time


async def test_after_a_while_the_account_is_looked_at_again_but_not_hashed(world: World) -> None:
    await world.log_in()
    world.clock.forward(minutes=1)
    assert world.authenticator.known("test", "1234", HERE) is None
    assert await world.log_in() == "test"
    assert world.hashed == 1


async def test_a_changed_password_is_noticed_by_then_whoever_changed_it(world: World) -> None:
    await world.log_in()
    world.accounts["test"] = Account(0, "test", HASHES["other"])
    assert await world.log_in() == "test"
    world.clock.forward(minutes=1)
    assert await world.log_in() == "CREDENTIALS"
    assert await world.log_in(password="5678") == "test"


async def test_an_account_that_is_gone_is_noticed_too(world: World) -> None:
    await world.log_in()
    del world.accounts["test"]
    world.clock.forward(minutes=1)
    assert await world.log_in() == "CREDENTIALS"


async def test_a_forgotten_password_is_verified_anew_and_others_are_not(world: World) -> None:
    await world.log_in()
    await world.log_in("other", "5678")
    world.accounts["test"] = Account(0, "test", HASHES["other"])
    world.authenticator.forget("test")
    assert await world.log_in() == "CREDENTIALS"
    assert world.authenticator.known("other", "5678", HERE) is not None


async def test_a_password_that_changes_during_its_verification_is_not_remembered(world: World) -> None:
    world.held.clear()
    under_way = asyncio.create_task(world.log_in())
    while not world.hashed:
        await asyncio.sleep(0)
    world.authenticator.forget("test")
    world.held.set()
    assert await under_way == "test"
    assert world.authenticator.known("test", "1234", HERE) is None


# --- the throttle -------------------------------------------------------------------------------------------


async def guess(world: World, times: int, name: str = "test", address: str = HERE) -> None:
    for number in range(times):
        assert await world.log_in(name, f"guess {number}", address) == "CREDENTIALS"


async def test_too_many_wrong_guesses_are_refused_unhashed_and_the_owner_is_let_in_elsewhere(
    world: World,
) -> None:
    await guess(world, 10)
    assert world.hashed == 10
    assert await world.log_in() == "CREDENTIALS"
    assert world.hashed == 10
    assert await world.log_in(address=THERE) == "test"
    world.clock.forward(minutes=5)
    assert await world.log_in() == "test"


async def test_a_volley_gets_no_more_guesses_than_a_row(world: World) -> None:
    answers = await asyncio.gather(*(world.log_in(password=f"guess {at}") for at in range(100)))
    assert set(answers) == {"CREDENTIALS"}
    assert world.hashed == 10


async def test_what_is_remembered_is_no_help_to_a_guesser(world: World) -> None:
    await world.log_in(address=THERE)
    await world.log_in()
    await guess(world, 10)
    assert world.authenticator.known("test", "1234", HERE) is None
    assert await world.log_in() == "CREDENTIALS"


async def test_one_address_may_not_try_one_password_on_all_accounts(world: World) -> None:
    world.made(failures_in_all=5)
    await world.log_in("other", "5678")
    for number in range(5):
        assert await world.log_in(f"customer {number}") == "CREDENTIALS"
    assert await world.log_in() == "CREDENTIALS"
    assert world.hashed == 6
    assert await world.log_in("other", "5678") == "other"  # who was here before stays
    assert await world.log_in(address=THERE) == "test"


@pytest.mark.parametrize("limit", ["failures", "failures_in_all"])
async def test_the_log_tells_at_once_that_right_passwords_are_refused_from_now_on(
    world: World, limit: str
) -> None:
    world.made(**{limit: 5})
    with capture_logs() as logs:
        await guess(world, 6)
    assert [(line["times"], line["throttled"]) for line in logs] == [
        (1, False),
        (2, False),
        (4, False),
        (1, True),  # the 5th in all
        (2, True),
    ]


async def test_addresses_of_one_ipv6_network_count_as_one(world: World) -> None:
    world.made(failures_in_all=5)
    for number in range(5):
        await world.log_in(f"customer {number}", address=f"2001:db8:1:2::{number:x}")
    assert await world.log_in(address="2001:db8:1:2:ffff::1") == "CREDENTIALS"
    assert world.hashed == 5
    assert await world.log_in(address="2001:db8:1:3::1") == "test"


async def test_a_success_forgives_the_slips_before_it(world: World) -> None:
    await guess(world, 9)
    assert await world.log_in() == "test"
    await guess(world, 9)
    assert await world.log_in() == "test"


async def test_who_can_not_be_verified_now_is_told_so_and_has_lost_no_guess(world: World) -> None:
    world.made(threads=1, waiting=2, failures=2)
    world.held.clear()
    waiting = [asyncio.create_task(world.log_in(name=f"customer {at}")) for at in range(3)]
    while not world.hashed:
        await asyncio.sleep(0)
    for _ in range(5):
        assert await world.log_in() == "UNAVAILABLE"
    world.held.set()
    assert await asyncio.gather(*waiting) == ["CREDENTIALS"] * 3
    assert await world.log_in() == "test"


async def test_a_caller_who_leaves_does_not_take_the_others_with_it(world: World) -> None:
    world.held.clear()
    first, second = asyncio.create_task(world.log_in()), asyncio.create_task(world.log_in())
    while not world.hashed:
        await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    world.held.set()
    assert await second == "test"


async def test_memory_is_bounded(world: World) -> None:
    world.made(remembered=2)
    for address in ("a", "b", "c"):
        await world.log_in(address=address)
    assert [world.authenticator.known("test", "1234", address) is not None for address in "abc"] == [
        False,
        True,
        True,
    ]


async def test_a_password_of_any_length_costs_no_more(world: World) -> None:
    assert await world.log_in(password="x" * 100_000) == "CREDENTIALS"
    assert world.hashed == 0


# --- over HTTP ----------------------------------------------------------------------------------------------


def test_clients_behind_a_trusted_proxy_are_told_apart() -> None:
    def asked(address: str, password: str = PASSWORD) -> bytes:
        query = QUERY.replace(PASSWORD, password)
        return north.get(
            f"/sendsms.aspx?{query}", headers=f"X-Forwarded-For: 203.0.113.1, {address}\r\n"
        ).body

    with gateway(trusted_proxies=("127.0.0.1",)) as north:
        for number in range(10):
            assert asked(HERE, f"guess{number}") == b"101"
        assert asked(HERE) == b"101"
        assert asked(THERE) == b"1000"
        assert asked("nonsense") == b"1001"


def test_nobody_else_can_pretend_to_come_from_elsewhere() -> None:
    with gateway() as north:
        for number in range(10):
            forwarded = f"X-Forwarded-For: 198.51.100.{number}\r\n"
            answer = north.get(f"/sendsms.aspx?acc={NAME}&pass=guess{number}&msg=a&to=1", headers=forwarded)
            assert answer.body == b"101"
        assert north.sms() == b"101"
        north.clock.forward(minutes=5)
        assert north.sms() == b"1000"
