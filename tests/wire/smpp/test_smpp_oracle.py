"""smpplib, another's work, reads what is written here, and the reverse."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from smpplib import smpp
from smpplib.client import SimpleSequenceGenerator

from kavle.wire.smpp import pdus
from kavle.wire.smpp.body import Pdu, fields_of
from kavle.wire.smpp.codec import Decoder, encode
from kavle.wire.smpp.constants import Tag
from kavle.wire.smpp.pdus import MessageSm
from wire.smpp.smpp_bodies import octets, sequences

numbers = SimpleSequenceGenerator()
names = {kind: kind.command_id.name.lower() for kind in pdus.BODIES.values() if kind is not pdus.Outbind}


def ascii_strings(longest: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(min_codepoint=1, max_codepoint=126), max_size=longest)


@st.composite
def messages(draw: st.DrawFn) -> MessageSm:
    payload = draw(st.one_of(st.none(), st.binary(min_size=1, max_size=200)))
    return draw(
        st.builds(
            draw(st.sampled_from([pdus.SubmitSm, pdus.DeliverSm])),
            service_type=ascii_strings(5),
            source_addr_ton=octets,
            source_addr_npi=octets,
            source_addr=ascii_strings(20),
            dest_addr_ton=octets,
            dest_addr_npi=octets,
            destination_addr=ascii_strings(20),
            esm_class=octets,
            protocol_id=octets,
            priority_flag=octets,
            schedule_delivery_time=ascii_strings(16),
            validity_period=ascii_strings(16),
            registered_delivery=octets,
            replace_if_present_flag=octets,
            data_coding=octets,
            sm_default_msg_id=octets,
            # smpplib skips an empty short_message without having looked at it
            short_message=st.binary(min_size=1, max_size=254),
            tlvs=st.just({Tag.MESSAGE_PAYLOAD: payload} if payload else {}),
        )
    )


@given(messages(), sequences)
def test_smpplib_reads_the_same_fields(message: MessageSm, sequence: int) -> None:
    theirs = smpp.parse_pdu(encode(message, sequence), client=numbers)
    assert (theirs.command, theirs.sequence, theirs.status) == (names[type(message)], sequence, 0)
    for name, _ in fields_of(type(message)):
        if name != "tlvs":
            assert _text(getattr(theirs, name)) == _text(getattr(message, name)), name
    assert (theirs.message_payload or b"") == message.tlvs.get(Tag.MESSAGE_PAYLOAD, b"")


@given(messages(), sequences)
def test_what_smpplib_writes_is_read_with_the_same_fields(message: MessageSm, sequence: int) -> None:
    values: dict[str, Any] = {name: getattr(message, name) for name, _ in fields_of(type(message))}
    payload = values.pop("tlvs").get(Tag.MESSAGE_PAYLOAD)
    theirs = smpp.make_pdu(names[type(message)], client=numbers)
    theirs.sequence = sequence
    values.update(message_payload=payload, sm_length=len(message.short_message))
    for name, value in values.items():
        setattr(theirs, name, value)
    theirs.prep = None  # it would choose esm_class and sm_length by itself
    assert Decoder().feed(theirs.generate()) == [Pdu(sequence, 0, message)]


def _text(value: Any) -> Any:
    return value.decode("latin-1") if isinstance(value, bytes) else value
