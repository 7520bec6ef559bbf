"""Requests into calls: as stubs of all ages write them, and as hostile as they come."""

from __future__ import annotations

import re
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.wire.soap import Fault
from kavle.wire.soap.version import Blame, Version
from wire.soap.envelopes import CHILDREN, NAMESPACE, SOAP11, SOAP12, XSI, element, envelope, read

PARAMETERS = {"konto": "test", "passwd": "1234", "till": "0702617396", "meddelande": "Testar"}

WRITTEN = {
    "default namespace": envelope(),
    "with a prolog": '<?xml version="1.0" encoding="utf-8"?>\n' + envelope(),
    "after white space": "\r\n\t " + envelope(),
    "with a prolog after white space": '\r\n\t <?xml version="1.0"?>' + envelope(),
    "indented": envelope(CHILDREN.replace("><", ">\n      <")).replace("><", ">\n  <"),
    "prefixed": (
        f'<soap:Envelope xmlns:soap="{SOAP11.namespace}" xmlns:n="{NAMESPACE}"><soap:Body><n:sms>'
        + re.sub(r"<(/?)", r"<\1n:", CHILDREN)
        + "</n:sms></soap:Body></soap:Envelope>"
    ),
    "unqualified children": envelope(re.sub(r"<(\w+)>", r'<\1 xmlns="">', CHILDREN)),
    "encoded children": envelope(re.sub(r"<(\w+)>", r'<\1 i:type="x:string" xmlns:x="urn:x">', CHILDREN)),
    "other letter case": envelope(CHILDREN.replace("konto", "Konto").replace("till", "TILL")),
    "an operation in other letters": envelope(operation="SMS"),
    "another order": envelope("".join(reversed(re.findall(r"<(?:\w+)>[^<]*</\w+>", CHILDREN)))),
    "an empty header": envelope(header="<s:Header/>"),
    "a header nobody must understand": envelope(header="<s:Header><x>1</x></s:Header>"),
    "a header for somebody else": envelope(
        header='<s:Header><x s:mustUnderstand="1" s:actor="urn:proxy">1</x></s:Header>'
    ),
    "comments and instructions": envelope(CHILDREN.replace("0702", "07<!-- not - the end --><?pi x?>02")),
    "CDATA": envelope(CHILDREN.replace("Testar", "<![CDATA[Testar]]>")),
    "doubled: the first": envelope(CHILDREN + element("till", "0")),
    "nil is absent": envelope('<till i:nil="true"/>' + CHILDREN),
    "multiref rest": envelope().replace(
        "</s:Body>", "<multiRef><till>0</till><from>x</from></multiRef></s:Body>"
    ),
}


@pytest.mark.parametrize("document", WRITTEN.values(), ids=WRITTEN)
def test_however_a_stub_writes_it_the_call_is_the_same(document: str) -> None:
    for written in (document, document.replace("Body>", "Body><!-- which no short cut takes -->", 1)):
        call = read(written)
        assert (call.operation, call.namespace, call.version) == ("sms", NAMESPACE, SOAP11)
        assert call.parameters == PARAMETERS


def test_what_is_unknown_comes_along_and_the_text_of_what_is_inside_does_not() -> None:
    call = read(envelope("<files><name>b</name></files><other/>"))
    assert call.parameters == {"files": "", "other": ""}


@pytest.mark.parametrize("text", ["Hej <b>du</b>!", "<b>Hej</b> du", "Hej<br/>", "a <b> b </b>"])
def test_a_text_with_tags_that_nobody_escaped_is_not_sent_without_them(text: str) -> None:
    refused = fault(envelope(f"<meddelande>{text}</meddelande>"))
    assert (refused.status, refused.blame) == (500, Blame.CALLER)
    assert refused.text.startswith("Server was unable to read request. ---> meddelande holds elements among")


@pytest.mark.parametrize("namespace", ["", "urn:other", "http://web.smscom.se/sendSms?a=1&amp;b=2"])
def test_any_namespace_will_do(namespace: str) -> None:
    assert read(envelope(namespace=namespace)).namespace == namespace.replace("&amp;", "&")


def test_the_envelope_tells_the_version_whatever_the_content_type_says() -> None:
    assert read(envelope(version=SOAP12)).version is SOAP12
    assert read(envelope(), "application/soap+xml").version is SOAP11
    assert read(envelope(), "").version is SOAP11


