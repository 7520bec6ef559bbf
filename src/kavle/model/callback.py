"""The call that brings an incoming message to its owner: as it is leased (`Callback`), and what came of one
try (`Try`). Times are aware UTC datetimes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

LONGEST_URL = 2000

CallbackCharset = Literal["latin-1", "utf-8"]


class CallbackLease(msgspec.Struct, frozen=True, gc=False):
    """The right to call for one incoming message. `token` fences it: a try that carries an old token changes
    nothing."""

    incoming_id: int
    token: int


class Callback(msgspec.Struct, frozen=True):
    """A leased callback, as the store has it."""

    lease: CallbackLease
    tries: int  # recorded since it came, or was last replayed
    url: str  # the number's own, with its own query string
    charset: CallbackCharset
    verify: bool  # the receiver's certificate
    by_operator: bool  # who set `url`: it may lead to the networks that the settings allow
    sender: str
    to: str  # the number: digits, whose callbacks are made in their order
    text: str
    received_at: datetime


class Answer(msgspec.Struct, frozen=True):
    """What a receiver said, or why it said nothing: `error` is empty where it answered as a whole."""

    ok: bool
    status: int | None = None
    body: str = ""  # its first characters, printable
    error: str = ""


class Try(msgspec.Struct, frozen=True):
    """One call, as it is recorded; what a stop or a crash cut short is none, so that nothing gives up early.
    `again` is when the next is due; None: there is none, the message has arrived (`answer.ok`) or has had its
    last try."""

    lease: CallbackLease
    at: datetime
    milliseconds: int
    answer: Answer
    again: datetime | None


class Schedule(msgspec.Struct, frozen=True):
    """The manual: "a 30 minute interval for a maximal of 10 tries"."""

    interval: timedelta = timedelta(minutes=30)
    tries: Annotated[int, Meta(ge=1)] = 10

    def again(self, tries: int, at: datetime) -> datetime | None:
        """When to call again after `tries` that failed, the last of them begun at `at`; None: never."""
        return at + self.interval if tries < self.tries else None


def check_callback_url(url: str) -> str:
    """`url` itself. Raises ValueError, which says what is wrong and does not quote it, unless it is an
    absolute http or https URL in ASCII, as a call can begin with it."""
    if len(url) > LONGEST_URL:
        raise ValueError(f"a callback URL has at most {LONGEST_URL} characters")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("a callback URL is ASCII without spaces: write å as %C3%A5, and a name as xn--…")
    parts = urlsplit(url)  # ValueError for what is no IPv6 address, say
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a callback URL begins with http:// or https:// and a host")
    if parts.port == 0:  # ValueError for what is no port
        raise ValueError("a callback URL has a port from 1 to 65535")
    return url
