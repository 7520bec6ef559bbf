"""PDUs and their octets: by hand, by property, and as hostile as they come."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.wire.smpp import codec, pdus
from kavle.wire.smpp.body import Body, Pdu
from kavle.wire.smpp.codec import Decoder, Rejected, Unframeable, encode
from kavle.wire.smpp.constants import CommandId, CommandStatus, Tag
from kavle.wire.smpp.errors import FieldError
from wire.smpp.smpp_bodies import bodies, bodies_of, mutated, sequences
from wire.smpp.smpp_table import HELLO, TABLE, TLVS, Row

each_kind = pytest.mark.parametrize("kind", pdus.BODIES.values(), ids=lambda kind: kind.__name__)
WITH_TLVS = [kind for kind in pdus.BODIES.values() if "tlvs" in kind.__struct_fields__]


def frame(command_id: int, body: bytes, sequence: int = 5, status: int = 0) -> bytes:
    return struct.pack(">IIII", 16 + len(body), command_id, status, sequence) + body


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE.keys())
def test_the_table_is_written_and_read(row: Row) -> None:
    assert encode(row.body, row.sequence, row.status).hex() == row.octets.hex()
    assert Decoder().feed(row.octets) == [Pdu(row.sequence, row.status, row.body)]


def test_the_table_has_every_pdu_and_every_optional_parameter() -> None:
    assert {type(row.body) for row in TABLE.values()} == set(pdus.BODIES.values())
    assert set(pdus.BODIES) == set(CommandId)
    assert set(TLVS) == set(Tag)


@each_kind
@given(st.data(), sequences)
def test_what_is_encoded_comes_back(kind: type[Body], data: st.DataObject, sequence: int) -> None:
    body = data.draw(bodies_of(kind))
    assert Decoder().feed(encode(body, sequence)) == [Pdu(sequence, 0, body)]


@pytest.mark.parametrize("tag", Tag, ids=lambda tag: tag.name.lower())
@given(st.binary(max_size=300), st.sampled_from(WITH_TLVS))
def test_every_optional_parameter_comes_back_whatever_is_in_it(
    tag: Tag, octets: bytes, kind: type[Body]
) -> None:
    body = kind(tlvs={tag: octets})  # type: ignore[call-arg]
    assert Decoder().feed(encode(body, 1)) == [Pdu(1, 0, body)]


@given(st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=9), max_size=200))
def test_many_optional_parameters_keep_their_order(tlvs: dict[int, bytes]) -> None:
    (came,) = Decoder().feed(encode(pdus.SubmitSm(tlvs=tlvs), 1))
    assert isinstance(came, Pdu)
    assert isinstance(came.body, pdus.SubmitSm)
    assert list(came.body.tlvs.items()) == list(tlvs.items())


HOT = st.sampled_from([pdus.SubmitSm, pdus.DeliverSm, pdus.SubmitSmResp, pdus.DeliverSmResp]).flatmap(
    bodies_of
)


@given(HOT, sequences)
def test_the_short_cuts_write_what_the_tables_write(body: Body, sequence: int) -> None:
    assert encode(body, sequence) == codec.encode_by_table(body, sequence)


@given(st.data())
def test_the_short_cuts_read_what_the_tables_read(data: st.DataObject) -> None:
    whole = data.draw(HOT.map(lambda body: encode(body, 5)).flatmap(mutated))
    whole = len(whole).to_bytes(4, "big") + whole[4:] if len(whole) >= 16 else whole
    if len(whole) >= 16:
        _, command_id, status, sequence = struct.unpack_from(">IIII", whole)
        by_table = codec._decode(command_id, status, sequence, whole, 16, len(whole))
        # Octets behind the PDU are another's: a short cut that runs over the end would read them.
        assert Decoder().feed(whole + b"\0" * 15)[0] == by_table


@given(st.lists(bodies, max_size=6), st.data())
def test_a_stream_may_be_split_anywhere(sent: list[Body], data: st.DataObject) -> None:
    stream = b"".join(encode(body, number) for number, body in enumerate(sent, 1))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    decoder = Decoder()
    came: list[Any] = []
    for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        came += decoder.feed(stream[start:stop])
    assert came == [Pdu(number, 0, body) for number, body in enumerate(sent, 1)]


def test_octets_may_come_one_by_one() -> None:
    decoder = Decoder()
    stream = encode(HELLO, 1) + encode(pdus.EnquireLink(), 2)
    came = [item for value in stream for item in decoder.feed(bytes((value,)))]
    assert came == [Pdu(1, 0, HELLO), Pdu(2, 0, pdus.EnquireLink())]


@given(st.lists(st.binary(max_size=80), max_size=5))
def test_arbitrary_octets_raise_nothing(reads: list[bytes]) -> None:
    decoder = Decoder()
    for data in reads:
        decoder.feed(data)


@given(bodies.map(lambda body: encode(body, 5)).flatmap(mutated), st.integers(0, 200))
def test_damaged_pdus_raise_nothing_and_split_alike(whole: bytes, cut: int) -> None:
    stream = whole + encode(pdus.EnquireLink(), 6)
    halves = Decoder()
    assert halves.feed(stream[:cut]) + halves.feed(stream[cut:]) == Decoder().feed(stream)


SM_TO_SCHEDULE = b"\0\0\0\0\0\0\0\0\0\0"
MALFORMED: dict[str, tuple[int, bytes, CommandStatus]] = {
    "an unknown command": (0x00000099, b"", CommandStatus.ESME_RINVCMDID),
    "a destination that is neither number nor list": (
        0x00000021,
        b"\0\0\0\0\x01\x03\0\0\0" + bytes(20),
        CommandStatus.ESME_RINVDESTFLAG,
    ),
    "fewer destinations than were told": (0x00000021, b"\0\0\0\0\x02\x02a\0", CommandStatus.ESME_RINVCMDLEN),
    "a list's name of 21": (
        0x00000021,
        b"\0\0\0\0\x01\x02" + b"a" * 21 + bytes(20),
        CommandStatus.ESME_RINVDLNAME,
    ),
    "no body": (0x00000004, b"", CommandStatus.ESME_RINVCMDLEN),
    "a string without its end": (0x00000004, b"CMT", CommandStatus.ESME_RINVCMDLEN),
    "service_type of 6": (0x00000004, b"123456\0" + bytes(20), CommandStatus.ESME_RINVSERTYP),
    "a source of 21": (0x00000004, b"\0\0\0" + b"1" * 21 + bytes(20), CommandStatus.ESME_RINVSRCADR),
    "a destination of 21": (
        0x00000004,
        b"\0\0\0\0\0\0" + b"1" * 21 + bytes(20),
        CommandStatus.ESME_RINVDSTADR,
    ),
    "a schedule of 17": (0x00000004, SM_TO_SCHEDULE + b"1" * 17 + bytes(9), CommandStatus.ESME_RINVSCHED),
    "a validity of 17": (
        0x00000004,
        SM_TO_SCHEDULE + b"\0" + b"1" * 17 + bytes(9),
        CommandStatus.ESME_RINVEXPIRY,
    ),
    "octets missing before sm_length": (
        0x00000004,
        SM_TO_SCHEDULE + b"\0\0\0\0",
        CommandStatus.ESME_RINVCMDLEN,
    ),
    "sm_length beyond the end": (
        0x00000004,
        SM_TO_SCHEDULE + b"\0\0\0\0\0\0\x05Hell",
        CommandStatus.ESME_RINVMSGLEN,
    ),
    "sm_length 255": (
        0x00000004,
        SM_TO_SCHEDULE + b"\0\0\0\0\0\0\xff" + bytes(255),
        CommandStatus.ESME_RINVMSGLEN,
    ),
    "half a TLV": (
        0x00000005,
        SM_TO_SCHEDULE + b"\0\0\0\0\0\0\0" + b"\x04\x24\x00",
        CommandStatus.ESME_RINVOPTPARSTREAM,
    ),
    "a TLV beyond the end": (
        0x00000005,
        SM_TO_SCHEDULE + b"\0\0\0\0\0\0\0" + b"\x04\x24\x00\x02x",
        CommandStatus.ESME_RINVPARLEN,
    ),
    "a body where none belongs": (0x00000015, b"x", CommandStatus.ESME_RINVCMDLEN),
    "a password of 9": (0x00000009, b"a\0" + b"123456789\0" + bytes(5), CommandStatus.ESME_RINVPASWD),
    "a system_id of 16": (0x00000009, b"a" * 16 + bytes(7), CommandStatus.ESME_RINVSYSID),
}


@pytest.mark.parametrize(("command_id", "body", "status"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_pdu_is_rejected_alone(command_id: int, body: bytes, status: CommandStatus) -> None:
    rejected, after = Decoder().feed(frame(command_id, body) + encode(pdus.EnquireLink(), 6))
    assert isinstance(rejected, Rejected)
    assert (rejected.command_id, rejected.sequence, rejected.status) == (command_id, 5, status)
    assert after == Pdu(6, 0, pdus.EnquireLink())


@pytest.mark.parametrize(
    ("body", "message_id"),
    [
        (b"1" * 70 + b"\0", "1" * 70),
        (b"1", "1"),
        (b"a1\0x", "a1"),
        (b"a1\0\x04\x27\x00\x05\x01", "a1"),  # a TLV that is cut short
        (b"\xff", "\xff"),
    ],
)
def test_a_yes_is_a_yes_whatever_is_wrong_behind_its_header(body: bytes, message_id: str) -> None:
    """Taken for no answer, it would have the message sent again, and again."""
    accepted, after = Decoder().feed(frame(0x80000004, body) + encode(pdus.EnquireLink(), 6))
    assert accepted == Pdu(5, 0, pdus.SubmitSmResp(message_id))
    assert after == Pdu(6, 0, pdus.EnquireLink())


@pytest.mark.parametrize("length", [0, 15, 64 * 1024 + 1, 0xFFFFFFFF])
def test_a_command_length_that_cannot_be_true_ends_the_stream(length: int) -> None:
    decoder = Decoder()
    good, fatal = decoder.feed(encode(HELLO, 1) + struct.pack(">IIII", length, 4, 0, 2))
    assert good == Pdu(1, 0, HELLO)
    assert isinstance(fatal, Unframeable)
    assert decoder.feed(encode(HELLO, 3)) == []


def test_the_longest_pdu_is_taken_and_no_longer() -> None:
    largest = pdus.DataSm(tlvs={Tag.MESSAGE_PAYLOAD: b"x" * (64 * 1024 - 16 - 14)})
    assert len(encode(largest, 1)) == codec.MAX_COMMAND_LENGTH
    assert Decoder().feed(encode(largest, 1)) == [Pdu(1, 0, largest)]
    assert isinstance(Decoder(limit=1000).feed(encode(largest, 1))[0], Unframeable)


@pytest.mark.parametrize("kind", pdus.RESPONSES.values(), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("status", [0, 8])
def test_a_response_may_lack_its_body(kind: type[Body], status: int) -> None:
    assert Decoder().feed(frame(kind.command_id, b"", status=status)) == [Pdu(5, status, kind())]


def test_the_remains_of_a_body_beside_an_error_do_no_harm() -> None:
    assert Decoder().feed(frame(0x80000004, b"x", status=8)) == [Pdu(5, 8, pdus.SubmitSmResp())]


WRONG: dict[str, dict[str, Any]] = {
    "too long": {"destination_addr": "1" * 21},
    "a NUL, which would shift all that follows": {"source_addr": "4670\0"},
    "not Latin-1": {"source_addr": "Кавле"},
    "no octet": {"data_coding": 256},
    "negative": {"esm_class": -1},
    "a text of 255": {"short_message": b"x" * 255},
    "a TLV that does not fit": {"tlvs": {0x0424: b"x" * 65536}},
    "a tag that is none": {"tlvs": {0x10000: b""}},
    "too long a validity": {"validity_period": "0" * 17},
    "too long a schedule": {"schedule_delivery_time": "0" * 17},
    "too long a service_type": {"service_type": "123456"},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
@pytest.mark.parametrize("kind", [pdus.SubmitSm, pdus.DeliverSm])
def test_what_does_not_fit_is_the_callers_error_and_is_named(
    kind: type[pdus.MessageSm], wrong: dict[str, Any]
) -> None:
    with pytest.raises(FieldError, match=next(iter(wrong))):
        encode(kind(**wrong), 1)


@pytest.mark.parametrize("message_id", ["1" * 65, "a\0b", "№"])
def test_a_message_id_that_does_not_fit(message_id: str) -> None:
    with pytest.raises(FieldError, match="message_id"):
        encode(pdus.SubmitSmResp(message_id), 1)


@pytest.mark.parametrize(("sequence", "status"), [(2**32, 0), (1, 2**32), (-1, 0)])
def test_a_header_that_does_not_fit(sequence: int, status: int) -> None:
    with pytest.raises(FieldError):
        encode(pdus.EnquireLink(), sequence, status)


def test_user_data_is_found_wherever_it_stands() -> None:
    assert HELLO.user_data == b"Hello"
    assert pdus.DeliverSm(tlvs={Tag.MESSAGE_PAYLOAD: b"long"}).user_data == b"long"
    assert pdus.DataSm(tlvs={Tag.MESSAGE_PAYLOAD: b"long"}).user_data == b"long"
    assert pdus.DeliverSm().user_data == b""


def test_no_password_and_no_text_shows_in_a_log() -> None:
    shown = repr(
        [
            pdus.BindTransceiver("kavle", "s3cret"),
            pdus.Outbind("smsc", "s3cret"),
            pdus.SubmitSm(short_message=b"s3cret", tlvs={Tag.MESSAGE_PAYLOAD: b"s3cret"}),
        ]
    )
    assert "s3cret" not in shown
    assert "system_id='kavle'" in shown
