"""Customers that call all the time, and remember what they were answered."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import count

from support.calls import ECHOES, LEAST_ID, ORDINARY, OTHERS, THROTTLED, Call, Kind, call, result, texts
from support.patience import PATIENCE
from support.processes import LOOPBACK


class Load:
    """Closed-loop callers, each on a connection of its own; no text is sent twice. Half of what is due later
    is taken back, at any moment until then, and statuses are looked at. A code among `borne` is an answer
    like another; any other ends the caller, and `stop` raises it."""

    def __init__(
        self,
        *ports: int,
        callers: int = 4,
        accounts: Sequence[str] = ("test",),
        borne: Collection[str] = (),
        recipient: Callable[[int], str] | None = None,
        calls: int | None = None,
        kinds: Callable[[int], Kind] = texts,
    ) -> None:
        """`recipient` of the n-th call; else there are some of all sorts. `calls`: so many and no more.
        `kinds`: of which kind the n-th call is."""
        self.calls: list[Call] = []
        self.answered: list[str] = []  # the ids
        self._accounts = accounts
        self._borne = borne
        self._kinds = kinds
        self._recipient = recipient or mixed
        self._serial = iter(range(1, calls + 1)) if calls is not None else count(1)
        self._to_cancel: list[tuple[float, Call]] = []
        self._tasks = [
            asyncio.create_task(self._caller(ports[number % len(ports)])) for number in range(callers)
        ]

    @property
    def asked(self) -> dict[str, str | None]:
        """Text, and the answer."""
        return {one.text: one.answer for one in self.calls}

    @property
    def observed(self) -> dict[str, list[int]]:
        """The statuses that were read of each id."""
        return {one.answer: one.statuses for one in self.calls if one.answer and one.statuses}

    @property
    def counted(self) -> dict[str, int]:
        """What became of the calls, and of which kinds those were that got an id."""
        kinds = Counter(one.kind.value for one in self.calls if one.taken)
        return {
            "calls": len(self.calls),
            "answered with an id": len(self.answered),
            "never answered": sum(one.answer is None for one in self.calls),
            **dict(sorted(kinds.items())),
            "taken back": sum(one.taken_back for one in self.calls),
        }

    async def until_answered(self, more: int) -> None:
        """So many more have got an id."""
        goal = len(self.answered) + more
        async with asyncio.timeout(PATIENCE):
            while len(self.answered) < goal and not any(task.done() for task in self._tasks):
                await asyncio.sleep(0.02)

    async def until_all_got_through(self, kinds: Iterable[Kind]) -> None:
        """Each of these kinds was answered with an id, and something that was due later is taken back."""
        wanted = set(kinds)
        async with asyncio.timeout(PATIENCE):
            while not any(task.done() for task in self._tasks):
                wanted -= {one.kind for one in self.calls if one.taken}
                if not wanted and any(one.taken_back for one in self.calls):
                    return
                await asyncio.sleep(0.02)

    @property
    def done(self) -> bool:
        """All calls are answered."""
        return all(task.done() for task in self._tasks)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for ended in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(ended, BaseException) and not isinstance(ended, asyncio.CancelledError):
                raise ended

    async def _caller(self, port: int) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection(LOOPBACK, port)
                try:
                    for serial in self._serial:
                        async with asyncio.timeout(PATIENCE):
                            answer = await self._one(serial, reader, writer)
                            await self._look_back(serial, reader, writer)
                        if answer in self._borne:
                            await asyncio.sleep(0.02)  # it has trouble enough
                    return
                finally:
                    writer.close()
            except (ConnectionError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.02)  # it was killed; it will be back

    async def _one(self, serial: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        account, now = self._accounts[serial % len(self._accounts)], time.time()
        one = call(serial, self._kinds(serial), account, self._recipient, now)
        self.calls.append(one)
        writer.write(one.request())
        answer = one.result(await _body(reader))
        assert answer in self._borne or int(answer) >= LEAST_ID, f"the load was refused: {answer}"
        one.answer = answer
        if one.taken:
            self.answered.append(answer)
        if one.due and one.taken and serial // 10 % 4 < 2:
            self._to_cancel.append((random.Random(serial).uniform(now, one.due), one))
        return answer

    async def _look_back(
        self, serial: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """At what it has sent: takes some back, and asks for a status now and then."""
        due = [waiting for waiting in self._to_cancel if waiting[0] <= time.time()]
        self._to_cancel = [waiting for waiting in self._to_cancel if waiting not in due]
        for _, one in due:
            operation, request = one.cancelling()
            one.cancels.append(None)
            writer.write(request)
            one.cancels[-1] = result(operation, await _body(reader))
        if serial % 8 == 0 and (asked := self._some_message(serial)):
            writer.write(asked.asking())
            status = int(result("status", await _body(reader)))
            if str(status) not in self._borne:
                asked.statuses.append(status)

    def _some_message(self, serial: int) -> Call | None:
        """That was answered with an id by the SMS service, lately."""
        lately = self.calls[-40:]
        alone = (Kind.SENDSMS, Kind.SMS, Kind.AT)
        some = [one for one in lately if one.kind in alone and one.taken]
        return some[serial // 8 % len(some)] if some else None


async def _body(reader: asyncio.StreamReader) -> str:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    return (await reader.readexactly(length)).decode()


def mixed(serial: int) -> str:
    if serial % 500 == 0:
        return THROTTLED
    if serial % 10 == 4:
        return ECHOES
    return OTHERS[serial // 10 % len(OTHERS)] if serial % 10 == 0 else ORDINARY
