"""Log-in: argon2id for who is new, one keyed digest for who was here before.

A customer calls thousands of times with the same password, and argon2id costs some 20 ms by design. So what
was once verified is remembered, not as a password but as a digest under a key that lives and dies with the
process; and only for the address it came from, so that nobody can try passwords against that memory."""

from __future__ import annotations

import asyncio
import secrets
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final, Generic, NoReturn, Protocol, TypeVar

import msgspec
import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kavle.clock import Clock
from kavle.core.workers import Workers
from kavle.model.account import LONGEST_NAME, Account
from kavle.model.errors import Reason, Refusal
from kavle.model.operator import OperatorAccount
from kavle.north.addresses import admits
from kavle.north.caller import Caller
from kavle.north.throttle import Doublings, Throttle, network_of

# OWASP's second recommendation: 19 MiB, two passes, one lane.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
NOBODYS: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$S54zP+ldesbxrGFL7maJJw$iuxecfySiAGLNAB0EHnHnkDex8wASzzqnhlQ52cDFnA"
)
"""Of 32 random octets that were not kept. Verified when there is no such account, so that the answer takes as
long as for one there is; no start has to wait until it is made."""
LONGEST_PASSWORD: Final = 1024
SHORTEST_PASSWORD: Final = 8
"""Characters of one that a person chooses; programs keep the four digits that they have."""

_log = structlog.get_logger("kavle.auth")


class Holder(Protocol):
    """Of a name and a password."""

    @property
    def name(self) -> str: ...

    @property
    def password_hash(self) -> str: ...


W = TypeVar("W", bound=Holder)


def hash_password(password: str) -> str:
    """argon2id in its encoded form, salt and parameters within. Takes about 20 ms."""
    return _HASHER.hash(password)


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _may_be_right(name: str, password: str) -> bool:
    """Whether it is worth a look: no account has such a name otherwise, and a digest costs by the length."""
    return len(name) <= LONGEST_NAME and name.isprintable() and len(password) <= LONGEST_PASSWORD


class LogInLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What one address may get wrong in a `window`, and how long a verified password goes unchecked."""

    failures: int = 10  # for one account
    failures_in_all: int = 50  # for any accounts
    window: timedelta = timedelta(minutes=5)
    recheck: timedelta = timedelta(minutes=1)
    remembered: int = 20_000
    threads: int = 2
    waiting: int = 64


class _Verified(msgspec.Struct, Generic[W]):
    account: W
    at: datetime

    def holds(self, now: datetime, recheck: timedelta) -> bool:
        """Not if it is from the future, the clock having been set back: nobody would look again for as
        long."""
        return self.at <= now < self.at + recheck


class LogIns(ABC, Generic[W]):
    """Of one kind of people; one for the process, to be closed at the end."""

    def __init__(
        self,
        find: Callable[[str], Awaitable[W | None]],
        clock: Clock,
        limits: LogInLimits | None = None,
        refused: Callable[[], None] = lambda: None,
    ) -> None:
        """`refused` is called for each refusal, to be counted."""
        self._find = find
        self._clock = clock
        self._limits = limits = limits or LogInLimits()
        self._refused = refused
        self._refusals = Doublings()  # by address and reason
        self._keyed = blake2b(key=secrets.token_bytes(32), digest_size=32)
        self._verified: dict[bytes, _Verified[W]] = {}  # in the order of verification
        self._under_way: dict[bytes, asyncio.Task[W | None]] = {}
        self._changes = 0
        self._by_account = Throttle(limits.failures, limits.window)
        self._by_address = Throttle(limits.failures_in_all, limits.window)
        self._workers = Workers("argon2", limits.threads, limits.waiting)

    async def log_in(self, name: str | None, password: str | None, caller: Caller) -> W:
        """Raises Refusal: PARAMETER for an absent or empty name or password, CREDENTIALS for wrong ones or
        after too many wrong ones from this address, and for one that may not log in, or not from here;
        UNAVAILABLE when too many wait to be verified."""
        if not name or not password:
            raise Refusal(Reason.PARAMETER, "no account or no password")
        account, address = None, caller.address
        if _may_be_right(name, password):
            account = self.known(name, password, address) or await self._verify(name, password, address)
        if account is None:
            throttled = self._throttled(name, address, self._clock.now())
            self._refuse(name[:LONGEST_NAME], address, throttled=throttled)
        if barred := self._barred(account, caller):
            self._refuse(account.name, address, look_at=barred)
        return account

    @abstractmethod
    def _barred(self, account: W, caller: Caller) -> str:
        """What to look at to know why one whose password is right may not log in; empty: he may."""

    def _refuse(self, name: str, address: str, **why: object) -> NoReturn:
        """Logged, but not every time: a panel with an old password must be no riddle, and whoever guesses
        must not fill the disk."""
        self._refused()
        # Each reason by itself: that right passwords are refused from now on must not drown among the wrong.
        times = self._refusals.next((address, *why.values()))
        if times is not None:
            _log.warning("log-in refused", account=name, address=address, times=times, **why)
        raise Refusal(Reason.CREDENTIALS)

    def known(self, name: str, password: str, address: str) -> W | None:
        """The account, if this password was verified for it from this address a short while ago."""
        verified = self._verified.get(self._digest(name, password, address))
        now = self._clock.now()
        if verified is None or not verified.holds(now, self._limits.recheck):
            return None
        return None if self._by_account.full((name, address), now) else verified.account

    def forget(self, name: str) -> None:
        """To be called when an account's password changes, or the account is disabled."""
        self._changes += 1
        self._verified = {
            digest: verified for digest, verified in self._verified.items() if verified.account.name != name
        }

    def close(self) -> None:
        self._workers.close()

    def _digest(self, name: str, password: str, address: str) -> bytes:
        # Neither an address nor an account's name holds a NUL, so what was verified can't be told otherwise.
        digest = self._keyed.copy()
        digest.update(f"{address}\0{name}\0{password}".encode())
        return digest.digest()

    async def _verify(self, name: str, password: str, address: str) -> W | None:
        """Callers who come at once with the same credentials share one verification."""
        digest = self._digest(name, password, address)
        task = self._under_way.get(digest)
        if task is None:
            task = asyncio.create_task(self._recheck(digest, name, password, address))
            self._under_way[digest] = task
            task.add_done_callback(lambda _: self._under_way.pop(digest, None))
        return await asyncio.shield(task)

    async def _recheck(self, digest: bytes, name: str, password: str, address: str) -> W | None:
        """What was verified, and is due for another look, needs no argon2id while the hash is the same."""
        changes, now = self._changes, self._clock.now()
        if self._by_account.full((name, address), now):
            return None
        verified = self._verified.pop(digest, None)
        if verified is None:
            account = await self._check(name, password, address, now)
        else:
            account = await self._find(name)
            if account is None or account.password_hash != verified.account.password_hash:
                account = await self._check(name, password, address, now)
        if account is not None and changes == self._changes:
            self._remember(digest, _Verified(account, now))
        return account

    async def _check(self, name: str, password: str, address: str, now: datetime) -> W | None:
        """For one account an attempt counts as a failure until it has succeeded: a volley gets no more tries
        than a queue. For the address it counts afterwards: many customers may start at once behind one."""
        pair, network = (name, address), network_of(address)
        if self._throttled(name, address, now):
            return None
        self._by_account.add(pair, now)
        try:
            account = await self._account(name, password)
        except Refusal:  # no attempt was made
            self._by_account.take_back(pair)
            raise
        if account is None:
            self._by_address.add(network, now)
        else:
            self._by_account.forget(pair)
        return account

    def _throttled(self, name: str, address: str, now: datetime) -> bool:
        pair, network = (name, address), network_of(address)
        return self._by_account.full(pair, now) or self._by_address.full(network, now)

    async def _account(self, name: str, password: str) -> W | None:
        account = await self._find(name)
        password_hash = NOBODYS if account is None else account.password_hash
        matches = await self._workers.run(_matches, password_hash, password)
        return account if matches else None

    def _remember(self, digest: bytes, verified: _Verified[W]) -> None:
        self._verified[digest] = verified
        if len(self._verified) > self._limits.remembered:
            del self._verified[next(iter(self._verified))]


class Authenticator(LogIns[Account]):
    """Customers', by whichever password it is given accounts with."""

    def _barred(self, account: Account, caller: Caller) -> str:
        settings = account.settings
        if not caller.may_be(account.name):
            return "accounts of the [[http.listener]] that it called"
        if settings.disabled:
            return "the account: it is disabled"
        if settings.addresses and not admits(settings.addresses, caller.address):
            return "the addresses that the account may call from"
        return ""


class OperatorAuthenticator(LogIns[OperatorAccount]):
    """Operators'. They log in seldom, so each is looked up anew: who was disabled a moment ago is told so."""

    def __init__(
        self,
        find: Callable[[str], Awaitable[OperatorAccount | None]],
        clock: Clock,
        refused: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(find, clock, LogInLimits(recheck=timedelta()), refused)

    def _barred(self, account: OperatorAccount, caller: Caller) -> str:
        if not caller.may_be_operator:
            return "the [[http.listener]] that it called: it serves certain accounts alone"
        return "the operator: it is disabled" if account.disabled else ""
