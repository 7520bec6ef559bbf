"""Customers, and for whom a query answers."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from kavle.model.errors import Complaint

LONGEST_NAME: Final = 64
LEAST_DAYS: Final = 8
"""That anything is kept: so long may receipts come, and a day more."""
MOST_DAYS: Final = 36_500

Charset = Literal["auto", "latin-1", "utf-8"]
BalanceFormat = Literal["98.50", "98,50", "98"]


class AccountSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an old integration may need to be different, and what its owner may want narrower."""

    disabled: bool = False  # it can't log in; what it has sent goes on
    sender: str = ""  # where a call gives none
    region: str = ""  # of numbers in national form; empty: the gateway's
    charset: Charset = "auto"  # of the escapes in its URLs
    transliterate: bool = False  # texts into GSM 03.38, where every character has a near relation there
    balance: BalanceFormat = "98.50"  # how `balans` writes an amount
    addresses: tuple[str, ...] = ()  # addresses or networks that it may call from; none: all
    stop_list: bool = False  # STOP from a phone to a number of its: it sends that phone nothing more
    prices: tuple[tuple[str, int], ...] = ()  # its own: prefix, ten-thousandths a segment; the longest first
    per_minute: int = 0  # messages that it may hand over to a process; 0: as many as it likes
    texts_days: int = (
        0  # that its texts and files are kept, where that is less than the gateway's; 0: as that
    )
    messages_days: int = 0  # and all else of its messages
    hosts: tuple[str, ...] = ()  # to which Ok and Error of a URL call may lead; none: all


class Account(msgspec.Struct, frozen=True):
    """A customer: sees its own messages, pays for them. `password_hash` is argon2id's encoded form."""

    id: int
    name: str
    password_hash: str
    settings: AccountSettings = AccountSettings()
    portal_hash: str | None = None  # of the pages' own password; None: they are entered by the other

    def __repr__(self) -> str:  # so that no log ever shows the hash
        return f"Account(id={self.id}, name={self.name!r})"


Role = Literal["admin", "viewer"]


class Operator(msgspec.Struct, frozen=True):
    """Who runs the gateway: sees every account's messages. A viewer changes nothing, and is shown neither
    whole phone numbers nor texts."""

    name: str
    role: Role = "viewer"

    @property
    def may_change(self) -> bool:
        return self.role == "admin"


class Anyone(msgspec.Struct, frozen=True):
    """A caller who gave no password, where the manual asks for none: sees codes and ids, by an id that it
    knows; never a number or a text."""


Viewer = Account | Operator | Anyone
"""Every query in core names the one it answers, so that none forgets whose data it shows."""


def check_account_name(name: str) -> str:
    """`name` itself. Raises ValueError unless it is 1-64 printable characters without space or colon (which
    HTTP Basic authentication can't carry in a name: RFC 7617 §2)."""
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Complaint("an account's name has 1 to {longest} characters", longest=LONGEST_NAME)
    if not name.isprintable() or " " in name or ":" in name:
        raise Complaint("an account's name holds no spaces, colons or control characters")
    return name
