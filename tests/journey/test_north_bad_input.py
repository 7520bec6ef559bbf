"""Whatever comes in at any binding, the answer is one that the contract knows, and nothing is stored that
was not rightly asked for."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote, urlencode
from xml.parsers import expat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from kavle.model.status import Status
from kavle.north import url
from kavle.north.asmx import http_binding, soap, teller
from support.north import NAME, PASSWORD, Answer, Gateway, gateway

SERVICE = "/sendSms/sendSms.asmx"
SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
OPERATIONS = ["balans", "beskrivning", "cancelBundle", "cancelSms", "flashSms", "sms", "smsAt"]
OPERATIONS += ["smsBundle", "smsBundleAt", "status", "statusBundle", "tidpunkt"]
NAMES = ["konto", "passwd", "till", "from", "meddelande", "prio", "sendAt", "id", "smsID", "bundleID"]
CREDENTIALS = {"konto": NAME, "passwd": PASSWORD}

many = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def north() -> Iterator[Gateway]:
    with gateway() as north:
        yield north


def stored(north: Gateway) -> int:
    return len(north.core.orders) + len(north.core.bundles) + len(north.core.cancelled)


def check_envelope(answer: Answer) -> str:
    """The result's text, or none; a fault is one that the contract knows."""
    assert answer.status in (200, 400, 500)
    expat.ParserCreate(namespace_separator="\n").Parse(answer.body, True)
    # A namespace may be anything, and an answer is in its request's own: libxml2 minds, XML does not.
    (body,) = etree.fromstring(answer.body, etree.XMLParser(recover=True))
    assert b"internal" not in answer.body
    assert b"Traceback" not in answer.body
    if answer.status == 200:
        return body[0][0].text or ""
    code = "".join(body[0].itertext())
    assert re.match(r"soap:(Client|Sender|MustUnderstand|VersionMismatch)", code), code
    return ""


def check_document(answer: Answer) -> str:
    assert answer.status in (200, 500)
    if answer.status == 200:
        return etree.fromstring(answer.body).text or ""
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    text = answer.body.decode()
    assert re.match(r"Missing parameter: \w+\.$|Request format is (unrecognized|invalid)", text), text
    return ""


def check_stored(north: Gateway, before: int, result: str) -> None:
    """An id, or the 0 of a cancel, is the only answer to what was stored."""
    if stored(north) != before:
        assert int(result) >= 1000 or int(result) == 0


value = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["", "1", "1000", "9" * 400, "\0", "\ud7ff\ue000", "&amp;", "<b/>", "]]>", "%00", "å€"]),
)
parameters = st.dictionaries(st.sampled_from(NAMES), value).map(lambda given: CREDENTIALS | given)


# --- SOAP ---------------------------------------------------------------------------------------------------


def envelope(operation: str, given: dict[str, str], version: str = SOAP11) -> bytes:
    """Well formed or not, as the values have it."""
    children = "".join(f"<{name}>{value}</{name}>" for name, value in given.items())
    body = f'<{operation} xmlns="http://tempuri.org/">{children}</{operation}>'
    text = f'<?xml version="1.0"?><s:Envelope xmlns:s="{version}"><s:Body>{body}</s:Body></s:Envelope>'
    return text.encode("utf-8", "replace")


def soap_call(north: Gateway, body: bytes, headers: str = "") -> None:
    before = stored(north)
    north.clock.forward(hours=1)
    check_stored(north, before, check_envelope(north.post(body, headers)))


@many
@given(st.sampled_from(OPERATIONS), parameters, st.sampled_from([SOAP11, SOAP12]))
def test_any_values_by_soap(north: Gateway, operation: str, given: dict[str, str], version: str) -> None:
    soap_call(north, envelope(operation, given, version))