ACTIONS = {
    "absent": None,
    "empty": "",
    "empty quotes": '""',
    "quoted": '"http://tempuri.org/sms"',
    "another namespace": '"urn:whatever#sms"',
    "a colon": '"urn:sms"',
    "bare name": '"sms"',
    "another case": '"http://tempuri.org/SMS"',
    "unquoted": "http://tempuri.org/sms",
    "unquoted and unknown": "run",
}


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_an_action_that_is_known_or_none(action: str | None) -> None:
    assert read(envelope(), action=action).operation == "sms"


def fault(body: str | bytes, content_type: str = "", action: str | None = None) -> Fault:
    with pytest.raises(Fault) as raised:
        read(body, content_type, action)
    return raised.value


@pytest.mark.parametrize("action", ['"http://tempuri.org/smss"', '"http://tempuri.org/sms/"', '"  "'])
def test_an_action_that_is_not_known(action: str) -> None:
    refused = fault(envelope(), action=action)
    assert refused.text == (
        f"Server did not recognize the value of HTTP Header SOAPAction: {action.strip(chr(34))}."
    )
    assert (refused.status, refused.blame) == (500, Blame.CALLER)


def test_the_action_of_soap_12_stands_in_the_content_type() -> None:
    body = envelope(version=SOAP12)
    assert read(body, 'application/soap+xml; charset=utf-8; action="urn:x/sms"').operation == "sms"
    refused = fault(body, 'application/soap+xml;action="urn:x/run"', action='"urn:x/sms"')
    assert "SOAPAction: urn:x/run." in refused.text
    assert refused.version is SOAP12


def test_an_action_that_contradicts_the_body() -> None:
    refused = fault(envelope(), action='"http://tempuri.org/cancelSms"')
    assert (refused.status, refused.blame) == (500, Blame.CALLER)
    assert refused.text.startswith("Server was unable to read request. ---> ")


def test_a_body_that_asks_for_nothing_we_know() -> None:
    refused = fault(envelope(operation="run"))
    assert refused.text == f"The request element <run xmlns='{NAMESPACE}'> was not recognized."


