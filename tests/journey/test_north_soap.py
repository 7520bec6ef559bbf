"""The SMS web service as its clients use it: stubs made from the WSDL, and envelopes written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import zeep
from lxml import etree

from kavle.core.order import SmsOrder
from kavle.model.errors import Reason
from support.north import NAME, PASSWORD, Answer, Gateway, gateway, texts

SERVICE = "/sendSms/sendSms.asmx"
NAMESPACE = "http://tempuri.org/"
SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
LOGIN = f"<konto>{NAME}</konto><passwd>{PASSWORD}</passwd>"
SMS = LOGIN + "<till>0702617396</till><from>ip1</from><meddelande>{}</meddelande><prio>2</prio>"


@pytest.fixture(scope="module")
def running() -> Iterator[Gateway]:
    with gateway() as running:
        yield running


@pytest.fixture
def north(running: Gateway) -> Gateway:
    running.core.orders.clear()
    running.clock.forward(hours=1)
    return running


def envelope(operation: str, children: str, namespace: str = NAMESPACE, version: str = SOAP11) -> str:
    return (
        f'<?xml version="1.0"?><soap:Envelope xmlns:soap="{version}"><soap:Body>'
        f'<{operation} xmlns="{namespace}">{children}</{operation}></soap:Body></soap:Envelope>'
    )


def call(north: Gateway, operation: str, children: str, namespace: str = NAMESPACE, headers: str = "") -> str:
    """The result, out of an answer that is in the request's own namespace."""
    answer = north.post(envelope(operation, children, namespace), headers)
    assert answer.status == 200
    root = etree.fromstring(answer.body)
    result = root.find(f"{{{SOAP11}}}Body/{{*}}{operation}Response/{{*}}{operation}Result")
    assert result is not None
    assert (etree.QName(result).namespace or "") == namespace
    return result.text or ""


def fault(answer: Answer) -> tuple[int, str, str]:
    root = etree.fromstring(answer.body)
    return answer.status, root.findtext(".//faultcode") or "", root.findtext(".//faultstring") or ""


# --- a stub -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stub(running: Gateway) -> Iterator[Any]:
    with zeep.Client(f"{running.url}/sendsms/sendsms.asmx?wsdl") as client:
        yield client.service


def test_a_stub_sends_asks_and_counts(north: Gateway, stub: Any) -> None:
    assert stub.balans(Konto=NAME, Passwd=PASSWORD) == "98.50"
    text = "Blåbär & <grädde> – 20 €\nVälkommen"
    sms = {"konto": NAME, "passwd": PASSWORD, "till": "0702617396", "from": "ip1", "prio": "2"}
    assert stub.sms(**sms, meddelande=text) == "1000"
    assert north.core.orders == [SmsOrder("0702617396", "ip1", text, "2", False)]
    assert stub.status(id="1000") == "22"


def test_a_stub_that_leaves_things_out(north: Gateway, stub: Any) -> None:
    assert stub.balans() == "110"
    assert stub.sms(konto=NAME, passwd=PASSWORD, till="1", meddelande="a") == "1000"
    assert stub.sms(konto=NAME, passwd=PASSWORD, till="1") == "110"
    assert stub.status() == "110"


# --- results ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("namespace", [NAMESPACE, "", "http://web.smscom.se/sendSms/"])
def test_the_answer_is_in_the_requests_own_namespace(north: Gateway, namespace: str) -> None:
    assert call(north, "sms", SMS.format("Hej"), namespace) == "1000"


def test_the_answers_head(north: Gateway) -> None:
    answer = north.post(envelope("status", "<id>1000</id>"))
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


