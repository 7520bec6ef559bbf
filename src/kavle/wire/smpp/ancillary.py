"""The PDUs of SMPP 3.4 by which an ESME asks about messages, changes them, or sends one to many: known to the
codec, so that they are refused by their own responses. No session here sends or serves them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from kavle.wire.smpp.body import (
    Body,
    Destination,
    FinalDate,
    Int,
    MessageId,
    ScheduleTime,
    ServiceType,
    Source,
    Text,
    TlvMap,
    ValidityPeriod,
)
from kavle.wire.smpp.constants import CommandId
from kavle.wire.smpp.fields import NO_TLVS
from kavle.wire.smpp.lists import DistributionList, Entries, SmeAddress, Unsuccess

# number_of_dests is 1 to 254, §5.2.24. What came is not refused for having none.
Destinations = Annotated[tuple[SmeAddress | DistributionList, ...], Entries(254)]
Unsuccesses = Annotated[tuple[Unsuccess, ...], Entries(255, Unsuccess)]


class SubmitMulti(Body, frozen=True, gc=False):  # §4.5.1
    command_id = CommandId.SUBMIT_MULTI
    service_type: ServiceType = ""
    source_addr_ton: Int = 0
    source_addr_npi: Int = 0
    source_addr: Source = ""
    dest_address: Destinations = ()
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


class SubmitMultiResp(Body, frozen=True, gc=False):  # §4.5.2
    command_id = CommandId.SUBMIT_MULTI_RESP
    message_id: MessageId = ""
    unsuccess_sme: Unsuccesses = ()
    tlvs: TlvMap = NO_TLVS


class QuerySm(Body, frozen=True, gc=False):  # §4.8.1
    command_id = CommandId.QUERY_SM
    message_id: MessageId = ""
    source_addr_ton: Int = 0
    source_addr_npi: Int = 0
    source_addr: Source = ""


class QuerySmResp(Body, frozen=True, gc=False):  # §4.8.2
    command_id = CommandId.QUERY_SM_RESP
    message_id: MessageId = ""
    final_date: FinalDate = ""
    message_state: Int = 0
    error_code: Int = 0


class CancelSm(Body, frozen=True, gc=False):  # §4.9.1
    command_id = CommandId.CANCEL_SM
    service_type: ServiceType = ""
    message_id: MessageId = ""
    source_addr_ton: Int = 0
    source_addr_npi: Int = 0
    source_addr: Source = ""
    dest_addr_ton: Int = 0
    dest_addr_npi: Int = 0
    destination_addr: Destination = ""


class CancelSmResp(Body, frozen=True, gc=False):  # §4.9.2
    command_id = CommandId.CANCEL_SM_RESP


class ReplaceSm(Body, frozen=True, gc=False):  # §4.10.1
    command_id = CommandId.REPLACE_SM
    message_id: MessageId = ""
    source_addr_ton: Int = 0
    source_addr_npi: Int = 0
    source_addr: Source = ""
    schedule_delivery_time: ScheduleTime = ""
    validity_period: ValidityPeriod = ""
    registered_delivery: Int = 0
    sm_default_msg_id: Int = 0
    short_message: Text = b""


class ReplaceSmResp(Body, frozen=True, gc=False):  # §4.10.2
    command_id = CommandId.REPLACE_SM_RESP


RESPONSES: Final[Mapping[type[Body], type[Body]]] = {
    SubmitMulti: SubmitMultiResp,
    QuerySm: QuerySmResp,
    CancelSm: CancelSmResp,
    ReplaceSm: ReplaceSmResp,
}