PROLOG = '<?xml version="1.0"?>\n<!-- a comment -->\n'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
NOT_XML = {
    "nothing": "",
    "white space": "  \r\n ",
    "not XML": "konto=test&passwd=1234",
    "JSON": '{"konto": "test"}',
    "cut off": envelope()[:-20],
    "a tag left open": envelope("<till>0702617396"),
    "something behind": envelope() + "<x/>",
    "an entity nobody declared": envelope("<till>&number;</till>"),
    "a prefix nobody declared": envelope("<x:till>0</x:till>"),
    "a control character": envelope("<till>\x01</till>"),
    "a NUL": envelope("<till>\0</till>"),
    "DOCTYPE": "<!DOCTYPE x>" + envelope(),
    "DOCTYPE further on": PROLOG + "<!DOCTYPE x>" + envelope(),
    "an external DTD": PROLOG + '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">' + envelope(),
    "an external entity": (
        PROLOG + '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + envelope("<till>&e;</till>")
    ),
    "billion laughs": (PROLOG + f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>' + envelope("<till>&l9;</till>")),
}


@pytest.mark.parametrize("document", NOT_XML.values(), ids=NOT_XML)
def test_what_is_no_document_is_a_bad_request(document: str) -> None:
    refused = fault(document)
    assert (refused.status, refused.blame) == (400, Blame.CALLER)
    assert refused.text.startswith("Server was unable to read request. ---> ")
    assert ("DTD is prohibited" in refused.text) == ("<!DOCTYPE" in document)


def test_a_text_may_speak_of_a_doctype() -> None:
    call = read(envelope("<meddelande><![CDATA[<!DOCTYPE html>]]></meddelande>"))
    assert call.parameters == {"meddelande": "<!DOCTYPE html>"}


@pytest.mark.parametrize(
    ("content_type", "version"),
    [
        ('multipart/related; type="application/xop+xml"; start-info="text/xml"; boundary=b', SOAP11),
        (
            'Multipart/Related; type="application/xop+xml"; start-info="application/soap+xml"; boundary=b',
            SOAP12,
        ),
        ('multipart/related; type="text/xml"; boundary=b', SOAP11),
    ],
)
@pytest.mark.parametrize("preamble", ["", "This is a multipart message.\r\n"])
def test_who_sends_in_parts_is_told_how_not_to(content_type: str, version: Version, preamble: str) -> None:
    """MTOM, as .NET and Java may be set to; SOAP with Attachments."""
    part = f"{preamble}--b\r\nContent-Type: application/xop+xml\r\n\r\n{envelope()}\r\n--b--\r\n"
    with pytest.raises(Fault) as refused:
        read(part, content_type)
    assert (refused.value.status, refused.value.blame, refused.value.version) == (500, Blame.CALLER, version)
    assert 'messageEncoding="Text"' in refused.value.text
    assert read(envelope(), content_type).parameters == PARAMETERS, (
        "an envelope is one, whatever it is called"
    )


NOT_READ = {
    "another document": "<html/>",
    "no body": f'<s:Envelope xmlns:s="{SOAP11.namespace}"/>',
    "an empty body": f'<s:Envelope xmlns:s="{SOAP11.namespace}"><s:Body/></s:Envelope>',
    "another's body": f'<s:Envelope xmlns:s="{SOAP11.namespace}"><Body><sms/></Body></s:Envelope>',
    "too deep": envelope("<a>" * 100 + "</a>" * 100),
    "too many": envelope("<a/>" * 20_000),
}


@pytest.mark.parametrize("document", NOT_READ.values(), ids=NOT_READ)
def test_what_is_no_envelope(document: str) -> None:
    refused = fault(document)
    assert (refused.status, refused.blame) == (500, Blame.CALLER)
    assert refused.text.startswith("Server was unable to read request. ---> ")


def test_an_envelope_of_another_version() -> None:
    refused = fault('<Envelope xmlns="http://www.w3.org/2001/06/soap-envelope"/>')
    assert refused.blame is Blame.VERSION
    assert refused.text.startswith(
        "Possible SOAP version mismatch: Envelope namespace http://www.w3.org/2001/"
    )


@pytest.mark.parametrize("actor", ["", ' s:actor="http://schemas.xmlsoap.org/soap/actor/next"'])
@pytest.mark.parametrize("true", ["1", "true"])
def test_a_header_that_must_be_understood(true: str, actor: str) -> None:
    header = f'<s:Header><w:Security xmlns:w="urn:w" s:mustUnderstand="{true}"{actor}/></s:Header>'
    refused = fault(envelope(header=header))
    assert (refused.blame, refused.text) == (
        Blame.UNDERSTANDING,
        "SOAP header Security was not understood.",
    )


def test_no_fault_repeats_what_the_request_held() -> None:
    secret = envelope("<passwd>hunter2</passwd>")
    for broken in (secret[:-9], "<!DOCTYPE x>" + secret, secret.replace("sms", "run"), secret * 2):
        assert "hunter2" not in fault(broken).text


XML_TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\x85\ufffe\uffff").filter(
        lambda char: ord(char) >= 32 or char in "\t\n"
    )
)


@given(XML_TEXT)
def test_every_text_that_xml_can_hold_arrives_as_it_was(text: str) -> None:
    assert read(envelope(element("meddelande", text))).parameters == {"meddelande": text}


@given(st.binary(), st.text())
def test_no_bytes_do_more_than_be_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(Fault):
        read(body, content_type)


@given(st.data())
def test_no_damage_does_more_than_be_refused(data: st.DataObject) -> None:
    document = bytearray(envelope(f'<till i:nil="false">0702617396</till>{CHILDREN}').encode())
    assert XSI.encode() in document
    for _ in range(data.draw(st.integers(1, 4))):
        document[data.draw(st.integers(0, len(document) - 1))] = data.draw(st.integers(0, 255))
    try:
        call = read(bytes(document))
    except Fault:
        return
    assert call.operation == "sms"


LENGTHS = [64 * 1024 * times + beside for times in (1, 2) for beside in (-1, 0, 1)]


@pytest.mark.parametrize("length", LENGTHS)
def test_a_document_is_read_whole_wherever_it_is_cut(length: int) -> None:
    def written(text: str) -> bytes:
        return envelope(f"<till>&amp;</till><meddelande>{text}</meddelande><prio>3</prio>").encode()

    room = length - len(written(""))
    found = read(written("x" * room)).parameters
    assert found == {"till": "&", "meddelande": "x" * room, "prio": "3"}


@pytest.mark.parametrize("opened", ["<a>", "<a/>", "<a>b</a>"])
def test_a_hostile_document_costs_little_memory(opened: str) -> None:
    document = envelope(opened * (4_000_000 // len(opened))).encode()
    tracemalloc.start()
    try:
        with pytest.raises(Fault):
            read(document)
        assert tracemalloc.get_traced_memory()[1] < 3 * len(document)
    finally:
        tracemalloc.stop()
