"""What a network may want otherwise, over real sockets: pairs of binds, TLS, and long messages in one."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from journey.smsc_peer import Core, Link, Smsc
from journey.test_south_smpp import parcel, receipt, running
from kavle.model.message import Accepted, Unsent, Unsure
from kavle.settings import SettingsError, WrongValue
from kavle.sms.gsm0338 import decode
from kavle.south.smpp import link as link_module
from kavle.south.smpp.carrier import LinkState, SmppCarrier
from kavle.south.smpp.settings import SmppSettings
from kavle.south.tls import client_context
from kavle.wire.smpp.constants import CommandStatus
from kavle.wire.smpp.pdus import BindReceiver, BindTransmitter
from support.patience import until
from support.tls import CERTIFICATES

PAIR = {"mode": "transmitter+receiver"}


@pytest.fixture
async def smsc() -> AsyncIterator[Smsc]:
    async with Smsc() as smsc:
        yield smsc


@pytest.fixture
async def core() -> Core:
    return Core()


async def pair_of(smsc: Smsc, carrier: SmppCarrier) -> tuple[Link, Link]:
    """The transmitter and the receiver of the newest pair."""
    await until(lambda: carrier.bound)
    transmitter, receiver = smsc.links[-2:]
    assert (transmitter.bind, receiver.bind) == (BindTransmitter, BindReceiver)
    return transmitter, receiver


def results(core: Core) -> dict[int, object]:
    return {outcome.lease.message_id: outcome.result for outcome in core.ended}


# --- a pair of binds -----------------------------------------------------------------------------------


async def test_a_pair_submits_by_the_one_bind_and_takes_receipts_by_the_other(smsc: Smsc, core: Core) -> None:
    async with running(smsc, core, **PAIR) as carrier:
        transmitter, receiver = await pair_of(smsc, carrier)
        carrier.submit([parcel(1), parcel(2)])
        await until(lambda: len(core.ended) == 2)
        receiver.deliver(receipt("net-1"))
        await until(lambda: receiver.responses)
    assert len(transmitter.submitted) == 2
    assert receiver.submitted == []
    assert [one.network_id for one in core.kept] == ["net-1"]
    assert receiver.responses[0].status == 0
    assert len(smsc.links) == 2
    assert transmitter.unbound
    assert receiver.unbound


async def test_a_pair_is_bound_when_both_are(smsc: Smsc, core: Core) -> None:
    smsc.mute_to.add(BindReceiver)
    async with running(smsc, core, **PAIR) as carrier:
        await until(lambda: len(smsc.bound_as) == 2)
        assert carrier.state is LinkState.BINDING
        assert carrier.free() == 0
        carrier.submit([parcel(1)])
        assert results(core) == {1: Unsent()}
        assert core.rooms == 0
        smsc.links[-1].session.accept_bind("network", 0.0)
        smsc.links[-1].flush()
        await until(lambda: carrier.bound)
        assert carrier.free() == 100
        assert core.rooms


async def test_the_transmitter_is_parted_from_in_good_order_when_the_receiver_dies(
    smsc: Smsc, core: Core
) -> None:
    smsc.answers = False
    async with running(smsc, core, window=2, **PAIR) as carrier:
        transmitter, receiver = await pair_of(smsc, carrier)
        carrier.submit([parcel(1), parcel(2), parcel(3)])
        await until(lambda: len(transmitter.waiting) == 2)
        receiver.cut()
        await until(lambda: not carrier.bound)
        assert carrier.free() == 0
        await until(lambda: core.ended)
        assert results(core) == {3: Unsent()}  # the others may still be answered
        assert not transmitter.unbound
        transmitter.answer(2)
        await until(lambda: transmitter.unbound)
        assert results(core) == {1: Accepted("net-1"), 2: Accepted("net-2"), 3: Unsent()}
        await pair_of(smsc, carrier)
        assert carrier.reconnects == 1
    assert len(smsc.links) == 4


async def test_a_dead_receiver_does_not_wait_for_responses_for_ever(
    smsc: Smsc, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "GOODBYE", 0.05)
    smsc.answers = False
    async with running(smsc, core, **PAIR) as carrier:
        transmitter, receiver = await pair_of(smsc, carrier)
        carrier.submit([parcel(1)])
        await until(lambda: transmitter.waiting)
        receiver.cut()
        await until(lambda: transmitter.unbound and core.ended)
        assert isinstance(results(core)[1], Unsure)
        await until(lambda: len(smsc.links) == 4 and carrier.bound)


async def test_what_was_in_flight_on_a_dead_transmitter_is_unsure_and_the_receiver_is_parted_from(
    smsc: Smsc, core: Core
) -> None:
    smsc.answers = False
    core.store.clear()
    async with running(smsc, core, **PAIR) as carrier:
        transmitter, receiver = await pair_of(smsc, carrier)
        carrier.submit([parcel(1)])
        receiver.deliver(receipt("a"))
        await until(lambda: transmitter.waiting and core.kept)
        transmitter.cut()
        await until(lambda: core.ended)
        assert isinstance(results(core)[1], Unsure)
        assert not receiver.unbound
        core.store.set()  # what it brought is answered first
        await until(lambda: receiver.unbound)
        assert [response.status for response in receiver.responses] == [0]
        await until(lambda: len(smsc.links) == 4 and carrier.bound)


async def test_a_silent_receiver_is_found_out(smsc: Smsc, core: Core) -> None:
    async with running(smsc, core, enquire_link=0.1, response_timeout=0.5, **PAIR) as carrier:
        transmitter, receiver = await pair_of(smsc, carrier)
        receiver.session.receive = lambda data, now: []  # type: ignore[method-assign]
        await until(lambda: not carrier.bound)
        await until(lambda: transmitter.unbound)
        await until(lambda: carrier.bound)


async def test_a_receiver_that_is_refused_takes_its_transmitter_with_it(smsc: Smsc, core: Core) -> None:
    smsc.refusals_by[BindReceiver] = CommandStatus.ESME_RALYBND
    with capture_logs() as logs:
        async with running(smsc, core, **PAIR) as carrier:
            await until(lambda: carrier.bound)
            first, *_ = smsc.links
            assert first.bind is BindTransmitter
            assert first.unbound
    assert len(smsc.links) == 4
    assert [entry["status"] for entry in logs if entry["log_level"] == "error"] == ["ESME_RALYBND"]
    told = [entry["event"] for entry in logs if entry["log_level"] == "warning"]
    assert told == ["no link to the network"]  # once, not for each of the pair


async def test_a_network_that_knows_no_transceiver_is_told_of_by_the_setting(smsc: Smsc, core: Core) -> None:
    smsc.bind_refusals.append(CommandStatus.ESME_RINVCMDID)
    with capture_logs() as logs:
        async with running(smsc, core) as carrier:
            await until(lambda: carrier.bound)
    assert [one["look_at"] for one in logs if one["log_level"] == "error"] == ["carrier.telia.mode"]


# --- TLS -----------------------------------------------------------------------------------------------


def network_tls(name: str = "rsa", *, asks: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{name}.pem", CERTIFICATES / f"{name}.key")
    if asks:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(CERTIFICATES / "ec.pem")
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def file(name: str) -> str:
    return str(CERTIFICATES / name)


TLS = {"tls": True, "ca": file("rsa.pem")}
OURS = {"certificate": file("ec.pem"), "key": file("ec.key")}


@asynccontextmanager
async def network(**fields: Any) -> AsyncIterator[Smsc]:
    async with Smsc(network_tls(**fields)) as smsc:
        yield smsc


@pytest.mark.parametrize("mode", ["transceiver", "transmitter+receiver"])
async def test_messages_and_receipts_go_by_tls(core: Core, mode: str) -> None:
    async with network() as smsc, running(smsc, core, mode=mode, **TLS) as carrier:
        await until(lambda: carrier.bound)
        assert smsc.links[0].transport.get_extra_info("ssl_object").version() == "TLSv1.3"
        carrier.submit([parcel(number, "x" * 160) for number in range(300)])
        await until(lambda: len(core.ended) == 300)
        smsc.links[-1].deliver(receipt("a"))
        await until(lambda: smsc.links[-1].responses)
    assert all(isinstance(outcome.result, Accepted) for outcome in core.ended)
    assert all(link.unbound for link in smsc.links)


async def test_a_network_that_asks_for_a_certificate_is_shown_ours(core: Core) -> None:
    async with network(asks=True) as smsc, running(smsc, core, **TLS, **OURS) as carrier:
        await until(lambda: carrier.bound)
        names = smsc.links[0].transport.get_extra_info("peercert")["subject"]
    assert names == ((("commonName", "localhost"),),)


async def first_warning(smsc: Smsc, core: Core, **fields: Any) -> dict[str, Any]:
    """What is said of a link that could not be."""
    with capture_logs() as logs:
        async with running(smsc, core, **fields) as carrier:
            await until(lambda: [1 for entry in logs if entry["log_level"] == "warning"])
            assert carrier.binds == 0
    assert smsc.bound_as == []  # no password was told
    return next(dict(entry) for entry in logs if entry["log_level"] == "warning")


@pytest.mark.parametrize(
    ("fields", "setting"),
    [
        ({"ca": file("ec.pem")}, "ca"),
        ({"ca": ""}, "ca"),
        ({"server_name": "smpp.example.com"}, "server_name"),
    ],
)
async def test_a_network_that_is_not_who_it_should_be_gets_no_password(
    core: Core, fields: dict[str, Any], setting: str
) -> None:
    async with network() as smsc:
        warning = await first_warning(smsc, core, **TLS | fields)
    assert warning["look_at"] == f"carrier.telia.{setting}"
    assert "the certificate is not good" in warning["reason"]


async def test_a_network_that_speaks_no_tls_is_told_of(smsc: Smsc, core: Core) -> None:
    assert (await first_warning(smsc, core, **TLS))["look_at"] == "carrier.telia.tls"


@contextmanager
def plain_openssl() -> Iterator[int]:
    """The port of a network that says by TLS why it ends a handshake, as asyncio's own servers do not."""
    context = network_tls(asks=True)

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, suppress(ssl.SSLError):
                    context.wrap_socket(connection, server_side=True).close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


