"""What an operator says of a network's errors, over the table of `outcomes.py`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from kavle.model.message import Refused
from kavle.wire.smpp.constants import CommandStatus

_OWN: Final = re.compile(r"0[xX][0-9a-fA-F]{1,8}")


class Retry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of one error: it is temporary, but for the last of the tries."""

    after: Annotated[float, Meta(gt=0, le=3600)] | None = None  # seconds; None: 1, 2, 4 … 300
    tries: Annotated[int, Meta(ge=1)] | None = None  # of the message; None: until its validity is over


def command_status(name: str) -> int:
    """Of "ESME_RMSGQFUL", or of "0x0410" for one of the network's own. Raises ValueError."""
    if name in CommandStatus.__members__ and CommandStatus[name]:
        return CommandStatus[name]
    if _OWN.fullmatch(name) and (status := int(name, 16)):
        return status
    raise ValueError("no command_status of SMPP 3.4; write ESME_RSYSERR, say, or 0x0410 for a network's own")


class Retries:
    def __init__(self, by_name: Mapping[str, Retry]) -> None:
        self._by_status = {command_status(name): retry for name, retry in by_name.items()}

    def over(self, status: int, refused: Refused, attempt: int) -> Refused:
        """What the table says of this error, or the operator."""
        retry = self._by_status.get(status)
        if retry is None:
            return refused
        again = retry.tries is None or attempt < retry.tries
        return Refused(refused.status, again, refused.error, retry.after)
