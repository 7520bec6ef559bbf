"""Customers that call all the time, and remember what they were answered."""

from __future__ import annotations

import asyncio
import random
from base64 import b64encode
from collections.abc import Callable, Collection, Sequence
from itertools import count
from urllib.parse import quote

from support.processes import LOOPBACK

ORDINARY = "46701740605"
REFUSED = "46701740617"  # at submit, and so paid back
# Undeliverable, rejected, refused at submit, receipt first, and receipt twice.
OTHERS = ["46701740611", "46701740613", REFUSED, "46701740618", "46701740620"]
THROTTLED = "46701740615"  # rarely: each time the whole link pauses for a second
ECHOES = "46701740622"  # an MMS comes back
JPEG = b"\xff\xd8\xff\xe0"
PICTURE = 20_000  # octets
MMS_SENDER = "46702617396"
PATIENCE = 40  # seconds: whoever waits longer waits for ever


class Load:
    """Closed-loop callers, each on a connection of its own; no text is sent twice. A code among `borne` is
    an answer like another; any other ends the caller, and `stop` raises it."""

    def __init__(
        self,
        *ports: int,
        callers: int = 4,
        accounts: Sequence[str] = ("test",),
        borne: Collection[str] = (),
        recipient: Callable[[int], str] | None = None,
        calls: int | None = None,
        mms_each: int = 0,
    ) -> None:
        """`recipient` of the n-th call; else there are some of all kinds. `calls`: so many and no more.
        `mms_each`: every so many calls one is for an MMS with a picture that no other has; 0: none is."""
        self.asked: dict[str, str | None] = {}  # text, and the answer
        self._accounts = accounts
        self._borne = borne
        self._mms_each = mms_each
        self._recipient = recipient or mixed
        self._serial = iter(range(1, calls + 1)) if calls is not None else count(1)
        self._tasks = [
            asyncio.create_task(self._call(ports[number % len(ports)])) for number in range(callers)
        ]

    @property
    def answered(self) -> list[str]:
        """The ids."""
        return [answer for answer in self.asked.values() if answer and answer not in self._borne]

    async def until_answered(self, more: int) -> None:
        """So many more have got an id."""
        goal = len(self.answered) + more
        async with asyncio.timeout(PATIENCE):
            while len(self.answered) < goal and not any(task.done() for task in self._tasks):
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

    async def _call(self, port: int) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection(LOOPBACK, port)
                try:
                    for serial in self._serial:
                        async with asyncio.timeout(PATIENCE):
                            answer = await self._one(serial, reader, writer)
                        if answer in self._borne:
                            await asyncio.sleep(0.02)  # it has trouble enough
                    return
                finally:
                    writer.close()
            except (ConnectionError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.02)  # it was killed; it will be back

    async def _one(self, serial: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        account, recipient = self._accounts[serial % len(self._accounts)], self._recipient(serial)
        text = f"number {serial} " + "å" * (serial % 3 * 150)  # of one to three segments
        self.asked[text] = None
        mms = self._mms_each and serial % self._mms_each == 0
        if mms and serial // self._mms_each % 4 == 0:
            recipient = ECHOES
        writer.write((mms_call if mms else sms_call)(account, recipient, text, serial))
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        body = (await reader.readexactly(length)).decode()
        answer = body.partition("<sendMMSResult>")[2].partition("<")[0] if mms else body
        assert answer in self._borne or int(answer) >= 1000, f"the load was refused: {answer}"
        self.asked[text] = answer
        return answer


def sms_call(account: str, recipient: str, text: str, serial: int) -> bytes:
    call = f"acc={account}&pass=1234&from=ip1&prio={serial % 3 + 1}&to={recipient}&msg={quote(text)}"
    return f"GET /sendsms.aspx?{call} HTTP/1.1\r\nHost: {LOOPBACK}\r\n\r\n".encode()


def mms_call(account: str, recipient: str, text: str, serial: int) -> bytes:
    """By SOAP 1.1, in the words of an old stub."""
    picture = JPEG + random.Random(serial).randbytes(PICTURE)
    given = {"acc": account, "pass": "1234", "msg": text, "to": recipient, "from": MMS_SENDER}
    children = "".join(f"<{name}>{value}</{name}>" for name, value in given.items())
    data = b64encode(picture).decode()
    file = f"<name>bild.jpg</name><contentType>image/jpeg</contentType><data>{data}</data>"
    body = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<sendMMS xmlns="http://tempuri.org/">{children}<files><InlineFile>{file}</InlineFile></files></sendMMS>'
        "</s:Body></s:Envelope>"
    ).encode()
    head = (
        f"POST /mms/mms.asmx HTTP/1.1\r\nHost: {LOOPBACK}\r\nContent-Type: text/xml; charset=utf-8\r\n"
        f'SOAPAction: "http://tempuri.org/sendMMS"\r\nContent-Length: {len(body)}\r\n\r\n'
    )
    return head.encode() + body


def mixed(serial: int) -> str:
    if serial % 500 == 0:
        return THROTTLED
    return OTHERS[serial // 10 % len(OTHERS)] if serial % 10 == 0 else ORDINARY
