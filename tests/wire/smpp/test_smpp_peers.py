"""Our codec and four others on the same octets: what one writes the other reads, fields and optional
parameters. Where a peer differs, `DIFFERS` says who is right."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from typing import Final

import pytest
from smpp.pdu.error import PDUCorruptError, PDUParseError

from kavle.wire.smpp.body import fields_of
from kavle.wire.smpp.codec import encode
from kavle.wire.smpp.constants import Tag
from kavle.wire.smpp.pdus import MessageSm
from support import clients
from wire.smpp.smpp_peers import Node, Pdu3, Peer, Smpp34, Smpplib, alike, command_of
from wire.smpp.smpp_table import TABLE, TLVS, Row


def _carried(tag: Tag) -> Row:
    kind, octets = TLVS[tag]
    body = kind(tlvs={tag: octets})  # type: ignore[call-arg]
    return Row(body, 1, 0, encode(body, 1).hex())


ROWS: Final = TABLE | {tag.name.lower(): _carried(tag) for tag in TLVS}

_ANCILLARY: Final = {name for name in TABLE if name.startswith(("submit_multi", "cancel_sm", "replace_sm"))}

LACKS: Final[dict[type[Peer], set[str]]] = {
    Smpplib: _ANCILLARY | {"outbind", "callback_num_atag", "set_dpf"},
    Pdu3: {"submit_multi", "submit_multi_resp", "replace_sm"}
    | {"ms_msg_wait_facilities", "callback_num_pres_ind", "callback_num_atag", "dpf_result", "set_dpf"}
    | {"ussd_service_op", "ms_validity", "alert_on_message_delivery", "its_reply_type", "its_session_info"},
    # It shows the fields of these two only.
    Smpp34: {name for name, row in ROWS.items() if not isinstance(row.body, MessageSm)},
    Node: set(),
}
"""What a peer does not have."""

READ, WRITE = "read", "write"

DIFFERS: Final[dict[tuple[type[Peer], str, str], str]] = {
    (Smpplib, WRITE, "a refused bind has no body"): "§4.1.6: no body with an error",
    (Smpplib, WRITE, "a refused submit_sm has no body"): "§4.4.2: no body with an error",
    (Smpplib, READ, "source_addr_subunit"): "§5.3.2.2: one octet, not two",
    (Smpplib, WRITE, "source_addr_subunit"): "§5.3.2.2: one octet, not two",
    (Smpplib, READ, "source_telematics_id"): "§5.3.2.8: one octet, not two",
    (Smpplib, WRITE, "source_telematics_id"): "§5.3.2.8: one octet, not two",
    (Smpplib, READ, "source_subaddress"): "§5.3.2.15: octets, with no NUL at the end to be taken away",
    (Smpplib, WRITE, "source_subaddress"): "§5.3.2.15: octets, with no NUL at the end",
    (Smpplib, READ, "dest_subaddress"): "§5.3.2.16: octets, with no NUL at the end to be taken away",
    (Smpplib, WRITE, "dest_subaddress"): "§5.3.2.16: octets, with no NUL at the end",
    (Smpplib, READ, "data_sm_resp"): "§5.3.2.33: delivery_failure_reason is an integer, not a string",
    (Smpplib, WRITE, "data_sm_resp"): "§5.3.2.33: delivery_failure_reason is an integer, not a string",
    (Smpplib, READ, "delivery_failure_reason"): "§5.3.2.33: an integer, not a string",
    (Smpplib, WRITE, "delivery_failure_reason"): "§5.3.2.33: an integer, not a string",
    (Smpplib, WRITE, "alert_on_message_delivery"): "§5.3.2.41: without a value, and still to be written",
    (Pdu3, READ, "source_telematics_id"): "§5.3.2.8: one octet, not two",
    (Pdu3, WRITE, "source_telematics_id"): "§5.3.2.8: one octet, not two",
    (
        Node,
        WRITE,
        "deliver_sm_resp that refuses",
    ): "§4.6.2: message_id whatever the status",
    (Node, READ, "source_telematics_id"): "§5.3.2.8: one octet, not two",
    (Node, WRITE, "source_telematics_id"): "§5.3.2.8: one octet, not two",
    (Node, READ, "alert_on_message_delivery"): "§5.3.2.41: without a value; version 5.0 gave it one",
    (Node, WRITE, "alert_on_message_delivery"): "§5.3.2.41: without a value; version 5.0 gave it one",
}
"""By the sections of SMPP 3.4, the peer is wrong in each of these."""

THEIR_ERRORS: Final = (AssertionError, TypeError, ValueError, struct.error, PDUParseError, PDUCorruptError)

CASES: Final = [
    pytest.param(peer, name, id=f"{peer.__name__}-{name}")
    for peer, lacks in LACKS.items()
    for name in ROWS
    if name not in lacks
]


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    peer = Node()
    yield peer
    peer.close()


@cache
def _alone(kind: type[Peer]) -> Peer:
    return kind()


@pytest.fixture
async def peer(kind: type[Peer], request: pytest.FixtureRequest) -> Peer:
    if kind is not Node:
        return _alone(kind)
    await clients.require(clients.NODE_SMPP)
    node: Node = request.getfixturevalue("node")
    return node


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_a_peer_reads_what_is_written_here(kind: type[Peer], name: str, peer: Peer) -> None:
    if (kind, READ, name) not in DIFFERS:
        _reads(peer, ROWS[name])
        return
    with pytest.raises(THEIR_ERRORS):
        _reads(peer, ROWS[name])


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_a_peer_writes_what_is_written_here(kind: type[Peer], name: str, peer: Peer) -> None:
    """And what is written is read: `test_the_table_is_written_and_read`."""
    if (kind, WRITE, name) not in DIFFERS:
        _writes(peer, ROWS[name])
        return
    with pytest.raises(THEIR_ERRORS):
        _writes(peer, ROWS[name])


def test_every_pdu_is_known_to_a_peer_and_every_optional_parameter() -> None:
    for name in ROWS:
        agree = [
            kind
            for kind, lacks in LACKS.items()
            if name not in lacks and not {(kind, READ, name), (kind, WRITE, name)} & set(DIFFERS)
        ]
        # Three have it from one another; jsmpp, in Java, has one octet for it as the specification does.
        assert agree or name == "source_telematics_id", name


def _reads(peer: Peer, row: Row) -> None:
    told = peer.read(row.octets)
    assert told[:3] == (command_of(type(row.body)), row.sequence, row.status)
    for name, _ in fields_of(type(row.body)):
        if name != "tlvs":
            assert alike(getattr(row.body, name), told.values.get(name)), name
    for tag, octets in getattr(row.body, "tlvs", {}).items():
        name = Tag(tag).name.lower()
        assert name in told.values
        assert alike(octets, told.values[name]), name


def _writes(peer: Peer, row: Row) -> None:
    assert peer.write(row.body, row.sequence, row.status).hex() == row.octets.hex()