async def test_a_network_that_misses_our_certificate_is_told_of(core: Core) -> None:
    absent = Smsc()
    with plain_openssl() as absent.port:
        warning = await first_warning(absent, core, **TLS)
    assert warning["look_at"] == "carrier.telia.certificate"
    assert "certificate required" in warning["reason"].lower().replace("_", " ")


async def test_a_server_name_stands_for_the_host(core: Core) -> None:
    async with network() as smsc, running(smsc, core, server_name="localhost", **TLS) as carrier:
        await until(lambda: carrier.bound)


async def test_files_that_are_renewed_count_from_the_next_connection(core: Core, tmp_path: Any) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("nothing yet")
    with capture_logs() as logs:
        async with network() as smsc, running(smsc, core, tls=True, ca=str(ca)) as carrier:
            await until(lambda: [1 for entry in logs if entry["log_level"] == "warning"])
            ca.write_bytes((CERTIFICATES / "rsa.pem").read_bytes())
            await until(lambda: carrier.bound)
    assert f"carrier.telia.ca: {ca} holds no certificate" in logs[0]["reason"]


# --- long messages -------------------------------------------------------------------------------------

PAYLOAD = {"long_messages": "message_payload", "receipts": "whole message"}
LONG = "Hej [du] " * 40


async def test_a_long_message_goes_in_one_where_the_network_wants_it_so(smsc: Smsc, core: Core) -> None:
    async with running(smsc, core, service_type="VMA", **PAYLOAD) as carrier:
        await until(lambda: carrier.bound)
        carrier.submit([parcel(1, LONG), parcel(2), parcel(3, "x" * 160)])
        await until(lambda: len(core.ended) == 5)
        long, short, full = [event.message for event in smsc.links[0].submitted]
    ended = [(one.lease.message_id, one.segment, one.result) for one in core.ended]
    network_ids = {1: "net-1", 2: "net-2", 3: "net-3"}
    assert [(id, number) for id, number, _ in ended] == [(1, 1), (1, 2), (1, 3), (2, 1), (3, 1)]
    assert all(result == Accepted(network_ids[id]) for id, _, result in ended)
    assert (long.short_message, long.esm_class, long.service_type) == (b"", 0, "VMA")
    assert decode(long.user_data) == LONG
    assert [(one.tlvs, one.esm_class, len(one.short_message)) for one in (short, full)] == [
        ({}, 0, 10),
        ({}, 0, 160),
    ]


