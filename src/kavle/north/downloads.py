"""`/downloads/sms.zip`: the command-line application, told where this gateway is."""

from __future__ import annotations

import asyncio
import zipfile
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Final

from kavle.north.caller import Callers
from kavle.north.http import NO_STORE, Receive, Scope, Send, allow

SMS_INI: Final = "sms.ini"
_PIECE: Final = 64 * 1024
_HEADERS: Final = (
    (b"content-type", b"application/zip"),
    (b"content-disposition", b'attachment; filename="sms.zip"'),
    (b"x-content-type-options", b"nosniff"),
    NO_STORE,  # it is another one at another address
)


class SmsZip:
    """The package's zip with an `sms.ini` that names the address by which the client reached us. It goes out
    piece by piece from one copy in memory, so that whoever reads slowly holds a piece of it, and not all."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        allow(scope, "GET", "HEAD")
        address = self._callers.url(scope).removesuffix(scope["path"])
        packed, kept, end = await asyncio.to_thread(_zip_for, address)  # 5 ms, for anybody who asks
        length = (b"content-length", b"%d" % (kept + len(end)))
        await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, length]})
        if scope["method"] == "GET":
            for at in range(0, kept, _PIECE):
                piece = packed[at : min(at + _PIECE, kept)]
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": end if scope["method"] == "GET" else b""})


def with_ini(packed: bytes, address: str) -> tuple[int, bytes]:
    """How much of the zip stays as it is, and what follows that: `sms.ini`, and the directory anew."""
    ini = (
        "; Where sms.exe and sms find the gateway, unless the variable SMS_URL says otherwise.\r\n"
        f"[sms]\r\nurl={address}\r\n"
    )
    whole = BytesIO(packed)
    with zipfile.ZipFile(whole, "a") as archive:
        entry = zipfile.ZipInfo(SMS_INI, archive.infolist()[0].date_time)
        entry.create_system, entry.external_attr = 3, 0o100644 << 16  # a file of Unix
        archive.writestr(entry, ini)
    return entry.header_offset, whole.getvalue()[entry.header_offset :]


@lru_cache(maxsize=64)  # a client may add any port to a host of ours
def _zip_for(address: str) -> tuple[bytes, int, bytes]:
    packed = _packed()
    return packed, *with_ini(packed, address)


@cache
def _packed() -> bytes:
    """What `make apps` has built."""
    return (files("kavle.north") / "downloads" / "sms.zip").read_bytes()
