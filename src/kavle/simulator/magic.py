"""Outcomes by recipient: the numbers that the simulated network treats unlike others.

They are of the series 070-1740605 … 070-1740699, which the Swedish regulator (PTS) keeps for fiction, so
that a message to one of them never reaches anybody, should it ever go out on a real network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

import msgspec

from kavle.wire.smpp.constants import CommandStatus, MessageState

SLOW: Final = 5.0
HEAD_START: Final = 0.5
"""Seconds by which a receipt is before its response, where it is."""


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """What the network does with a message. `told` says it in words, and `status` what Kavle then answers for
    it in the end."""

    told: str
    status: str = "22"
    refused: CommandStatus = CommandStatus.ESME_ROK  # the status of its first tries
    refusals: int | None = 0  # how many tries are refused; None: all
    state: MessageState = MessageState.DELIVERED
    err: int = 0  # the network's own code in the receipt
    receipts: int = 1
    receipt_first: bool = False
    response_delay: float = 0.0  # seconds, on top of the network's
    echoes: bool = False  # the phone answers with the same text


ORDINARY: Final = Behaviour(told="delivered, like every number that is not in this table")

MAGIC: Final[Mapping[str, Behaviour]] = {
    "46701740605": ORDINARY,
    "46701740611": Behaviour(
        told="undeliverable: receipt UNDELIV", status="52", state=MessageState.UNDELIVERABLE, err=27
    ),  # absent subscriber, 3GPP TS 29.002 §17.6.6
    "46701740612": Behaviour(told="expired: receipt EXPIRED", status="43", state=MessageState.EXPIRED),
    "46701740613": Behaviour(
        told="rejected: receipt REJECTD", status="51", state=MessageState.REJECTED, err=21
    ),
    "46701740614": Behaviour(told="delivered, but no receipt ever comes", status="stays 21", receipts=0),
    "46701740615": Behaviour(
        told="throttled on the first two tries (ESME_RTHROTTLED), then delivered",
        status="11, then 22",
        refused=CommandStatus.ESME_RTHROTTLED,
        refusals=2,
    ),
    "46701740616": Behaviour(told=f"slow: the response takes {SLOW:.0f} s more", response_delay=SLOW),
    "46701740617": Behaviour(
        told="refused at submit (ESME_RINVDSTADR)",
        status="52",
        refused=CommandStatus.ESME_RINVDSTADR,
        refusals=None,
    ),
    "46701740618": Behaviour(told="delivered, the receipt before its response", receipt_first=True),
    "46701740619": Behaviour(
        told="queue full on the first try (ESME_RMSGQFUL), then delivered",
        status="11, then 22",
        refused=CommandStatus.ESME_RMSGQFUL,
        refusals=1,
    ),
    "46701740620": Behaviour(told="delivered, the receipt comes twice", receipts=2),
    "46701740621": Behaviour(told="unknown: receipt UNKNOWN", status="50", state=MessageState.UNKNOWN),
    "46701740622": Behaviour(
        told="delivered, and its phone sends the text back to a numeric sender", echoes=True
    ),
}


def behaviour_of(recipient: str) -> Behaviour:
    return MAGIC.get(recipient, ORDINARY)


def national(number: str) -> str:
    """`"46701740605"` → `"070-1740605"`, as it is written in Sweden."""
    return f"0{number[2:4]}-{number[4:]}"


class Told(Protocol):
    """What a network does with a message, as far as people are told of it."""

    @property
    def told(self) -> str: ...

    @property
    def status(self) -> str: ...


def markdown(magic: Mapping[str, Told] = MAGIC, what: str = "message") -> str:
    """The table for a page of the documentation."""
    rows = [
        f"| `{number}` | {national(number)} | {does.told} | {does.status} |" for number, does in magic.items()
    ]
    return "\n".join([f"| recipient | | what becomes of the {what} | status |", "|---|---|---|---|", *rows])


def outcomes(magic: Mapping[str, Told] = MAGIC) -> str:
    """The same for a command's help."""
    return "\n".join(f"{number}  {national(number)}  {does.told}" for number, does in magic.items())