@many
@given(st.data())
def test_an_envelope_with_something_else_in_it(north: Gateway, data: st.DataObject) -> None:
    body = envelope("sms", CREDENTIALS | {"till": "0702617396", "meddelande": "Hej"})
    at = data.draw(st.integers(0, len(body)))
    to = data.draw(st.integers(at, min(len(body), at + 20)))
    pieces = [
        b"<",
        b">",
        b"&",
        b"&x;",
        b"<!--",
        b"<![CDATA[",
        b"]]>",
        b"<?x?>",
        b"\0",
        b"\xff",
        b"<a>",
        b"s:",
    ]
    soap_call(north, body[:at] + data.draw(st.sampled_from(pieces) | st.binary(max_size=9)) + body[to:])


charset = st.sampled_from(["utf-8", "utf-16", "iso-8859-1", "utf-7", "x", "utf-16le", "cp1252", '"', "ascii"])


@many
@given(st.sampled_from(OPERATIONS), parameters, charset, charset, charset)
def test_any_charset(
    north: Gateway, operation: str, given: dict[str, str], said: str, written: str, prolog: str
) -> None:
    text = envelope(operation, given).decode().replace('"1.0"', f'"1.0" encoding="{prolog}"')
    codec = written if written not in ("x", '"') else "utf-8"
    soap_call(north, text.encode(codec, "replace"), f"Content-Type: text/xml; charset={said}\r\n")


@many
@given(st.binary(max_size=300), st.sampled_from(["", "text/xml", "application/soap+xml", "multipart/x"]))
def test_any_bytes(north: Gateway, body: bytes, content_type: str) -> None:
    soap_call(north, body, f"Content-Type: {content_type}\r\n" if content_type else "")


@many
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
def test_any_action(north: Gateway, action: str) -> None:
    body = envelope("status", {"id": "1000"})
    soap_call(north, body, f"SOAPAction: {action}\r\n")
    soap_call(north, body, f'Content-Type: application/soap+xml; action="{action}"\r\n')