def test_soap_12_in_soap_12_out(north: Gateway) -> None:
    answer = north.post(
        envelope("sms", SMS.format("Hej"), version=SOAP12),
        'Content-Type: application/soap+xml; charset=utf-8; action="http://tempuri.org/sms"\r\n',
    )
    assert answer.headers["content-type"] == "application/soap+xml; charset=utf-8"
    root = etree.fromstring(answer.body)
    assert root.findtext(f"{{{SOAP12}}}Body/{{{NAMESPACE}}}smsResponse/{{{NAMESPACE}}}smsResult") == "1000"


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense"],
)
def test_a_wrong_content_type_is_forgiven_an_envelope(north: Gateway, content_type: str) -> None:
    said = f"Content-Type: {content_type}\r\n" if content_type else ""
    assert call(north, "sms", SMS.format("Hej"), headers=said) == "1000"


SPELLINGS = {
    "balans as clients write it": ("balans", f"<Konto>{NAME}</Konto><Passwd>{PASSWORD}</Passwd>", "98.50"),
    "balans in small letters": ("balans", LOGIN, "98.50"),
    "acc and pass": ("balans", f"<acc>{NAME}</acc><pass>{PASSWORD}</pass>", "98.50"),
    "an MMS client's words": (
        "sms",
        f"<acc>{NAME}</acc><pass>{PASSWORD}</pass><to>1</to><msg>a</msg>",
        "1000",
    ),
    "Id": ("status", "<Id>1000</Id>", "22"),
    "smsID": ("status", "<smsID> 1000 </smsID>", "22"),
    "bundleID": ("status", "<bundleID>1000</bundleID>", "22"),
    "the first of doubled ones": ("status", "<id>1000</id><id>1</id>", "22"),
}


@pytest.mark.parametrize(("operation", "children", "result"), SPELLINGS.values(), ids=SPELLINGS)
def test_both_spellings_are_taken(north: Gateway, operation: str, children: str, result: str) -> None:
    assert call(north, operation, children) == result


CODES = {
    "no account": ("sms", "<passwd>x</passwd>", "110"),
    "an empty password": ("balans", f"<konto>{NAME}</konto><passwd></passwd>", "110"),
    "a wrong password": ("balans", f"<konto>{NAME}</konto><passwd>x</passwd>", "101"),
    "a wrong account": ("sms", f"<konto>nobody</konto><passwd>{PASSWORD}</passwd>", "101"),
    "no text": ("sms", LOGIN + "<till>1</till>", "110"),
    "no recipient": ("sms", LOGIN + "<meddelande>1</meddelande>", "110"),
    "an unknown id": ("status", "<id>1001</id>", "110"),
    "no id": ("status", "", "110"),
    "what is no id": ("status", "<id>-1</id>", "110"),
}


@pytest.mark.parametrize(("operation", "children", "code"), CODES.values(), ids=CODES)
def test_errors_are_codes_too(north: Gateway, operation: str, children: str, code: str) -> None:
    assert call(north, operation, children) == code
    assert north.core.orders == []


REASONS = {
    Reason.CREDENTIALS: "101",
    Reason.BALANCE: "100",
    Reason.PARAMETER: "110",
    Reason.CONTENT: "2",
    Reason.RECIPIENT: "3",
    Reason.UNAVAILABLE: "42",
}


@pytest.mark.parametrize("reason", Reason)
def test_a_refusal_is_a_code(north: Gateway, reason: Reason) -> None:
    assert call(north, "sms", SMS.format(reason.name)) == REASONS[reason]


def test_an_outcome_that_nobody_knows_is_no_answer(north: Gateway) -> None:
    body = envelope("sms", SMS.format("UNKNOWN"))
    with north.client() as client:
        client.send(f"POST {SERVICE} HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n{body}")
        assert client.closed() == b""


def test_ids_can_not_be_found_by_trying(north: Gateway) -> None:
    assert call(north, "status", "<id>1000</id>") == "22"
    for guess in range(100):
        assert call(north, "status", f"<id>{5000 + guess}</id>") == "110"
    assert call(north, "status", "<id>1000</id>") == "110"
    north.clock.forward(minutes=1)
    assert call(north, "status", "<id>1000</id>") == "22"


# --- faults -------------------------------------------------------------------------------------------------


