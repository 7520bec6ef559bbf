"""Listeners of several kinds before one application: TLS for today, TLS for old panels, plain HTTP."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from structlog.testing import capture_logs

from kavle.north import server
from kavle.north.connection import SPARE
from kavle.north.settings import ListenerSettings
from kavle.north.tls import Certificate
from kavle.settings import SettingsError
from support.north import Client, gateway, raw
from support.tls import CERTIFICATES, listener, speaking, trusting

NOW = datetime(2026, 11, 1, tzinfo=UTC)
HEALTH = "GET /healthz HTTP/1.1\r\nHost: gateway\r\n\r\n"
OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
NEW = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
TLS = 1  # the first listener behind [http] port


def refused(port: int, client: ssl.SSLContext) -> bool:
    try:
        Client(port, client).socket.close()
    except (ssl.SSLError, ConnectionError):
        return True
    return False


# --- what is spoken -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rsa", "ec"])
def test_one_gateway_answers_by_http_and_by_https(name: str) -> None:
    with gateway(listener=[listener("modern", name)]) as north:
        assert north.ask(raw()).body == b"1000"
        assert north.ask(raw(), TLS, trusting(name)).body == b"1001"


@pytest.mark.parametrize("tls", ["modern", "legacy"])
@pytest.mark.parametrize("version", NEW)
def test_todays_clients_get_tls_12_or_13_and_ephemeral_keys(
    tls: Literal["modern", "legacy"], version: ssl.TLSVersion
) -> None:
    with gateway(listener=[listener(tls)]) as north, north.client(TLS, speaking(version)) as client:
        assert isinstance(client.socket, ssl.SSLSocket)
        name, spoken, _ = client.socket.cipher() or ("", "", 0)
        assert "ECDHE" in name or spoken == "TLSv1.3"
        assert "GCM" in name or "CHACHA20" in name
        assert client.socket.compression() is None
        client.send(HEALTH)
        assert client.answer().body == b"ok"


@pytest.mark.parametrize("version", OLD)
def test_an_old_panel_without_sni_that_sends_its_key_under_rsa_is_served_by_legacy_alone(
    version: ssl.TLSVersion,
) -> None:
    with gateway(listener=[listener("modern"), listener("legacy")]) as north:
        panel = speaking(version, "AES128-SHA")
        assert north.ask(raw(), 2, panel).body == b"1000"
        assert refused(north.server.listeners[TLS].port, panel)


def test_legacy_takes_an_old_weak_certificate_that_an_old_panel_knows() -> None:
    with gateway(listener=[listener("legacy", "weak")]) as north:
        assert north.ask(HEALTH, TLS, speaking(ssl.TLSVersion.TLSv1)).body == b"ok"


@pytest.mark.parametrize(
    "ciphers",
    ["AES128-SHA", "AES256-GCM-SHA384", "ECDHE-RSA-AES128-SHA", "DHE-RSA-AES256-GCM-SHA384", "aNULL"],
)
def test_modern_has_none_of_the_older_ciphers(ciphers: str) -> None:
    with gateway(listener=[listener("modern")]) as north:
        assert refused(north.server.listeners[TLS].port, speaking(ssl.TLSVersion.TLSv1_2, ciphers))


@pytest.mark.parametrize("tls", ["modern", "legacy"])
def test_nobody_may_negotiate_anew_or_without_a_certificate(tls: Literal["modern", "legacy"]) -> None:
    with gateway(listener=[listener(tls)]) as north:
        context = north.server.certificates()[0].context
        assert context.options & ssl.OP_NO_RENEGOTIATION
        assert context.options & ssl.OP_NO_COMPRESSION
        assert refused(north.server.listeners[TLS].port, speaking(ssl.TLSVersion.TLSv1_2, "aNULL"))


def test_who_can_not_agree_is_told_to_the_operator_with_the_setting_to_look_at() -> None:
    with gateway(listener=[listener("modern")]) as north, capture_logs() as logs:
        for _ in range(3):
            assert refused(north.server.listeners[TLS].port, speaking(ssl.TLSVersion.TLSv1))
        north.settle()
    told = [line for line in logs if line["event"] == "TLS handshake failed"]
    assert [line["times"] for line in told] == [1, 2]
    assert told[0]["address"] == "127.0.0.1"
    assert told[0]["look_at"].startswith('tls = "legacy"')


def test_legacy_is_warned_of_at_the_start_and_modern_is_not() -> None:
    with (
        capture_logs() as logs,
        gateway(listener=[listener("modern"), listener("legacy", accounts=("a",))]) as north,
    ):
        url = north.server.listeners[2].url
    warned = [line for line in logs if line["log_level"] == "warning"]
    assert [(line["listener"], line["accounts"], line["addresses"]) for line in warned] == [
        (url, ("a",), "all")
    ]


# --- the wrong protocol, or none ----------------------------------------------------------------------------


def test_plain_http_to_a_tls_port_is_told_so() -> None:
    with gateway(listener=[listener("modern")]) as north:
        answer = north.ask(HEALTH, TLS)
        assert answer.status == 400
        assert b"call it by https" in answer.body
        with north.client(TLS) as client:
            client.send(raw())
            assert b"400" in client.closed()
        assert north.core.orders == []


def test_a_tls_hello_to_a_plain_port_ends_at_once() -> None:
    with gateway(head_seconds=1000.0) as north, pytest.raises(ssl.SSLError):
        Client(north.port, trusting())


@pytest.mark.parametrize("said", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01"])
def test_who_is_silent_or_slow_in_the_handshake_is_let_go(said: bytes) -> None:
    with gateway(listener=[listener("modern")], head_seconds=0.3) as north, north.client(TLS) as client:
        client.send(said)
        client.closed()
        assert north.do(north.server.crowd) == 0


def test_who_leaves_in_the_handshake_leaves_nothing_behind() -> None:
    with gateway(listener=[listener("modern")]) as north:
        for said in (b"", b"\x16", b"\x16\x03\x01"):
            with north.client(TLS) as client:
                client.send(said)
        north.ask(HEALTH, TLS, trusting())
        while north.do(north.server.crowd):
            pass


# --- a connection behind TLS --------------------------------------------------------------------------------


def test_the_wsdl_tells_the_https_address_that_was_called() -> None:
    with gateway(listener=[listener("modern")], hosts=("sms.example.com",)) as north:
        request = "GET /sendSms/sendSms.asmx?WSDL HTTP/1.1\r\nHost: {}\r\n\r\n"
        known = north.ask(request.format("sms.example.com"), TLS, trusting())
        assert b"https://sms.example.com/sendSms/sendSms.asmx" in known.body
        other = north.ask(request.format("elsewhere.example.com"), TLS, trusting())
        assert f"{north.server.listeners[TLS].url}/sendSms/sendSms.asmx".encode() in other.body


def test_requests_follow_each_other_and_may_come_in_pieces() -> None:
    with gateway(listener=[listener("modern")]) as north, north.client(TLS, trusting()) as client:
        client.send(raw() + raw()[:20])
        assert client.answer().body == b"1000"
        client.send(raw()[20:])
        assert client.answer().body == b"1001"
        client.send("GET /healthz HTTP/1.0\r\n\r\n")
        assert client.answer().body == b"ok"
        assert client.closed() == b""


def test_a_client_that_expects_to_go_on_is_told_to() -> None:
    with gateway(listener=[listener("modern")]) as north, north.client(TLS, trusting()) as client:
        client.send(
            "POST /sendSms/sendSms.asmx HTTP/1.1\r\nHost: g\r\n"
            "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
        )
        assert client.answer().status == 100
        client.send("<a/>\n")
        assert b"not a SOAP envelope" in client.answer().body


def test_who_sends_too_much_gets_the_answer_whole_and_then_the_end() -> None:
    with (
        gateway(listener=[listener("modern")], body_bytes=1024) as north,
        north.client(TLS, trusting()) as client,
    ):
        client.send("POST /sendSms/sendSms.asmx HTTP/1.1\r\nHost: g\r\nContent-Length: 9000000\r\n\r\n")
        with contextlib.suppress(OSError):  # in the end nobody listens
            for _ in range(90):
                client.send(b"x" * 100_000)
        assert client.answer().status == 413
        north.later(5)
        assert client.closed() == b""


def test_a_client_that_hangs_up_with_a_request_under_way_harms_nobody() -> None:
    with gateway(listener=[listener("modern")]) as north:
        north.core.gate.clear()
        with north.client(TLS, trusting()) as client:
            client.send(raw())
            client.half_close()
        north.core.gate.set()
        assert north.ask(HEALTH, TLS, trusting()).body == b"ok"


def test_a_stop_waits_for_no_idle_client_s_goodbye() -> None:
    with gateway(listener=[listener("modern")], stop_seconds=1000.0) as north:
        client = Client(north.server.listeners[TLS].port, trusting())
        silent, slow = (Client(north.server.listeners[TLS].port) for _ in range(2))
        slow.send(b"\x16\x03\x01")
        client.send(HEALTH)
        assert client.answer().body == b"ok"
    for gone in (client, silent, slow):
        assert gone.closed() == b""
        gone.socket.close()


def test_a_request_under_way_is_answered_before_the_stop() -> None:
    with gateway(listener=[listener("modern")]) as north:
        client = Client(north.server.listeners[TLS].port, trusting())
        north.core.gate.clear()
        client.send(raw())
        while not north.server.tasks:
            north.settle()
    assert client.answer().body == b"1000"
    client.socket.close()


# --- one limit over all -------------------------------------------------------------------------------------


def test_what_is_counted_is_told_by_listeners_that_are_to_alone() -> None:
    open_one = ListenerSettings(host="127.0.0.1", port=0)
    watched = ListenerSettings(host="127.0.0.1", port=0, metrics=True)
    with gateway(listener=[open_one, watched]) as north:
        asked = "GET /metrics HTTP/1.1\r\nHost: g\r\n\r\n"
        assert [north.ask(asked, at).status for at in range(3)] == [200, 404, 200]
        assert [north.ask(HEALTH, at).status for at in range(3)] == [200, 200, 200]


def test_one_limit_holds_for_all_listeners_together() -> None:
    with gateway(listener=[listener("modern")], connections=2) as north:
        north.core.gate.clear()
        with north.client(TLS, trusting()) as one, north.client() as two:
            one.send(raw())
            two.send(raw())
            while north.do(lambda: len(north.server.tasks)) < 2:
                pass
            assert north.ask(HEALTH).status == 503
            assert north.ask(HEALTH, TLS, trusting()).status == 503
            north.core.gate.set()
            assert [client.answer().status for client in (one, two)] == [200, 200]
        while north.do(north.server.crowd):
            pass
        assert north.ask(HEALTH, TLS, trusting()).status == 200


def test_who_has_shaken_hands_is_counted_once() -> None:
    with gateway(listener=[listener("modern")], connections=1) as north:
        assert north.ask(HEALTH, TLS, trusting()).status == 200


def test_those_in_the_handshake_are_counted_and_give_way() -> None:
    with gateway(listener=[listener("modern")], connections=2) as north, contextlib.ExitStack() as stack:
        silent = [stack.enter_context(north.client(TLS)).socket for _ in range(5)]
        until_closed(silent, 3)
        assert north.do(north.server.crowd) == 2
        assert north.ask(HEALTH).status == 200
        until_closed(silent, 4)


def until_closed(silent: list[socket.socket], many: int) -> None:
    """So many of those whom nothing is said to."""
    while len(select.select(silent, [], [])[0]) < many:
        pass


def test_while_all_others_are_served_those_in_the_handshake_are_bounded() -> None:
    with gateway(listener=[listener("modern")], connections=1) as north, contextlib.ExitStack() as stack:
        north.core.gate.clear()
        busy = stack.enter_context(north.client())
        busy.send(raw())
        while not north.do(lambda: len(north.server.tasks)):
            pass
        for _ in range(SPARE + 5):
            stack.enter_context(north.client(TLS))
        assert north.ask(HEALTH).status == 503
        assert north.do(north.server.crowd) <= 1 + SPARE
        north.core.gate.set()
        assert busy.answer().status == 200


# --- whom a listener serves ---------------------------------------------------------------------------------


def test_a_listener_for_some_accounts_answers_others_101() -> None:
    listeners = [listener("legacy", accounts=("alarm",)), listener("legacy", accounts=("alarm", "test"))]
    with gateway(listener=listeners) as north, capture_logs() as logs:
        assert north.ask(raw(), 1, trusting()).body == b"101"
        assert north.ask(raw(), 2, trusting()).body == b"1000"
        assert north.ask(raw()).body == b"1001"
    assert [line["look_at"] for line in logs if line["event"] == "log-in refused"] == [
        "accounts of the [[http.listener]] that it called"
    ]


def test_a_listener_for_some_addresses_closes_to_others_without_a_handshake() -> None:
    plain = ListenerSettings(host="127.0.0.1", port=0, addresses=("198.51.100.0/24", "2001:db8::1"))
    with gateway(listener=[listener("legacy", addresses=("198.51.100.7",)), plain]) as north:
        assert refused(north.server.listeners[1].port, trusting())
        with north.client(2) as client:
            with contextlib.suppress(ConnectionError):
                client.send(HEALTH)
            assert client.closed() == b""
        assert north.sms() == b"1000"
    with gateway(listener=[listener("legacy", addresses=("127.0.0.0/8",))]) as north:
        assert north.ask(raw(), TLS, trusting()).body == b"1000"


# --- certificates -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("certificate", "key", "problem"),
    [
        ("none.pem", "rsa.key", "certificate: {}/none.pem can't be read: No such file"),
        ("rsa.pem", "none.key", "key: {}/none.key can't be read: No such file"),
        ("", "rsa.key", "certificate: {} can't be read: Is a directory"),
        ("rsa.key", "rsa.key", "certificate: {}/rsa.key holds no certificate in PEM form"),
        ("rsa.pem", "rsa.pem", "key: {}/rsa.pem holds no private key in PEM form"),
        ("rsa.pem", "ec.key", "key: {}/ec.key does not fit the certificate in {}/rsa.pem"),
        ("rsa.pem", "weak.key", "key: {}/weak.key does not fit the certificate in {}/rsa.pem"),
        ("rsa.pem", "encrypted.key", "key: {}/encrypted.key is encrypted; give it decrypted"),
        ("weak.pem", "weak.key", "certificate: {}/weak.pem is too weak for today"),
        ("cut.pem", "rsa.key", "certificate: {}/cut.pem or its key {}/rsa.key can't be used"),
    ],
)
def test_a_certificate_that_is_no_good_is_told_by_its_setting(
    tmp_path: Path, certificate: str, key: str, problem: str
) -> None:
    for file in CERTIFICATES.iterdir():
        shutil.copy(file, tmp_path)
    (tmp_path / "cut.pem").write_text((tmp_path / "rsa.pem").read_text()[:200])
    settings = listener("modern", certificate=str(tmp_path / certificate), key=str(tmp_path / key))
    with pytest.raises(SettingsError) as raised:
        Certificate("http.listener[3]", settings).load(NOW)
    assert str(raised.value).startswith("http.listener[3]." + problem.replace("{}", str(tmp_path)))


def test_the_key_may_stand_in_the_certificates_file(tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_text((CERTIFICATES / "rsa.key").read_text() + (CERTIFICATES / "rsa.pem").read_text())
    with gateway(listener=[listener("modern", certificate=str(both), key="")]) as north:
        assert north.ask(HEALTH, TLS, trusting()).body == b"ok"


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (datetime(2024, 12, 31, tzinfo=UTC), ["the certificate is not valid yet"]),
        (datetime(2026, 11, 1, tzinfo=UTC), []),
        (datetime(2124, 12, 17, tzinfo=UTC), []),
        (datetime(2124, 12, 19, tzinfo=UTC), ["the certificate expires soon"]),
        (datetime(2125, 1, 1, tzinfo=UTC), ["the certificate has expired: clients refuse it"]),
    ],
)
@pytest.mark.parametrize("name", ["rsa", "ec"])
def test_a_certificate_out_of_its_time_is_warned_of(name: str, now: datetime, says: list[str]) -> None:
    certificate = Certificate("http.listener[0]", listener("modern", name))
    with capture_logs() as logs:
        certificate.load(now)
    assert [line["event"] for line in logs] == says
    assert certificate.expires == datetime(2125, 1, 1, tzinfo=UTC)


def test_it_is_warned_of_once_a_day() -> None:
    certificate = Certificate("http.listener[0]", listener("modern"))
    certificate.load(NOW)
    with capture_logs() as logs:
        for day in (2, 3):
            for hour in range(0, 24, 6):
                certificate.renew(datetime(2125, 1, day, hour, tzinfo=UTC))
    assert len(logs) == 2


@pytest.fixture
def renewable(tmp_path: Path) -> ListenerSettings:
    use("rsa", tmp_path)
    return listener("modern", certificate=str(tmp_path / "live.pem"), key=str(tmp_path / "live.key"))


def use(name: str, folder: Path) -> None:
    """As renewers do: new files under the old names."""
    for kind in ("pem", "key"):
        shutil.copy(CERTIFICATES / f"{name}.{kind}", folder / "new")
        os.replace(folder / "new", folder / f"live.{kind}")


def test_a_new_certificate_is_taken_while_old_connections_go_on(
    renewable: ListenerSettings, tmp_path: Path
) -> None:
    with gateway(listener=[renewable]) as north, north.client(TLS, trusting("rsa")) as before:
        use("ec", tmp_path)
        with capture_logs() as logs:
            north.run(north.server.renew())
            north.run(north.server.renew())
        assert [line["event"] for line in logs] == ["the certificate was renewed"]
        assert north.ask(HEALTH, TLS, trusting("ec")).body == b"ok"
        before.send(HEALTH)
        assert before.answer().body == b"ok"


def test_new_files_are_looked_for_from_time_to_time(
    renewable: ListenerSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_RENEWAL_TICKS", 1)
    with gateway(listener=[renewable]) as north:
        use("ec", tmp_path)
        while refused(north.server.listeners[TLS].port, trusting("ec")):
            pass


def test_a_new_certificate_that_is_no_good_leaves_the_one_before(
    renewable: ListenerSettings, tmp_path: Path
) -> None:
    with gateway(listener=[renewable]) as north:
        (tmp_path / "live.key").write_bytes((CERTIFICATES / "ec.key").read_bytes())
        with capture_logs() as logs:
            for _ in range(3):
                north.run(north.server.renew())
        assert len(logs) == 1
        assert "live.key does not fit the certificate" in logs[0]["reason"]
        assert north.ask(HEALTH, TLS, trusting("rsa")).body == b"ok"
        use("ec", tmp_path)
        north.run(north.server.renew())
        assert north.ask(HEALTH, TLS, trusting("ec")).body == b"ok"
