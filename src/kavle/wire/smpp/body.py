"""What a PDU is made of, for the tables of SMPP 3.4 §4 in `pdus` and `ancillary`: a class's annotations *are*
its table of fields, in the order of the wire, and the codec is made from them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, ClassVar, get_type_hints

import msgspec

from kavle.wire.smpp.constants import CommandId, CommandStatus
from kavle.wire.smpp.fields import CString, Field, Octet, ShortMessage, Tlvs

Int = Annotated[int, Octet()]
TlvMap = Annotated[Mapping[int, bytes], Tlvs()]

ServiceType = Annotated[str, CString(6, CommandStatus.ESME_RINVSERTYP)]
SystemId = Annotated[str, CString(16, CommandStatus.ESME_RINVSYSID)]
Password = Annotated[str, CString(9, CommandStatus.ESME_RINVPASWD, secret=True)]
SystemType = Annotated[str, CString(13, CommandStatus.ESME_RINVSYSTYP)]
AddressRange = Annotated[str, CString(41)]
Source = Annotated[str, CString(21, CommandStatus.ESME_RINVSRCADR)]
Destination = Annotated[str, CString(21, CommandStatus.ESME_RINVDSTADR)]
LongSource = Annotated[str, CString(65, CommandStatus.ESME_RINVSRCADR)]
LongDestination = Annotated[str, CString(65, CommandStatus.ESME_RINVDSTADR)]
ScheduleTime = Annotated[str, CString(17, CommandStatus.ESME_RINVSCHED)]
ValidityPeriod = Annotated[str, CString(17, CommandStatus.ESME_RINVEXPIRY)]
MessageId = Annotated[str, CString(65, CommandStatus.ESME_RINVMSGID)]
FinalDate = Annotated[str, CString(17)]
Text = Annotated[bytes, ShortMessage()]


class Body(msgspec.Struct, frozen=True, gc=False):
    """What follows the header. Its repr holds no password and no message text."""

    command_id: ClassVar[CommandId]

    def __repr__(self) -> str:
        shown = (f"{name}={field.show(getattr(self, name))}" for name, field in fields_of(type(self)))
        return f"{type(self).__name__}({', '.join(shown)})"


class Pdu(msgspec.Struct, frozen=True, gc=False):
    """A PDU as it came. `status` is 0 in requests (§5.1.3)."""

    sequence: int
    status: int
    body: Body


@cache
def fields_of(kind: type[Body]) -> tuple[tuple[str, Field], ...]:
    """The names and kinds of a PDU's fields, in the order of the wire."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple((name, hints[name].__metadata__[0]) for name in kind.__struct_fields__)
