"""Outcomes of MMs by recipient: the same numbers that the SMSC treats unlike others, in the MMSC's ways."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec

from kavle.simulator.magic import HEAD_START, SLOW
from kavle.wire.mm7 import Code

__all__ = ["HEAD_START", "MAGIC", "ORDINARY", "Behaviour", "behaviour_of"]


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """What the network does with an MM. `told` says it in words, and `status` what Kavle then answers for it
    in the end."""

    told: str
    status: str = "22"
    refused: Code | HTTPStatus | None = None  # how its first tries are: by a StatusCode, or by HTTP alone
    refusals: int | None = None  # how many tries are refused; None: all
    cuts: bool = False  # the connection, instead of the first try's answer
    mm_status: str = "Retrieved"  # MMStatus of the report. TS 23.140 §8.1.6
    extension: str = ""
    reports: int = 1
    report_first: bool = False
    read: bool = False  # a read reply follows
    response_delay: float = 0.0  # seconds, on top of the network's
    echoes: bool = False  # the phone answers with the same MM

    @property
    def arrives(self) -> bool:
        return self.mm_status == "Retrieved"


ORDINARY: Final = Behaviour(told="delivered, like every number that is not in this table")

MAGIC: Final[Mapping[str, Behaviour]] = {
    "46701740605": ORDINARY,
    "46701740611": Behaviour(
        told="the phone takes no MMS: report Unrecognised", status="45", mm_status="Unrecognised"
    ),
    "46701740612": Behaviour(told="expired: report Expired", status="44", mm_status="Expired"),
    "46701740613": Behaviour(
        told="refused on the phone: report Rejected",
        status="50",
        mm_status="Rejected",
        extension="RejectionByMMSRecipient",
    ),
    "46701740614": Behaviour(told="delivered, but no report ever comes", status="stays 21", reports=0),
    "46701740615": Behaviour(
        told="service unavailable on the first two tries (4006), then delivered",
        status="11, then 22",
        refused=Code.SERVICE_UNAVAILABLE,
        refusals=2,
    ),
    "46701740616": Behaviour(told=f"slow: the response takes {SLOW:.0f} s more", response_delay=SLOW),
    "46701740617": Behaviour(
        told="refused at submit: no such recipient (2002)", status="45", refused=Code.ADDRESS_ERROR
    ),
    "46701740618": Behaviour(told="delivered, the report before its response", report_first=True),
    "46701740619": Behaviour(
        told="HTTP 503 on the first try, then delivered",
        status="11, then 22",
        refused=HTTPStatus.SERVICE_UNAVAILABLE,
        refusals=1,
    ),
    "46701740620": Behaviour(
        told="delivered, the report comes twice, and then that it was read", reports=2, read=True
    ),
    "46701740621": Behaviour(
        told="unknown: report Indeterminate", status="stays 21", mm_status="Indeterminate"
    ),
    "46701740622": Behaviour(told="delivered, and its phone sends the MMS back", echoes=True),
    "46701740623": Behaviour(
        told="refused at submit: the content (2004)", status="41", refused=Code.MULTIMEDIA_CONTENT_REFUSED
    ),
    "46701740624": Behaviour(
        told="taken, but the first try's connection is cut unanswered: it comes twice",
        status="11, then 22",
        cuts=True,
    ),
}


def behaviour_of(recipient: str) -> Behaviour:
    return MAGIC.get(recipient, ORDINARY)
