"""`/mms/mms.asmx` on the wire: what is asked of it, what it says of itself, what it refuses by the head."""

from __future__ import annotations

import contextlib
import re
import threading
from base64 import b64encode
from collections.abc import Iterator
from xml.sax.saxutils import escape

import pytest
import zeep
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from kavle.core import workers
from kavle.model.errors import Reason
from kavle.model.mms import MOST_OCTETS, MmsFile
from kavle.model.status import Status
from kavle.north.mms_service import BODY_BYTES
from support.north import NAME, PASSWORD, Answer, Gateway, gateway
from support.patience import PATIENCE

SERVICE = "/mms/mms.asmx"
NAMESPACE = "http://tempuri.org/"
SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
NAMES = {
    "s": "http://www.w3.org/2001/XMLSchema",
    "w": "http://schemas.xmlsoap.org/wsdl/",
}
PICTURE = b"GIF89a\x01\x00\x01\x00\r\n\0--boundary\r\n" + bytes(range(256))
NOTE = "Hej å <>&".encode()
CREDENTIALS = {"acc": NAME, "pass": PASSWORD}
ORDER = CREDENTIALS | {"msg": "Titta!%0aHej", "to": "0702617396", "from": "46702317396"}


@pytest.fixture(scope="module")
def running() -> Iterator[Gateway]:
    with gateway() as north:
        yield north


@pytest.fixture
def north(running: Gateway) -> Gateway:
    running.core.mms_orders.clear()
    running.core.arrived = threading.Semaphore(0)
    return running


def b64(octets: bytes) -> str:
    return b64encode(octets).decode()


def inline(name: str, kind: str, octets: bytes) -> str:
    return (
        f"<InlineFile><name>{name}</name><contentType>{kind}</contentType>"
        f"<data>{b64(octets)}</data></InlineFile>"
    )


FILES = f"<files>{inline('bild.gif', 'image/gif', PICTURE)}{inline('hej.txt', 'text/plain', NOTE)}</files>"


def envelope(operation: str, children: str, version: str = SOAP11) -> bytes:
    body = f'<{operation} xmlns="{NAMESPACE}">{children}</{operation}>'
    return f'<s:Envelope xmlns:s="{version}"><s:Body>{body}</s:Body></s:Envelope>'.encode()


def told(answer: Answer) -> str:
    assert answer.status == 200, answer
    (body,) = etree.fromstring(answer.body)
    return body[0][0].text or ""


def call(north: Gateway, operation: str, given: dict[str, str], more: str = "", version: str = SOAP11) -> str:
    children = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in given.items())
    return told(north.post(envelope(operation, children + more, version), path=SERVICE))


# --- sending ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [SOAP11, SOAP12])
def test_a_picture_with_a_text(north: Gateway, version: str) -> None:
    assert call(north, "sendMMS", ORDER, FILES, version) == "7000001"
    (order,) = north.core.mms_orders
    assert (order.recipient, order.sender, order.text) == ("0702617396", "46702317396", "Titta!%0aHej")
    pictured, written = MmsFile("bild.gif", "image/gif", PICTURE), MmsFile("hej.txt", "text/plain", NOTE)
    assert order.files == (pictured, written)


def test_repeated_bare_files(north: Gateway) -> None:
    bare = FILES.removeprefix("<files>").removesuffix("</files>").replace("InlineFile", "files")
    assert call(north, "sendMMS", ORDER, bare) == "7000001"
    assert [file.data for file in north.core.mms_orders[0].files] == [PICTURE, NOTE]
    assert call(north, "sendMMS", ORDER, f"<files>{b64(NOTE)}</files>") == "7000002"
    assert [file.data for file in north.core.mms_orders[1].files] == [NOTE]


@pytest.mark.parametrize("more", ["", "<files/>", "<files><InlineFile/></files>"])
def test_a_text_alone(north: Gateway, more: str) -> None:
    assert call(north, "sendMMS", ORDER, more) == "7000001"
    assert north.core.mms_orders[0].files == ()


def test_a_stub_that_leaves_the_text_and_the_sender_out(north: Gateway) -> None:
    assert call(north, "sendMMS", CREDENTIALS | {"to": "0702617396"}, FILES) == "7000001"
    assert (north.core.mms_orders[0].text, north.core.mms_orders[0].sender) == ("", "")