async def test_what_a_network_has_in_part_goes_on_in_segments(smsc: Smsc, core: Core) -> None:
    whole = parcel(1, LONG)
    async with running(smsc, core, **PAYLOAD) as carrier:
        await until(lambda: carrier.bound)
        carrier.submit([replace(whole, segments=whole.segments[1:])])
        await until(lambda: len(core.ended) == 2)
        sent = [event.message.short_message for event in smsc.links[0].submitted]
    assert sent == [segment.udh + segment.body for segment in whole.segments[1:]]


async def test_a_long_message_in_flight_is_unsure_in_all_its_segments(smsc: Smsc, core: Core) -> None:
    smsc.answers = False
    async with running(smsc, core, window=2, **PAYLOAD) as carrier:
        await until(lambda: carrier.bound)
        carrier.submit([parcel(number, LONG, priority=3) for number in (1, 2, 3)])
        await until(lambda: len(smsc.links[0].waiting) == 2)
        smsc.links[0].cut()
        await until(lambda: len(core.ended) == 9)
    told = [(one.lease.message_id, one.segment, type(one.result)) for one in core.ended]
    assert told == [(id, number, Unsure) for id in (1, 2) for number in (1, 2, 3)] + [
        (3, number, Unsent) for number in (1, 2, 3)
    ]


