"""The URL carries a password, and a text is nobody's business: neither is in any log, whatever happens."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from support.north import NAME, PASSWORD, QUERY, Gateway, gateway, raw, with_text

TEXT = "a most private text"
RECIPIENT = "0702617396"
SOAP = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><sms xmlns="http://tempuri.org/">'
    f"<konto>{NAME}</konto><passwd>{PASSWORD}</passwd><till>{RECIPIENT}</till><meddelande>{{}}</meddelande>"
    "</sms></s:Body></s:Envelope>"
)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that any logger says, from the lowest level there is, tracebacks too."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(1)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def everything_that_can_happen(north: Gateway) -> None:
    private = QUERY.replace("Testar", quote(TEXT))
    assert north.sms(private) == b"1000"
    assert north.sms(private.replace(f"acc={NAME}", "acc=nobody")) == b"101"
    assert north.sms(private + "&type=loud") == b"110"
    assert north.get(f"/sendsms.aspx?{with_text('BUG')}").status == 500
    assert north.get(f"/elsewhere?{private}").status == 404
    assert north.get(f"/sendsms.aspx?{private}", "PUT").status == 405
    assert north.get(f"/sendsms.aspx?{private}#{TEXT}").status == 400
    assert north.get(f"/sendsms.aspx?{private}", headers="Bad Header\r\n").status == 400
    assert north.get(f"/sendsms.aspx?{private}&x={'x' * 70_000}").status == 414
    assert north.post(SOAP.format(TEXT)).status == 200
    assert north.post(SOAP.format("BUG")).status == 500
    assert north.post(SOAP.format(TEXT)[:-5]).status == 400
    assert north.post("<!DOCTYPE x>" + SOAP.format(TEXT)).status == 400
    assert north.post(SOAP.format(TEXT).replace("sms", "run")).status == 500
    assert north.post(SOAP.format(TEXT), f'SOAPAction: "{PASSWORD}"\r\n').status == 500
    assert north.post(SOAP.format(TEXT), f'Transfer-Encoding: "{PASSWORD}"\r\n').status == 400
    with north.client() as client:
        client.send(raw(with_text("UNKNOWN")))
        assert client.closed() == b""
    with north.client() as client:
        client.send(raw()[:-2])
    with north.client() as client:
        client.send(raw()[:-2])
        north.settle()
        north.later(3600)
        assert client.answer().status == 408
    north.core.gate.clear()
    with north.client() as client:
        client.send(raw())
        north.settle()
        north.run(north.server.stop())
        assert client.closed() == b""


def test_no_log_holds_a_password_a_text_or_a_number(
    log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    with gateway(stop_seconds=0.05) as north:
        everything_that_can_happen(north)
    told = log.getvalue() + "".join(capfd.readouterr())
    assert "RuntimeError: a bug" in told  # it does see what is logged
    for secret in (PASSWORD, TEXT, quote(TEXT), RECIPIENT):
        assert secret not in told