def test_an_action_that_is_not_known(north: Gateway) -> None:
    answer = north.post(envelope("sms", SMS.format("Hej")), 'SOAPAction: "http://tempuri.org/run"\r\n')
    text = "Server did not recognize the value of HTTP Header SOAPAction: http://tempuri.org/run."
    assert fault(answer) == (500, "soap:Client", text)
    assert north.core.orders == []


@pytest.mark.parametrize("action", ['"urn:old#sms"', '""', "sms", '"http://web.smscom.se/sendSms/sms"'])
def test_an_action_that_is_known_whatever_stands_before_it(north: Gateway, action: str) -> None:
    assert call(north, "sms", SMS.format("Hej"), headers=f"SOAPAction: {action}\r\n") == "1000"


def test_an_action_that_contradicts_the_body(north: Gateway) -> None:
    answer = north.post(envelope("sms", SMS.format("Hej")), 'SOAPAction: "http://tempuri.org/balans"\r\n')
    assert fault(answer)[:2] == (500, "soap:Client")
    assert north.core.orders == []


@pytest.mark.parametrize(
    ("body", "status", "code", "text"),
    [
        (envelope("run", "", version=SOAP12), 500, "soap:Sender", "Server did not recognize the value of"),
        (
            envelope("sms", SMS.format("BUG"), version=SOAP12),
            500,
            "soap:Receiver",
            "Server was unable to process",
        ),
        (
            envelope("sms", SMS, version=SOAP12)[:-9],
            400,
            "soap:Sender",
            "Server was unable to read request. ---> ",
        ),
    ],
    ids=["an action that is not known", "a bug", "cut off"],
)
def test_soap_12_has_its_own_words_for_whose_fault_it_is(
    north: Gateway, body: str, status: int, code: str, text: str
) -> None:
    operation = "run" if "<run" in body else "sms"
    said = f'Content-Type: application/soap+xml; action="http://tempuri.org/{operation}"\r\n'
    answer = north.post(body, said)
    assert (answer.status, answer.headers["cache-control"]) == (status, "no-store")
    assert answer.headers["content-type"] == "application/soap+xml; charset=utf-8"
    names = {"s": SOAP12}
    root = etree.fromstring(answer.body)
    assert root.findtext(".//s:Code/s:Value", namespaces=names) == code
    assert str(root.findtext(".//s:Reason/s:Text", namespaces=names)).startswith(text)


BILLION = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BAD = {
    "nothing": ("", 400),
    "no XML": ("konto=test", 400),
    "cut off": (envelope("sms", SMS)[:-9], 400),
    "another document": ("<html/>", 500),
    "a DOCTYPE": ("<!DOCTYPE x>" + envelope("sms", SMS), 400),
    "billion laughs": (
        f'<!DOCTYPE x [<!ENTITY l0 "ha">{BILLION}]>' + envelope("sms", "<till>&l9;</till>"),
        400,
    ),
    "elements without end": (envelope("sms", "<a/>" * 500_000), 500),
}


@pytest.mark.parametrize(("body", "status"), BAD.values(), ids=BAD)
def test_what_can_not_be_read(north: Gateway, body: str, status: int) -> None:
    found, code, text = fault(north.post(body))
    assert (found, code) == (status, "soap:Client")
    assert text.startswith("Server was unable to read request. ---> ")


def test_a_bug_shows_no_internals(north: Gateway) -> None:
    status, code, text = fault(north.post(envelope("sms", SMS.format("BUG"))))
    assert (status, code) == (500, "soap:Server")
    assert text == "Server was unable to process request. ---> There was an internal error."


def test_a_long_document_is_read_beside_the_loop(north: Gateway) -> None:
    text = "å" * 1_500_000
    assert call(north, "sms", SMS.format(text)) == "1000"
    assert texts(north.core) == [text]


def test_other_methods(north: Gateway) -> None:
    answer = north.get(SERVICE, "PUT")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST")