def test_a_message_payload_wants_receipts_of_whole_messages() -> None:
    with pytest.raises(WrongValue) as told:
        made(long_messages="message_payload")
    assert told.value.key == "receipts"


# --- TLS's settings ------------------------------------------------------------------------------------


def made(**fields: Any) -> SmppSettings:
    return SmppSettings(name="telia", host="127.0.0.1", system_id="a", password="b", **fields)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"ca": "/no/such.pem"}, "carrier.telia.ca: /no/such.pem can't be read: No such file or directory"),
        ({"ca": file("rsa.key")}, f"carrier.telia.ca: {file('rsa.key')} holds no certificate"),
        ({"certificate": "/no/such.pem"}, "carrier.telia.certificate: /no/such.pem can't be read"),
        (
            {"certificate": file("ec.key")},
            f"carrier.telia.certificate: {file('ec.key')} holds no certificate",
        ),
        ({"certificate": file("ec.pem")}, f"carrier.telia.key: {file('ec.pem')} holds no private key"),
        ({**OURS, "key": file("rsa.key")}, f"carrier.telia.key: {file('rsa.key')} does not fit"),
        ({**OURS, "key": file("encrypted.key")}, f"carrier.telia.key: {file('encrypted.key')} is encrypted"),
    ],
)
def test_a_file_that_is_no_good_is_told_of_by_its_setting(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(SettingsError) as told:
        client_context(made(**TLS | fields))
    assert str(told.value).startswith(problem)


@pytest.mark.parametrize("name", ["ca", "certificate", "key", "server_name"])
def test_what_is_for_tls_wants_tls(name: str) -> None:
    with pytest.raises(WrongValue, match="tls = true") as told:
        made(**{name: "x"})
    assert told.value.key == name


def test_a_key_wants_its_certificate() -> None:
    with pytest.raises(WrongValue) as told:
        made(tls=True, key="x")
    assert told.value.key == "certificate"


def test_the_systems_authorities_count_where_no_others_are_named() -> None:
    context = client_context(made(tls=True))
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
