"""The PDUs of SMPP 3.4 §4 that links are made of, as data; `ancillary` has the others. Names are the
specification's; sm_length is short_message's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kavle.wire.smpp import ancillary
from kavle.wire.smpp.body import (
    AddressRange,
    Body,
    Destination,
    Int,
    LongDestination,
    LongSource,
    MessageId,
    Password,
    ScheduleTime,
    ServiceType,
    Source,
    SystemId,
    SystemType,
    Text,
    TlvMap,
    ValidityPeriod,
)
from kavle.wire.smpp.constants import INTERFACE_VERSION, CommandId, Tag
from kavle.wire.smpp.fields import NO_TLVS

# §4.1 bind


class Bind(Body, frozen=True, gc=False):
    system_id: SystemId = ""
    password: Password = ""
    system_type: SystemType = ""
    interface_version: Int = INTERFACE_VERSION
    addr_ton: Int = 0
    addr_npi: Int = 0
    address_range: AddressRange = ""


class BindResp(Body, frozen=True, gc=False):
    system_id: SystemId = ""
    tlvs: TlvMap = NO_TLVS


class BindTransmitter(Bind, frozen=True, gc=False):
    command_id = CommandId.BIND_TRANSMITTER


class BindTransmitterResp(BindResp, frozen=True, gc=False):
    command_id = CommandId.BIND_TRANSMITTER_RESP


class BindReceiver(Bind, frozen=True, gc=False):
    command_id = CommandId.BIND_RECEIVER


class BindReceiverResp(BindResp, frozen=True, gc=False):
    command_id = CommandId.BIND_RECEIVER_RESP


class BindTransceiver(Bind, frozen=True, gc=False):
    command_id = CommandId.BIND_TRANSCEIVER


class BindTransceiverResp(BindResp, frozen=True, gc=False):
    command_id = CommandId.BIND_TRANSCEIVER_RESP


class Outbind(Body, frozen=True, gc=False):  # §4.1.7
    command_id = CommandId.OUTBIND
    system_id: SystemId = ""
    password: Password = ""


# §4.2, §4.3, §4.11: header only


class Unbind(Body, frozen=True, gc=False):
    command_id = CommandId.UNBIND


class UnbindResp(Body, frozen=True, gc=False):
    command_id = CommandId.UNBIND_RESP


class GenericNack(Body, frozen=True, gc=False):
    command_id = CommandId.GENERIC_NACK


class EnquireLink(Body, frozen=True, gc=False):
    command_id = CommandId.ENQUIRE_LINK


class EnquireLinkResp(Body, frozen=True, gc=False):
    command_id = CommandId.ENQUIRE_LINK_RESP


# §4.4 submit_sm and §4.6 deliver_sm have one layout


class MessageSm(Body, frozen=True, gc=False):
    service_type: ServiceType = ""
    source_addr_ton: Int = 0
    source_addr_npi: Int = 0
    source_addr: Source = ""
    dest_addr_ton: Int = 0
    dest_addr_npi: Int = 0
    destination_addr: Destination = ""
    esm_class: Int = 0
    protocol_id: Int = 0
    priority_flag: Int = 0
    schedule_delivery_time: ScheduleTime = ""
    validity_period: ValidityPeriod = ""
    registered_delivery: Int = 0
    replace_if_present_flag: Int = 0
    data_coding: Int = 0
    sm_default_msg_id: Int = 0
    short_message: Text = b""
    tlvs: TlvMap = NO_TLVS

    @property
    def user_data(self) -> bytes:
        """The message wherever it stands: message_payload takes short_message's place (§5.3.2.32)."""
        return self.short_message or self.tlvs.get(Tag.MESSAGE_PAYLOAD, b"")


class SubmitSm(MessageSm, frozen=True, gc=False):
    command_id = CommandId.SUBMIT_SM


class DeliverSm(MessageSm, frozen=True, gc=False):
    command_id = CommandId.DELIVER_SM


class SubmitSmResp(Body, frozen=True, gc=False):
    command_id = CommandId.SUBMIT_SM_RESP
    message_id: MessageId = ""
    tlvs: TlvMap = NO_TLVS


class DeliverSmResp(Body, frozen=True, gc=False):
    command_id = CommandId.DELIVER_SM_RESP
    message_id: MessageId = ""  # §4.6.2: unused, though some fill it in
    tlvs: TlvMap = NO_TLVS


class DataSm(Body, frozen=True, gc=False):  # §4.7
    command_id = CommandId.DATA_SM
    service_type: ServiceType = ""
    source_addr_ton: Int = 0
    source_addr_npi: Int = 0
    source_addr: LongSource = ""
    dest_addr_ton: Int = 0
    dest_addr_npi: Int = 0
    destination_addr: LongDestination = ""
    esm_class: Int = 0
    registered_delivery: Int = 0
    data_coding: Int = 0
    tlvs: TlvMap = NO_TLVS

    @property
    def user_data(self) -> bytes:
        """The message, which data_sm has in message_payload only."""
        return self.tlvs.get(Tag.MESSAGE_PAYLOAD, b"")


class DataSmResp(Body, frozen=True, gc=False):
    command_id = CommandId.DATA_SM_RESP
    message_id: MessageId = ""
    tlvs: TlvMap = NO_TLVS


class AlertNotification(Body, frozen=True, gc=False):  # §4.12
    command_id = CommandId.ALERT_NOTIFICATION
    source_addr_ton: Int = 0
    source_addr_npi: Int = 0
    source_addr: LongSource = ""
    esme_addr_ton: Int = 0
    esme_addr_npi: Int = 0
    esme_addr: LongDestination = ""
    tlvs: TlvMap = NO_TLVS


RESPONSES: Final[Mapping[type[Body], type[Body]]] = {
    BindTransmitter: BindTransmitterResp,
    BindReceiver: BindReceiverResp,
    BindTransceiver: BindTransceiverResp,
    Unbind: UnbindResp,
    EnquireLink: EnquireLinkResp,
    SubmitSm: SubmitSmResp,
    DeliverSm: DeliverSmResp,
    DataSm: DataSmResp,
    **ancillary.RESPONSES,
}
"""Each request's response."""

ONE_WAY: Final[tuple[type[Body], ...]] = (Outbind, AlertNotification)
"""What nobody answers."""

_KINDS: Final[tuple[type[Body], ...]] = (*RESPONSES, *RESPONSES.values(), *ONE_WAY, GenericNack)

BODIES: Final[Mapping[int, type[Body]]] = {kind.command_id: kind for kind in _KINDS}
"""All that the codec knows, by command_id."""
