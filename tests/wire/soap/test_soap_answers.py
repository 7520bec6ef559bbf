"""Answers and faults, read back by another parser than the one that wrote the requests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from kavle.wire.soap import (
    Call,
    Fault,
    Version,
    document,
    escape,
    failed,
    fault_response,
    records,
    response,
)
from kavle.wire.soap.fault import unknown_action
from wire.soap.envelopes import NAMESPACE, SOAP11, SOAP12

versions = pytest.mark.parametrize("version", [SOAP11, SOAP12], ids=["1.1", "1.2"])


def body_of(document: bytes, version: Version) -> etree._Element:
    root = etree.fromstring(document)
    assert root.tag == f"{{{version.namespace}}}Envelope"
    (body,) = root
    (child,) = body
    return child


@versions
@pytest.mark.parametrize("namespace", [NAMESPACE, "", "urn:a?b&c'd"])
def test_the_answer_is_in_the_namespace_of_its_request(version: Version, namespace: str) -> None:
    wrapper = body_of(response(Call("sms", namespace, {}, version), escape("1000")), version)
    prefix = f"{{{namespace}}}" if namespace else ""
    assert wrapper.tag == f"{prefix}smsResponse"
    (result,) = wrapper
    assert (result.tag, result.text) == (f"{prefix}smsResult", "1000")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_result_is_well_formed(result: str) -> None:
    (element,) = body_of(response(Call("sms", NAMESPACE, {}, SOAP11), escape(result)), SOAP11)
    allowed = "".join(
        c if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff") else "\ufffd" for c in result
    )
    assert (element.text or "") == allowed


@versions
@pytest.mark.parametrize("namespace", [NAMESPACE, ""])
def test_a_list_is_in_the_namespace_of_its_request_too(version: Version, namespace: str) -> None:
    rows = records("SmsStatus", ("smsID", "status"), [(1000, 22), (2**31 - 1, 3)])
    wrapper = body_of(response(Call("statusBundle", namespace, {}, version), rows), version)
    prefix = f"{{{namespace}}}" if namespace else ""
    (result,) = wrapper
    assert [(one.tag, [(field.tag, field.text) for field in one]) for one in result] == [
        (f"{prefix}SmsStatus", [(f"{prefix}smsID", "1000"), (f"{prefix}status", "22")]),
        (f"{prefix}SmsStatus", [(f"{prefix}smsID", "2147483647"), (f"{prefix}status", "3")]),
    ]
    assert records("SmsStatus", ("smsID", "status"), []) == ""


def test_an_answer_that_is_no_envelope() -> None:
    root = etree.fromstring(document("string", "urn:a?b&c", escape("<&>")))
    assert (root.tag, root.text) == ("{urn:a?b&c}string", "<&>")


def test_a_fault_of_soap_11() -> None:
    fault = body_of(fault_response(unknown_action("<&>", SOAP11)), SOAP11)
    assert fault.tag == f"{{{SOAP11.namespace}}}Fault"
    assert [child.tag for child in fault] == ["faultcode", "faultstring", "detail"]
    assert fault.findtext("faultcode") == "soap:Client"
    assert fault.findtext("faultstring") == (
        "Server did not recognize the value of HTTP Header SOAPAction: <&>."
    )


def test_a_fault_of_soap_12() -> None:
    fault = body_of(fault_response(unknown_action("x", SOAP12)), SOAP12)
    names = {"s": SOAP12.namespace}
    assert [etree.QName(child).localname for child in fault] == ["Code", "Reason", "Detail"]
    assert fault.findtext("s:Code/s:Value", namespaces=names) == "soap:Sender"
    assert "SOAPAction: x." in str(fault.findtext("s:Reason/s:Text", namespaces=names))


@versions
def test_a_fault_of_ours(version: Version) -> None:
    fault: Fault = failed("There was an internal error.", version)
    assert fault.status == 500
    code = b"soap:Server" if version is SOAP11 else b"soap:Receiver"
    assert code in fault_response(fault)
    assert b"Server was unable to process request. ---&gt; There was" in fault_response(fault)