def test_names_of_the_other_service(north: Gateway) -> None:
    given = {"Konto": NAME, "passwd": PASSWORD, "Meddelande": "Hej", "till": "0702617396"}
    assert call(north, "sendMMS", given) == "7000001"
    assert north.core.mms_orders[0].text == "Hej"


CODES = {
    Reason.CREDENTIALS: "1",
    Reason.PARAMETER: "2",
    Reason.CONTENT: "2",
    Reason.RECIPIENT: "3",
    Reason.BALANCE: "4",
    Reason.UNAVAILABLE: "42",
}


@pytest.mark.parametrize("reason", Reason)
def test_a_refusal_is_one_of_appendix_b(north: Gateway, reason: Reason) -> None:
    assert call(north, "sendMMS", ORDER | {"msg": reason.name}, FILES) == CODES[reason]


WRONG = {
    "a wrong password": (ORDER | {"pass": "wrong"}, FILES, "1"),
    "no password": (ORDER | {"pass": ""}, FILES, "2"),
    "no recipient": (ORDER.copy(), FILES, "2"),
    "not base64": (ORDER, f"<files>{inline('a', 'b', b'x').replace('eA==', 'e!')}</files>", "2"),
    "no octets": (ORDER, f"<files>{inline('a', 'b', b'')}</files>", "2"),
}
del WRONG["no recipient"][0]["to"]


