"""What the web service says of itself: WSDL and discovery for machines, pages for people."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
import zeep
from lxml import etree
from lxml.html import fromstring

from kavle.model.status import Status
from support.north import Gateway, gateway

SERVICE = "/sendSms/sendSms.asmx"
NAMESPACE = "http://tempuri.org/"
NAMES = {
    "s": "http://www.w3.org/2001/XMLSchema",
    "w": "http://schemas.xmlsoap.org/wsdl/",
    "soap": "http://schemas.xmlsoap.org/wsdl/soap/",
    "soap12": "http://schemas.xmlsoap.org/wsdl/soap12/",
    "http": "http://schemas.xmlsoap.org/wsdl/http/",
    "mime": "http://schemas.xmlsoap.org/wsdl/mime/",
}
SMS = ("konto", "passwd", "till", "from", "meddelande", "prio")
MANUAL = {
    "balans": ("Konto", "Passwd"),
    "beskrivning": ("Id",),
    "cancelBundle": ("konto", "passwd", "bundleID"),
    "cancelSms": ("konto", "passwd", "smsID"),
    "flashSms": SMS,
    "sms": SMS,
    "smsAt": (*SMS, "sendAt"),
    "smsBundle": SMS,
    "smsBundleAt": (*SMS, "sendAt"),
    "status": ("id",),
    "statusBundle": ("bundleID",),
    "tidpunkt": ("id",),
}


@pytest.fixture(scope="module")
def north() -> Iterator[Gateway]:
    with gateway() as north:
        yield north


def document(north: Gateway, target: str = SERVICE + "?WSDL", headers: str = "") -> etree._Element:
    answer = north.get(target, headers=headers)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert answer.headers["cache-control"] == "no-store"
    return etree.fromstring(answer.body)


# --- the WSDL -----------------------------------------------------------------------------------------------


def test_the_schema_has_the_manuals_own_names(north: Gateway) -> None:
    root = document(north)
    schema = root.find("w:types/s:schema", NAMES)
    assert schema is not None
    assert schema.get("elementFormDefault") == "qualified"
    assert root.get("targetNamespace") == schema.get("targetNamespace") == NAMESPACE
    declared = {
        element.get("name"): [
            (child.get("name"), child.get("minOccurs"), child.get("type"))
            for child in element.iterfind(".//s:sequence/s:element", NAMES)
        ]
        for element in schema.iterfind("s:element", NAMES)
    }
    results = dict.fromkeys(MANUAL, "s:string") | {"statusBundle": "tns:ArrayOfSmsStatus"}
    wanted = {"string": [], "ArrayOfSmsStatus": []}
    for name, parameters in MANUAL.items():
        wanted[name] = [(parameter, "0", "s:string") for parameter in parameters]
        wanted[name + "Response"] = [(name + "Result", "0", results[name])]
    assert declared == wanted


def test_a_bundles_statuses_are_a_type(north: Gateway) -> None:
    types = {
        kind.get("name"): [dict(field.attrib) for field in kind.iterfind("s:sequence/s:element", NAMES)]
        for kind in document(north).iterfind("w:types/s:schema/s:complexType", NAMES)
    }
    once = {"minOccurs": "0", "maxOccurs": "1", "type": "s:string"}
    assert types == {
        "ArrayOfSmsStatus": [
            {
                "minOccurs": "0",
                "maxOccurs": "unbounded",
                "name": "SmsStatus",
                "nillable": "true",
                "type": "tns:SmsStatus",
            }
        ],
        "SmsStatus": [once | {"name": "smsID"}, once | {"name": "status"}],
    }


@pytest.mark.parametrize("binding", ["HttpGet", "HttpPost"])
def test_the_http_bindings_have_the_same_names_in_the_same_order(north: Gateway, binding: str) -> None:
    parts = {
        message.get("name"): [
            (part.get("name"), part.get("type") or part.get("element"))
            for part in message.iterfind("w:part", NAMES)
        ]
        for message in document(north).iterfind("w:message", NAMES)
        if str(message.get("name")).removesuffix("In").removesuffix("Out").endswith(binding)
    }
    wanted: dict[str, list[tuple[str, str]]] = {}
    for name, parameters in MANUAL.items():
        wanted[f"{name}{binding}In"] = [(parameter, "s:string") for parameter in parameters]
        result = "tns:ArrayOfSmsStatus" if name == "statusBundle" else "tns:string"
        wanted[f"{name}{binding}Out"] = [("Body", result)]
    assert parts == wanted


def test_four_bindings_each_with_all_operations(north: Gateway) -> None:
    root = document(north)
    bindings = {
        binding.get("name"): [one.get("name") for one in binding.iterfind("w:operation", NAMES)]
        for binding in root.iterfind("w:binding", NAMES)
    }
    names = ["sendSmsSoap", "sendSmsSoap12", "sendSmsHttpGet", "sendSmsHttpPost"]
    assert bindings == {name: list(MANUAL) for name in names}
    ports = root.findall("w:service/w:port", NAMES)
    assert [(port.get("name"), port.get("binding")) for port in ports] == [
        (name, f"tns:{name}") for name in names
    ]
    assert [etree.QName(port[0]).namespace for port in ports] == [
        NAMES[prefix] for prefix in ("soap", "soap12", "http", "http")
    ]
    assert {port[0].get("location") for port in ports} == {north.url + SERVICE}


def test_actions_are_the_namespace_and_the_name_and_all_is_document_literal(north: Gateway) -> None:
    root = document(north)
    for soap in ("soap", "soap12"):
        actions = [one.get("soapAction") for one in root.iterfind(f".//{soap}:operation", NAMES)]
        assert actions == [NAMESPACE + name for name in MANUAL]
        assert {one.get("style") for one in root.iterfind(f".//{soap}:operation", NAMES)} == {"document"}
        assert {one.get("use") for one in root.iterfind(f".//{soap}:body", NAMES)} == {"literal"}
    verbs = [binding.get("verb") for binding in root.iterfind(".//http:binding", NAMES)]
    assert verbs == ["GET", "POST"]


def test_every_reference_leads_somewhere(north: Gateway) -> None:
    root = document(north)
    there = {element.get("name") for element in root.iter() if element.get("name")}
    for element in root.iter():
        for key in ("message", "type", "binding", "element"):
            kind, _, name = (element.get(key) or "").partition(":")
            assert kind != "tns" or name in there, name


@pytest.mark.parametrize("port", ["sendSmsSoap", "sendSmsSoap12", "sendSmsHttpGet", "sendSmsHttpPost"])
def test_a_stub_of_every_binding(north: Gateway, port: str) -> None:
    with zeep.Client(f"{north.url}{SERVICE}?wsdl", port_name=port) as client:
        answer = client.service.beskrivning(Id="22")
        text = answer if isinstance(answer, str) else etree.fromstring(str(answer)).text
        assert text == "Delivered to the phone"


@pytest.mark.parametrize("query", ["?WSDL", "?wsdl", "?Wsdl", "?wsdl="])
def test_it_is_asked_for_in_any_letter_case(north: Gateway, query: str) -> None:
    assert address(document(north, SERVICE.lower() + query)) == f"{north.url}{SERVICE.lower()}"


def address(root: etree._Element) -> str:
    found = root.find(".//soap:address", NAMES)
    assert found is not None
    return str(found.get("location"))


PROXIED = "X-Forwarded-Host: sms.example.com\r\nX-Forwarded-Proto: https\r\n"


def test_the_address_is_where_we_are_known_to_be() -> None:
    with gateway(hosts=("sms.example.com",), public_url="https://gateway.example.com/") as north:

        def told(host: str, more: str = "") -> str:
            answer = north.ask(f"GET {SERVICE}?WSDL HTTP/1.1\r\nHost: {host}\r\n{more}\r\n")
            return address(etree.fromstring(answer.body))

        assert told("sms.example.com") == f"http://sms.example.com{SERVICE}"
        assert told("SMS.Example.com:8080") == f"http://sms.example.com:8080{SERVICE}"
        assert told("evil.example.com") == f"https://gateway.example.com{SERVICE}"
        assert told("sms.example.com.evil.com") == f"https://gateway.example.com{SERVICE}"
        assert told('"><script>') == f"https://gateway.example.com{SERVICE}"
        assert told("sms.example.com", PROXIED) == f"http://sms.example.com{SERVICE}"  # from nobody we trust


def test_behind_a_proxy_it_is_the_proxys() -> None:
    with gateway(hosts=("sms.example.com",), trusted_proxies=("127.0.0.0/8",)) as north:
        answer = north.ask(f"GET {SERVICE}?WSDL HTTP/1.1\r\nHost: inside\r\n{PROXIED}\r\n")
        assert address(etree.fromstring(answer.body)) == f"https://sms.example.com{SERVICE}"


def test_a_namespace_of_ones_own() -> None:
    with gateway(namespace="urn:example:sms") as north:
        root = document(north)
        assert root.get("targetNamespace") == "urn:example:sms"
        with zeep.Client(f"{north.url}{SERVICE}?wsdl") as client:
            assert client.service.status(id="1000") == "22"
        assert north.get(f"{SERVICE}/status?id=1000").body.endswith(
            b'<string xmlns="urn:example:sms">22</string>'
        )


@pytest.mark.parametrize("query", ["?disco", "?DISCO"])
def test_discovery_leads_to_the_wsdl_and_the_soap_bindings(north: Gateway, query: str) -> None:
    root = document(north, SERVICE + query)
    contract, *soap = root
    assert contract.get("ref") == f"{north.url}{SERVICE}?wsdl"
    assert contract.get("docRef") == f"{north.url}{SERVICE}"
    bindings = [str(one.get("binding")).partition(":") for one in soap]
    assert [(one.nsmap[prefix], name) for one, (prefix, _, name) in zip(soap, bindings, strict=True)] == [
        (NAMESPACE, "sendSmsSoap"),
        (NAMESPACE, "sendSmsSoap12"),
    ]


# --- the pages ----------------------------------------------------------------------------------------------


def page(north: Gateway, query: str = "", status: int = 200) -> str:
    answer = north.get(SERVICE + query)
    assert (answer.status, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return answer.body.decode()


def test_people_get_a_page_with_every_operation(north: Gateway) -> None:
    listed = {
        link.text: code.text
        for link, code in (dt.getchildren() for dt in fromstring(page(north)).iterfind(".//dt"))
    }
    assert listed == {name: ", ".join(parameters) for name, parameters in MANUAL.items()}
    assert north.get(SERVICE, "HEAD").body == b""


def test_every_link_leads_somewhere(north: Gateway) -> None:
    root = fromstring(page(north), base_url=north.url + SERVICE)
    root.make_links_absolute()
    links = {link for _, _, link, _ in root.iterlinks()}
    assert len(links) == len(MANUAL) + 4  # itself, ?WSDL, ?disco, the stylesheet
    for link in links:
        assert north.get(link.removeprefix(north.url)).status == 200, link


def test_the_stylesheet_may_be_kept(north: Gateway) -> None:
    answer = north.get("/static/kavle.css")
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == "max-age=3600"


@pytest.mark.parametrize("query", ["?op=smsat", "?OP=smsAt", "?op=SMSAT&x=1"])
def test_an_operations_page_by_its_name_in_any_letter_case(north: Gateway, query: str) -> None:
    root = fromstring(page(north, query))
    assert root.findtext(".//h1") == "smsAt"
    assert [row.text for row in root.iterfind(".//tbody//td[1]/code")] == [*SMS, "sendAt"]


@pytest.mark.parametrize("query", ["?op=nothing", "?op=", "?op=%3Cscript%3E", "?op=%00%ff"])
def test_an_operation_that_there_is_not(north: Gateway, query: str) -> None:
    text = page(north, query, status=404)
    assert "There is no such operation" in text
    assert "<script" not in text


def test_a_form_that_no_browser_keeps(north: Gateway) -> None:
    root = fromstring(page(north, "?op=sms"))
    (form,) = root.forms
    assert (form.method, form.get("autocomplete"), form.action) == ("POST", "off", "sendSms.asmx/sms")
    kinds = {field.name: field.type for field in form.inputs}
    assert kinds == dict.fromkeys(SMS, "text") | {"passwd": "password", "_charset_": "hidden"}


def test_a_setting_hides_the_form() -> None:
    with gateway(forms=False) as north:
        assert not fromstring(page(north, "?op=sms")).forms


def test_what_an_address_holds_is_text(north: Gateway) -> None:
    with gateway(public_url="https://x.example/<b>&\"'") as north:
        for query in ("?op=sms", ""):
            assert "<b>" not in page(north, query)
        assert address(document(north)).startswith("https://x.example/<b>&\"'/")


# --- the samples on the pages -------------------------------------------------------------------------------


def samples(north: Gateway, operation: str) -> list[tuple[str, str]]:
    """Requests with the answers that they are to have."""
    found = [
        html.unescape(text)
        for text in re.findall(
            r"<pre[^>]*><code>(.*?)</code></pre>", page(north, f"?op={operation}"), re.DOTALL
        )
    ]
    return list(zip(found[::2], found[1::2], strict=True))


def shape(content_type: str, body: bytes) -> tuple[str, list[str]]:
    return content_type, [str(element.tag) for element in etree.fromstring(body).iter()]


@pytest.mark.parametrize("operation", MANUAL)
def test_each_sample_is_a_request_that_is_answered_so(north: Gateway, operation: str) -> None:
    north.core.listed["1761468129"] = [(1761468130, Status.DELIVERED), (1761468131, Status.IN_NETWORK)]
    found = samples(north, operation)
    assert len(found) == 4
    for request, answer in found:
        head, _, body = request.partition("\n\n")
        told = north.ask(head.replace("\n", "\r\n") + "\r\n\r\n" + body)
        assert told.status == 200
        described, _, result = answer.partition("\n\n")
        kind = described.partition("Content-Type: ")[2]
        assert shape(told.headers["content-type"], told.body) == shape(kind, result.encode())
