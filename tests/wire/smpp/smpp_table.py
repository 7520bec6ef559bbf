"""SMPP 3.4's PDUs and optional parameters with their octets, written down by hand from the specification."""

from __future__ import annotations

from typing import Final, NamedTuple

from kavle.wire.smpp import pdus
from kavle.wire.smpp.ancillary import (
    CancelSm,
    CancelSmResp,
    QuerySm,
    QuerySmResp,
    ReplaceSm,
    ReplaceSmResp,
    SubmitMulti,
    SubmitMultiResp,
)
from kavle.wire.smpp.body import Body
from kavle.wire.smpp.constants import CommandStatus, Tag
from kavle.wire.smpp.lists import DistributionList, SmeAddress, Unsuccess


class Row(NamedTuple):
    body: Body
    sequence: int
    status: int
    told: str  # hexadecimal, spaced to be read

    @property
    def octets(self) -> bytes:
        return bytes.fromhex(self.told)


HELLO: Final = pdus.SubmitSm(
    source_addr_ton=5,
    source_addr="Kavle",
    dest_addr_ton=1,
    dest_addr_npi=1,
    destination_addr="46701234567",
    registered_delivery=1,
    short_message=b"Hello",
)
EVERY_FIELD: Final = {
    "service_type": "CMT",
    "source_addr_ton": 1,
    "source_addr_npi": 1,
    "source_addr": "46701234567",
    "dest_addr_ton": 2,
    "dest_addr_npi": 8,
    "destination_addr": "71120",
    "esm_class": 0x43,
    "protocol_id": 0x7F,
    "priority_flag": 3,
    "validity_period": "000002000000000R",
    "registered_delivery": 0x11,
    "replace_if_present_flag": 1,
    "data_coding": 8,
    "sm_default_msg_id": 7,
    "short_message": b"\x00H\x00i",
}