@pytest.mark.parametrize(("given_", "more", "code"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_sends_nothing(north: Gateway, given_: dict[str, str], more: str, code: str) -> None:
    assert call(north, "sendMMS", given_, more) == code
    assert north.core.mms_orders == []


def test_a_text_with_tags_among_the_files_is_a_fault(north: Gateway) -> None:
    answer = north.post(envelope("sendMMS", "<files>Hej <b>du</b></files>"), path=SERVICE)
    assert answer.status == 500
    assert b"Server was unable to read request. ---&gt; files holds elements" in answer.body


# --- status -------------------------------------------------------------------------------------------------


def by_soap(north: Gateway, id: str) -> str:
    return call(north, "status", {"mmsId": id})


def by_get(north: Gateway, id: str) -> str:
    return etree.fromstring(north.get(f"{SERVICE}/status?mmsId={id}").body).text or ""


def by_post(north: Gateway, id: str) -> str:
    form = "Content-Type: application/x-www-form-urlencoded\r\n"
    return etree.fromstring(north.post(f"mmsid={id}", form, f"{SERVICE}/status").body).text or ""


@pytest.mark.parametrize("ask", [by_soap, by_get, by_post])
def test_status_is_known_by_an_mms_id_alone(north: Gateway, ask: type[str]) -> None:
    assert ask(north, "2000") == "22"
    assert ask(north, "1000") == "2"  # an SMS's
    assert ask(north, "7") == "2"


def test_an_sms_id_is_not_known_here_nor_an_mms_id_there(north: Gateway) -> None:
    assert north.core.statuses["1000"] is Status.DELIVERED
    answer = north.get("/sendSms/sendSms.asmx/status?id=2000")
    assert etree.fromstring(answer.body).text == "110"


def test_ids_can_not_be_found_by_trying() -> None:
    with gateway() as north:
        for id in range(100):
            assert by_get(north, str(3000 + id)) == "2"
        assert by_get(north, "2000") == "2"


# --- limits -------------------------------------------------------------------------------------------------


def of_size(size: int) -> bytes:
    """A call whose body has so many octets."""
    children = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in ORDER.items())
    empty = envelope("sendMMS", f"{children}<files><InlineFile><data></data></InlineFile></files>")
    room = size - len(empty)
    return empty.replace(b"<data>", b"<data>" + b"A" * (room // 4 * 4) + b" " * (room % 4))


def test_a_megabyte_more_than_the_files_need(north: Gateway) -> None:
    assert BODY_BYTES == 409_600 + 1024 * 1024
    assert told(north.post(of_size(BODY_BYTES), path=SERVICE)) == "7000001"


def test_more_is_refused_by_the_headers_and_not_read(north: Gateway) -> None:
    with north.client() as client:
        client.send(f"POST {SERVICE} HTTP/1.1\r\nHost: g\r\nContent-Length: {BODY_BYTES + 1}\r\n\r\n")
        assert client.answer().status == 413
    with north.client() as client:
        client.send(f"POST {SERVICE} HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n")
        body = of_size(BODY_BYTES + 1)
        client.send(f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n")
        assert client.answer().status == 413
    assert north.core.mms_orders == []


def test_base64_is_read_beside_the_loop(north: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []
    run = workers.Workers.run

    async def noted(self: workers.Workers, function: object, *arguments: object) -> object:
        def told_where() -> object:
            threads.append(threading.current_thread().name)
            return function(*arguments)  # type: ignore[operator]

        return await run(self, told_where)

    monkeypatch.setattr(workers.Workers, "run", noted)
    octets = bytes(MOST_OCTETS)
    assert call(north, "sendMMS", ORDER, f"<files>{inline('a', 'b', octets)}</files>") == "7000001"
    assert north.core.mms_orders[0].files[0].data == octets
    assert {name.partition("_")[0] for name in threads} >= {"mms", "base64"}


def test_many_large_ones_at_once_wait_unread_for_room(north: Gateway) -> None:
    """All that one address may hold is held by calls that wait for their commit: one more is not even told to
    go on, until there is room."""
    core, body = north.core, of_size(BODY_BYTES)
    head = f"POST {SERVICE} HTTP/1.1\r\nHost: g\r\nContent-Length: {len(body)}\r\n"
    share = 8 * 1024 * 1024 // len(body)
    with contextlib.ExitStack() as stack:
        *holders, last = [stack.enter_context(north.client()) for _ in range(share + 1)]
        core.gate.clear()
        stack.callback(core.gate.set)
        for client in holders:
            client.send(f"{head}\r\n".encode() + body)
        for _ in holders:
            assert core.arrived.acquire(timeout=PATIENCE)
        last.send(f"{head}Expect: 100-continue\r\n\r\n")
        north.settle()
        last.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            last.socket.recv(1)
        last.socket.settimeout(PATIENCE)
        core.gate.set()
        assert last.answer().status == 100
        last.send(body)
        assert sorted(told(client.answer()) for client in [*holders, last])[-1] == f"700000{share + 1}"


# --- what it says of itself ---------------------------------------------------------------------------------


def document(north: Gateway) -> etree._Element:
    answer = north.get(SERVICE + "?WSDL")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    return etree.fromstring(answer.body)


def test_the_wsdl_has_the_manuals_names_and_inline_file(north: Gateway) -> None:
    schema = document(north).find("w:types/s:schema", NAMES)
    assert schema is not None
    declared = {
        kind.get("name"): [
            (child.get("name"), child.get("maxOccurs"), child.get("type"))
            for child in kind.iterfind(".//s:sequence/s:element", NAMES)
        ]
        for kind in schema
    }
    text = "s:string"
    once = [(name, "1", text) for name in ("acc", "pass", "msg", "to", "from")]
    assert declared == {
        "sendMMS": [*once, ("files", "1", "tns:ArrayOfInlineFile")],
        "sendMMSResponse": [("sendMMSResult", "1", text)],
        "status": [("mmsId", "1", text)],
        "statusResponse": [("statusResult", "1", text)],
        "ArrayOfInlineFile": [("InlineFile", "unbounded", "tns:InlineFile")],
        "InlineFile": [("name", "1", text), ("contentType", "1", text), ("data", "1", "s:base64Binary")],
        "string": [],
    }


def test_status_has_four_bindings_and_send_mms_two(north: Gateway) -> None:
    root = document(north)
    bindings = {
        binding.get("name"): [one.get("name") for one in binding.iterfind("w:operation", NAMES)]
        for binding in root.iterfind("w:binding", NAMES)
    }
    both, one = ["sendMMS", "status"], ["status"]
    assert bindings == {"mmsSoap": both, "mmsSoap12": both, "mmsHttpGet": one, "mmsHttpPost": one}
    messages = {message.get("name") for message in root.iterfind("w:message", NAMES)}
    assert not any(str(name).startswith("sendMMSHttp") for name in messages)
    there = {element.get("name") for element in root.iter() if element.get("name")}
    for element in root.iter():
        for key in ("message", "type", "binding", "element"):
            kind, _, name = (element.get(key) or "").partition(":")
            assert kind != "tns" or name in there, name


@pytest.mark.parametrize("query", ["acc=test", ""])
def test_a_query_is_no_way_to_send_one(north: Gateway, query: str) -> None:
    answer = north.get(f"{SERVICE}/sendMMS?{query}")
    assert answer.status == 500
    assert (
        answer.body == b"Request format is unrecognized for URL unexpectedly ending in '/sendMMS'."
    )  # as ASP.NET


@pytest.mark.parametrize("port", ["mmsSoap", "mmsSoap12"])
def test_a_stub_of_the_wsdl(north: Gateway, port: str) -> None:
    with zeep.Client(f"{north.url}{SERVICE}?wsdl", port_name=port) as client:
        file = {"name": "bild.gif", "contentType": "image/gif", "data": PICTURE}
        assert client.service.sendMMS(**ORDER, files={"InlineFile": [file]}) == "7000001"
        assert client.service.status("2000") == "22"
    assert north.core.mms_orders[0].files == (MmsFile("bild.gif", "image/gif", PICTURE),)


def test_people_are_told_how_to_send_one(north: Gateway) -> None:
    overview = north.get(SERVICE).body.decode()
    assert "sendMMS" in overview
    assert "but for what takes a list of" in overview
    page = north.get(f"{SERVICE}?op=sendmms").body.decode()
    assert "<h2>SOAP 1.2</h2>" in page
    assert "HTTP GET" not in page
    assert "<form" not in page
    assert "<form" in north.get(f"{SERVICE}?op=status").body.decode()
    assert '"/static/kavle.css"' in page or "../static/kavle.css" in page


@pytest.mark.parametrize("operation", ["sendMMS", "status"])
def test_each_sample_is_a_request_that_is_answered_so(north: Gateway, operation: str) -> None:
    page = etree.HTML(north.get(f"{SERVICE}?op={operation}").body)
    samples = ["".join(code.itertext()) for code in page.iterfind(".//pre/code")]
    asked, answers = samples[::2], samples[1::2]
    assert len(asked) == (2 if operation == "sendMMS" else 4)
    for request, answer in zip(asked, answers, strict=True):
        head, _, body = request.replace("1234", PASSWORD).partition("\n\n")
        lines = [line for line in head.split("\n") if not line.startswith("Content-Length")]
        length = f"Content-Length: {len(body.encode())}"
        got = north.ask("\r\n".join([*lines, length, "", body]))
        assert got.status == 200
        said = etree.fromstring(answer.partition("\n\n")[2].encode())
        assert [element.tag for element in etree.fromstring(got.body).iter()] == [
            element.tag for element in said.iter()
        ]
    if operation == "sendMMS":
        assert {order.files[0].name for order in north.core.mms_orders} == {"bild.gif"}
        assert all(order.files[0].data.startswith(b"GIF89a") for order in north.core.mms_orders)


# --- whatever comes -----------------------------------------------------------------------------------------

many = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20)
LEAF = st.builds(
    lambda name, text: f"<{name}>{escape(text)}</{name}>",
    st.sampled_from(["name", "contentType", "data", "InlineFile", "files", "x", "n:data"]),
    st.one_of(TEXT, st.sampled_from(["", "SGVq", "SGV", "%00", "==", " \n "])),
)
TREE = st.recursive(
    LEAF,
    lambda inner: st.builds(
        lambda name, parts: f"<{name}>{''.join(parts)}</{name}>",
        st.sampled_from(["InlineFile", "files", "data", "item"]),
        st.lists(st.one_of(inner, TEXT.map(escape)), max_size=4),
    ),
)


def check(north: Gateway, body: bytes) -> None:
    before = len(north.core.mms_orders)
    answer = north.post(body, "Content-Type: text/xml\r\n", SERVICE)
    assert answer.status in (200, 400, 500)
    assert b"internal" not in answer.body
    if answer.status == 200:
        (found,) = etree.fromstring(answer.body, etree.XMLParser(recover=True))
        code = found[0][0].text
        assert (int(code) >= 1000) == (len(north.core.mms_orders) > before)
    else:
        assert re.search(rb"soap:(Client|Sender|MustUnderstand|VersionMismatch)", answer.body)


@many
@given(st.lists(TREE, max_size=3), st.booleans())
def test_any_files(running: Gateway, trees: list[str], wrapped: bool) -> None:
    inner = "".join(trees)
    children = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in ORDER.items())
    files = f'<files xmlns:n="urn:n">{inner}</files>' if wrapped else inner.replace("n:", "")
    check(running, envelope("sendMMS", children + files))


@many
@given(st.data())
def test_any_damage(running: Gateway, data: st.DataObject) -> None:
    children = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in ORDER.items())
    document = bytearray(envelope("sendMMS", children + FILES))
    for _ in range(data.draw(st.integers(1, 6))):
        document[data.draw(st.integers(0, len(document) - 1))] = data.draw(st.integers(0, 255))
    check(running, bytes(document[: data.draw(st.integers(0, len(document)))] or document))
