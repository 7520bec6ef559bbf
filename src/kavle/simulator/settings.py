"""What a simulated network is like."""

from __future__ import annotations

from typing import Final

import msgspec

from kavle.simulator.ids import IdFormat
from kavle.wire.smpp.timers import Timers

_LONGEST_SYSTEM_ID: Final = 15  # SMPP 3.4 §5.2.1
_LONGEST_PASSWORD: Final = 8  # §5.2.2


class SmscSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Delays are seconds. Raises ValueError for a name or password that no ESME could give."""

    system_id: str = "kavle"
    password: str = "secret"  # noqa: S105 (of a network that does not exist)
    smsc_id: str = "simulator"
    response_delay: float = 0.0
    receipt_delay: float = 0.0  # from the response
    receipts: bool = True
    receipt_tlvs: bool = True  # receipted_message_id and message_state beside the text
    receipt_window: int = 1_000  # unanswered deliver_sm and data_sm on each link
    receipt_retry: float = 5.0  # until a receipt or text that was not taken is sent again
    receipt_attempts: int = 100
    most_receipts: int = 1_000_000  # that wait; beyond, submit_sm is refused with ESME_RMSGQFUL
    id_format: IdFormat = IdFormat.HEX
    seed: int | None = None  # of the dice that say whom a fault meets; None: another each time
    timers: Timers = Timers()

    def __post_init__(self) -> None:
        if not 1 <= len(self.system_id) <= _LONGEST_SYSTEM_ID:
            raise ValueError(f"a system_id has 1 to {_LONGEST_SYSTEM_ID} characters")
        if len(self.password) > _LONGEST_PASSWORD:
            raise ValueError(f"an SMPP password has at most {_LONGEST_PASSWORD} characters")

    def __repr__(self) -> str:  # so that no log ever shows the password
        return f"SmscSettings(system_id={self.system_id!r})"