TABLE: Final[dict[str, Row]] = {
    # The specification's own example of a PDU, §3.2.
    "bind_transmitter": Row(
        pdus.BindTransmitter("SMPP3TEST", "secret08", "SUBMIT1", 0, 1, 1),
        1,
        0,
        "0000002F 00000002 00000000 00000001 534D5050335445535400 736563726574303800"
        "5355424D49543100 00 01 01 00",
    ),
    "bind_receiver": Row(
        pdus.BindReceiver("kavle", "secret", "VMA", 0x34, 1, 1, "^46"),
        2,
        0,
        "00000028 00000001 00000000 00000002 6B61766C6500 73656372657400 564D4100 34 01 01 5E343600",
    ),
    "bind_transceiver": Row(
        pdus.BindTransceiver("kavle", "secret"),
        3,
        0,
        "00000022 00000009 00000000 00000003 6B61766C6500 73656372657400 00 34 00 00 00",
    ),
    "bind_transmitter_resp": Row(
        pdus.BindTransmitterResp("SMSC"),
        1,
        0,
        "00000015 80000002 00000000 00000001 534D534300",
    ),
    "bind_receiver_resp": Row(
        pdus.BindReceiverResp("SMSC"),
        2,
        0,
        "00000015 80000001 00000000 00000002 534D534300",
    ),
    "bind_transceiver_resp": Row(
        pdus.BindTransceiverResp("SMSC", {Tag.SC_INTERFACE_VERSION: b"\x34"}),
        1,
        0,
        "0000001A 80000009 00000000 00000001 534D534300 0210 0001 34",
    ),
    "a refused bind has no body": Row(
        pdus.BindTransceiverResp(),
        1,
        CommandStatus.ESME_RINVPASWD,
        "00000010 80000009 0000000E 00000001",
    ),
    "outbind": Row(pdus.Outbind("me", "pw"), 1, 0, "00000016 0000000B 00000000 00000001 6D6500 707700"),
    "unbind": Row(pdus.Unbind(), 3, 0, "00000010 00000006 00000000 00000003"),
    "unbind_resp": Row(pdus.UnbindResp(), 3, 0, "00000010 80000006 00000000 00000003"),
    "generic_nack": Row(
        pdus.GenericNack(), 1, CommandStatus.ESME_RINVCMDID, "00000010 80000000 00000003 00000001"
    ),
    "submit_sm": Row(
        HELLO,
        7,
        0,
        "00000036 00000004 00000000 00000007 00 05 00 4B61766C6500 01 01 343637303132333435363700"
        "00 00 00 00 00 01 00 00 00 05 48656C6C6F",
    ),
    "submit_sm with every field": Row(
        pdus.SubmitSm(**EVERY_FIELD, schedule_delivery_time="261122190000000+"),
        8,
        0,
        "00000058 00000004 00000000 00000008 434D5400 01 01 343637303132333435363700 02 08 373131323000"
        "43 7F 03 3236313132323139303030303030302B00 3030303030323030303030303030305200"
        "11 01 08 07 04 00480069",
    ),
    "submit_sm with a payload": Row(
        pdus.SubmitSm(destination_addr="1", tlvs={Tag.MESSAGE_PAYLOAD: b"Hi"}),
        7,
        0,
        "00000028 00000004 00000000 00000007 00 00 00 00 00 00 3100"
        "00 00 00 00 00 00 00 00 00 00 0424 0002 4869",
    ),
    "submit_sm_resp": Row(pdus.SubmitSmResp("A1"), 7, 0, "00000013 80000004 00000000 00000007 413100"),
    "a refused submit_sm has no body": Row(
        pdus.SubmitSmResp(), 7, CommandStatus.ESME_RTHROTTLED, "00000010 80000004 00000058 00000007"
    ),
    "deliver_sm with every field": Row(
        pdus.DeliverSm(**EVERY_FIELD),
        9,
        0,
        "00000048 00000005 00000000 00000009 434D5400 01 01 343637303132333435363700 02 08 373131323000"
        "43 7F 03 00 3030303030323030303030303030305200 11 01 08 07 04 00480069",
    ),
    "a receipt": Row(
        pdus.DeliverSm(
            source_addr="46",
            destination_addr="Kavle",
            esm_class=4,
            short_message=b"id:A1 stat:DELIVRD",
            tlvs={Tag.MESSAGE_STATE: b"\2", Tag.RECEIPTED_MESSAGE_ID: b"A1\0"},
        ),
        10,
        0,
        "00000046 00000005 00000000 0000000A 00 00 00 343600 00 00 4B61766C6500 04 00 00 00 00 00 00 00 00"
        "12 69643A413120737461743A44454C49565244 0427 0001 02 001E 0003 413100",
    ),
    "deliver_sm_resp": Row(pdus.DeliverSmResp(), 9, 0, "00000011 80000005 00000000 00000009 00"),
    "deliver_sm_resp that refuses": Row(
        pdus.DeliverSmResp(),
        9,
        CommandStatus.ESME_RX_T_APPN,
        "00000011 80000005 00000064 00000009 00",
    ),
    "data_sm": Row(
        pdus.DataSm("WAP", 1, 1, "1", 1, 1, "2", 0x40, 1, 4, {Tag.SOURCE_PORT: b"\x0b\x84"}),
        2,
        0,
        "00000025 00000103 00000000 00000002 57415000 0101 3100 0101 3200 40 01 04 020A 0002 0B84",
    ),
    "data_sm_resp": Row(
        pdus.DataSmResp("x", {Tag.DELIVERY_FAILURE_REASON: b"\1"}),
        2,
        0,
        "00000017 80000103 00000000 00000002 7800 0425 0001 01",
    ),
    "enquire_link": Row(pdus.EnquireLink(), 3, 0, "00000010 00000015 00000000 00000003"),
    "enquire_link_resp": Row(pdus.EnquireLinkResp(), 3, 0, "00000010 80000015 00000000 00000003"),
    "alert_notification": Row(
        pdus.AlertNotification(1, 1, "46", 0, 0, "e", {Tag.MS_AVAILABILITY_STATUS: b"\0"}),
        1,
        0,
        "0000001E 00000102 00000000 00000001 0101 343600 0000 6500 0422 0001 00",
    ),
    "submit_multi": Row(
        SubmitMulti(
            source_addr="46",
            dest_address=(SmeAddress(1, 1, "4670"), DistributionList("all")),
            registered_delivery=1,
            short_message=b"Hi",
        ),
        4,
        0,
        "00000030 00000021 00000000 00000004 00 00 00 343600 02 01 01 01 3436373000 02 616C6C00"
        "00 00 00 00 00 01 00 00 00 02 4869",
    ),
    "submit_multi_resp": Row(
        SubmitMultiResp("A1", (Unsuccess(1, 1, "4670", CommandStatus.ESME_RINVDSTADR),)),
        4,
        0,
        "0000001F 80000021 00000000 00000004 413100 01 01 01 3436373000 0000000B",
    ),
    "query_sm": Row(
        QuerySm("A1", 1, 1, "46"), 5, 0, "00000018 00000003 00000000 00000005 413100 01 01 343600"
    ),
    "query_sm_resp": Row(
        QuerySmResp("A1", "261122190000000+", 2, 1),
        5,
        0,
        "00000026 80000003 00000000 00000005 413100 3236313132323139303030303030302B00 02 01",
    ),
    "query_sm_resp of what is on its way": Row(
        QuerySmResp("A1", "", 1, 0), 5, 0, "00000016 80000003 00000000 00000005 413100 00 01 00"
    ),
    "cancel_sm": Row(
        CancelSm("CMT", "A1", 1, 1, "46", 0, 1, "47"),
        6,
        0,
        "00000021 00000008 00000000 00000006 434D5400 413100 01 01 343600 00 01 343700",
    ),
    "cancel_sm_resp": Row(CancelSmResp(), 6, 0, "00000010 80000008 00000000 00000006"),
    "replace_sm": Row(
        ReplaceSm("A1", 1, 1, "46", "", "000002000000000R", 1, 0, b"Hi"),
        7,
        0,
        "0000002F 00000007 00000000 00000007 413100 01 01 343600 00 3030303030323030303030303030305200"
        "01 00 02 4869",
    ),
    "replace_sm_resp": Row(ReplaceSmResp(), 7, 0, "00000010 80000007 00000000 00000007"),
}