BILLION = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
PROLOGS = {
    "a DOCTYPE": "<!DOCTYPE x>",
    "billion laughs": f'<!DOCTYPE x [<!ENTITY l0 "ha">{BILLION}]>',
    "one long entity": f'<!DOCTYPE x [<!ENTITY l9 "{"a" * 100_000}">]>',
    "a file": '<!DOCTYPE x [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>',
    "an address": '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">',
    "a parameter entity": '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/"> %p;]>',
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("prolog", PROLOGS.values(), ids=PROLOGS)
def test_a_doctype_is_not_looked_into(north: Gateway, operation: str, prolog: str) -> None:
    before = stored(north)
    body = envelope(operation, CREDENTIALS | {"till": "1", "meddelande": "&l9;", "id": "1000"})
    answer = north.post(body.replace(b"?>", b"?>" + prolog.encode(), 1))
    assert answer.status == 400
    assert b"DTD is prohibited" in answer.body
    assert stored(north) == before


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_header_that_must_be_understood(north: Gateway, operation: str) -> None:
    before = stored(north)
    header = b'<s:Header><a s:mustUnderstand="1"/></s:Header><s:Body>'
    body = envelope(operation, CREDENTIALS | {"till": "1", "meddelande": "Hej", "id": "1000", "sendAt": "9"})
    answer = north.post(body.replace(b"<s:Body>", header, 1))
    assert answer.status == 500
    assert b"<faultcode>soap:MustUnderstand</faultcode>" in answer.body
    assert stored(north) == before


# --- HTTP GET and POST, sendsms.aspx ------------------------------------------------------------------------

pairs = st.lists(st.tuples(st.sampled_from([*NAMES, "KONTO", "acc", "", "å", "%", "_charset_"]), value))
escapes = st.sampled_from([quote, lambda text: quote(text.encode("latin-1", "replace"))])


@many
@given(st.sampled_from([*OPERATIONS, "x", ""]), pairs, escapes, st.booleans())
def test_any_query_or_form(
    north: Gateway,
    operation: str,
    given: list[tuple[str, str]],
    escape: Callable[[str], str],
    login: bool,
) -> None:
    before = stored(north)
    north.clock.forward(hours=1)
    query = "&".join(f"{escape(name)}={escape(value)}" for name, value in given)
    query = f"{query}&{urlencode(CREDENTIALS)}" if login else query
    form = "Content-Type: application/x-www-form-urlencoded\r\n"
    check_stored(north, before, check_document(north.get(f"{SERVICE}/{operation}?{query}")))
    before = stored(north)
    check_stored(north, before, check_document(north.post(query, form, f"{SERVICE}/{operation}")))


@many
@given(st.binary(max_size=200), st.sampled_from(["GET", "POST"]))
def test_any_bytes_as_a_query(north: Gateway, query: bytes, method: str) -> None:
    target = query.translate(None, b" \r\n\t\0#\x0b\x0c")
    for path in (f"{SERVICE}/sms", SERVICE, "/sendsms.aspx"):
        head = f"{method} {path}?".encode() + target + b" HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
        answer = north.ask(head)
        assert answer.status in (200, 400, 404, 500)
        assert b"internal" not in answer.body


BY_URL = ["acc", "pass", "msg", "to", "from", "prio", "type", "ok", "error", "Å"]


@many
@given(st.lists(st.tuples(st.sampled_from(BY_URL), value)), escapes)
def test_anything_by_url(north: Gateway, given: list[tuple[str, str]], escape: Callable[[str], str]) -> None:
    before = stored(north)
    north.clock.forward(hours=1)
    query = "&".join(f"{escape(name)}={escape(value)}" for name, value in given)
    answer = north.get(f"/sendsms.aspx?acc={NAME}&pass={PASSWORD}&{query}")
    assert answer.status in (200, 302)
    assert (stored(north) > before) == (int(answer.body) >= 1000)


# --- what takes long takes it beside the loop ---------------------------------------------------------------


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Which thread did what."""
    seen: dict[str, str] = {}

    def watch(module: object, name: str, told: str = "") -> None:
        function = getattr(module, name)

        def watched(*arguments: object) -> object:
            seen[told or name] = threading.current_thread().name
            return function(*arguments)

        monkeypatch.setattr(module, name, watched)

    watch(soap, "parse")
    watch(http_binding, "texts")
    watch(url, "texts", "sendsms.aspx")
    return seen


def test_long_requests_are_for_workers(north: Gateway, threads: dict[str, str]) -> None:
    long = {"meddelande": "x" * 20_000, "till": "1", "from": "x", "prio": ""}
    north.post(envelope("sms", CREDENTIALS | long))
    assert threads["parse"].startswith("sendSms")
    form = "Content-Type: application/x-www-form-urlencoded\r\n"
    north.post(urlencode(CREDENTIALS | long), form, f"{SERVICE}/sms")
    assert threads["texts"].startswith("sendSms")
    north.get(f"/sendsms.aspx?acc={NAME}&pass={PASSWORD}&to=1&msg={'%41' * 10_000}")
    assert threads["sendsms.aspx"].startswith("url")
    north.post(envelope("status", {"id": "1000"}))
    north.get(f"{SERVICE}/status?id=1000")
    assert not any(threads[what].startswith("sendSms") for what in ("parse", "texts"))


def test_a_long_list_is_told_in_turns(north: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[int] = []
    written = teller.records

    def watched(item: str, names: tuple[str, ...], some: Sequence[tuple[int, ...]]) -> object:
        rows.append(len(some))
        return written(item, names, some)

    monkeypatch.setattr(teller, "records", watched)
    north.clock.forward(hours=1)  # the guesses of the others are forgiven
    north.core.listed["7000"] = [(1000 + number, Status.RECEIVED) for number in range(100_000)]
    answer = north.get(f"{SERVICE}/statusBundle?bundleID=7000")
    assert answer.body.count(b"<SmsStatus>") == sum(rows) == 100_000
    assert max(rows) <= 2_500
