"""What a network looks at before it takes a message: so that a gateway's mistakes show here and not first
with a real operator."""

from __future__ import annotations

from typing import Final

from kavle.wire.smpp.constants import ESM_UDHI, CommandStatus
from kavle.wire.smpp.data_coding import ALPHABETS, Alphabet
from kavle.wire.smpp.pdus import SubmitSm

_SEPTETS: Final = 160  # in the 140 octets that a short message has. 3GPP TS 23.040 §9.2.3.24
_OCTETS: Final = 140

_OK: Final = CommandStatus.ESME_ROK


def verdict(message: SubmitSm) -> CommandStatus:
    """ESME_ROK, or why no network could send `message` on."""
    recipient = message.destination_addr
    if not (recipient.isdecimal() and recipient.isascii()):
        return CommandStatus.ESME_RINVDSTADR
    return _OK if _fits(message) else CommandStatus.ESME_RINVMSGLEN


def _fits(message: SubmitSm) -> bool:
    """Whether short_message is one short message. A message_payload is the network's to divide."""
    octets = message.short_message
    if len(octets) <= _OCTETS and not message.esm_class & ESM_UDHI:
        return True
    if ALPHABETS[message.data_coding] is not Alphabet.GSM7:
        return len(octets) <= _OCTETS
    header = _header_octets(message)
    # The text starts at the septet boundary behind its header.
    return -(-header * 8 // 7) + len(octets) - header <= _SEPTETS


def _header_octets(message: SubmitSm) -> int:
    octets = message.short_message
    return 1 + octets[0] if message.esm_class & ESM_UDHI and octets else 0