TLVS: Final[dict[Tag, tuple[type[Body], bytes]]] = {
    Tag.DEST_ADDR_SUBUNIT: (pdus.SubmitSm, b"\x01"),
    Tag.DEST_NETWORK_TYPE: (pdus.DataSm, b"\x01"),
    Tag.DEST_BEARER_TYPE: (pdus.DataSm, b"\x01"),
    Tag.DEST_TELEMATICS_ID: (pdus.DataSm, b"\x00\x11"),
    Tag.SOURCE_ADDR_SUBUNIT: (pdus.SubmitSm, b"\x01"),
    Tag.SOURCE_NETWORK_TYPE: (pdus.DataSm, b"\x01"),
    Tag.SOURCE_BEARER_TYPE: (pdus.DataSm, b"\x01"),
    Tag.SOURCE_TELEMATICS_ID: (pdus.DataSm, b"\x11"),
    Tag.QOS_TIME_TO_LIVE: (pdus.DataSm, b"\x00\x00\x0e\x10"),
    Tag.PAYLOAD_TYPE: (pdus.SubmitSm, b"\x01"),
    Tag.ADDITIONAL_STATUS_INFO_TEXT: (pdus.DataSmResp, b"busy\0"),
    Tag.RECEIPTED_MESSAGE_ID: (pdus.DeliverSm, b"A1\0"),
    Tag.MS_MSG_WAIT_FACILITIES: (pdus.SubmitSm, b"\x81"),
    Tag.PRIVACY_INDICATOR: (pdus.SubmitSm, b"\x01"),
    Tag.SOURCE_SUBADDRESS: (pdus.SubmitSm, b"\xa0\x12"),
    Tag.DEST_SUBADDRESS: (pdus.SubmitSm, b"\xa0\x12"),
    Tag.USER_MESSAGE_REFERENCE: (pdus.SubmitSm, b"\x01\x02"),
    Tag.USER_RESPONSE_CODE: (pdus.SubmitSm, b"\x05"),
    Tag.SOURCE_PORT: (pdus.SubmitSm, b"\x0b\x84"),
    Tag.DESTINATION_PORT: (pdus.SubmitSm, b"\x0b\x84"),
    Tag.SAR_MSG_REF_NUM: (pdus.SubmitSm, b"\x01\x02"),
    Tag.LANGUAGE_INDICATOR: (pdus.SubmitSm, b"\x01"),
    Tag.SAR_TOTAL_SEGMENTS: (pdus.SubmitSm, b"\x02"),
    Tag.SAR_SEGMENT_SEQNUM: (pdus.SubmitSm, b"\x01"),
    Tag.SC_INTERFACE_VERSION: (pdus.BindTransceiverResp, b"\x34"),
    Tag.CALLBACK_NUM_PRES_IND: (pdus.SubmitSm, b"\x01"),
    Tag.CALLBACK_NUM_ATAG: (pdus.SubmitSm, b"\x00me"),
    Tag.NUMBER_OF_MESSAGES: (pdus.SubmitSm, b"\x05"),
    Tag.CALLBACK_NUM: (pdus.SubmitSm, b"\x01\x01\x0112345"),
    Tag.DPF_RESULT: (pdus.DataSmResp, b"\x01"),
    Tag.SET_DPF: (pdus.DataSm, b"\x01"),
    Tag.MS_AVAILABILITY_STATUS: (pdus.AlertNotification, b"\x01"),
    Tag.NETWORK_ERROR_CODE: (pdus.DeliverSm, b"\x03\x00\x1b"),
    Tag.MESSAGE_PAYLOAD: (pdus.SubmitSm, b"Hello"),
    Tag.DELIVERY_FAILURE_REASON: (pdus.DataSmResp, b"\x01"),
    Tag.MORE_MESSAGES_TO_SEND: (pdus.SubmitSm, b"\x01"),
    Tag.MESSAGE_STATE: (pdus.DeliverSm, b"\x02"),
    Tag.USSD_SERVICE_OP: (pdus.SubmitSm, b"\x01"),
    Tag.DISPLAY_TIME: (pdus.SubmitSm, b"\x01"),
    Tag.SMS_SIGNAL: (pdus.SubmitSm, b"\x00\x01"),
    Tag.MS_VALIDITY: (pdus.SubmitSm, b"\x01"),
    Tag.ALERT_ON_MESSAGE_DELIVERY: (pdus.SubmitSm, b""),
    Tag.ITS_REPLY_TYPE: (pdus.SubmitSm, b"\x01"),
    Tag.ITS_SESSION_INFO: (pdus.SubmitSm, b"\x01\x02"),
}
"""One value of each optional parameter, as long as §5.3.2 has it, and a PDU that may carry it."""
