"""The web service's operations by HTTP GET and form POST, as clients of ASP.NET services call them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import quote, urlencode

import pytest
from lxml import etree

from kavle.core.order import SmsOrder
from kavle.model.account import AccountSettings, Charset
from kavle.model.status import Status
from support.north import NAME, PASSWORD, Answer, Gateway, gateway, texts

SERVICE = "/sendSms/sendSms.asmx"
NAMESPACE = "http://tempuri.org/"
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
LOGIN = {"konto": NAME, "passwd": PASSWORD}
SMS = LOGIN | {"till": "0702617396", "from": "ip1", "meddelande": "Hej", "prio": "2"}


@pytest.fixture(scope="module")
def running() -> Iterator[Gateway]:
    with gateway() as running:
        yield running


@pytest.fixture
def north(running: Gateway) -> Gateway:
    running.core.__init__()  # type: ignore[misc]
    running.clock.forward(hours=1)
    return running


def get(north: Gateway, operation: str, query: str) -> Answer:
    return north.get(f"{SERVICE}/{operation}?{query}")


def post(north: Gateway, operation: str, form: str, headers: str = FORM) -> Answer:
    return north.post(form.encode("latin-1"), headers, f"{SERVICE}/{operation}")


Binding = Callable[[Gateway, str, str], Answer]
BINDINGS: dict[str, Binding] = {"GET": get, "POST": post}
both = pytest.mark.parametrize("binding", BINDINGS.values(), ids=BINDINGS)


def string(answer: Answer) -> str:
    assert (answer.status, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    root = etree.fromstring(answer.body)
    assert root.tag == f"{{{NAMESPACE}}}string"
    return root.text or ""


@both
def test_a_message_by_query_or_form(north: Gateway, binding: Binding) -> None:
    answer = binding(north, "sms", urlencode(SMS))
    assert answer.body == (
        b'<?xml version="1.0" encoding="utf-8"?>\r\n<string xmlns="http://tempuri.org/">1000</string>'
    )
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert north.core.orders == [SmsOrder("0702617396", "ip1", "Hej", "2")]


@both
def test_names_in_any_letter_case_and_other_spellings(north: Gateway, binding: Binding) -> None:
    given = {"Acc": NAME, "PASS": PASSWORD, "To": "1", "FROM": "x", "Msg": "Hej", "Prio": ""}
    assert string(binding(north, "SMS", urlencode(given))) == "1000"
    assert string(north.get("/sendsms/SENDSMS.asmx/Status?ID=1000")) == "22"


@both
def test_a_list(north: Gateway, binding: Binding) -> None:
    north.core.listed["7000"] = [(1001, Status.INVALID_NUMBER), (1002, Status.DELIVERED)]
    root = etree.fromstring(binding(north, "statusBundle", "bundleID=7000").body)
    assert root.tag == f"{{{NAMESPACE}}}ArrayOfSmsStatus"
    names = {"t": NAMESPACE}
    assert [
        (one.findtext("t:smsID", namespaces=names), one.findtext("t:status", namespaces=names))
        for one in root.iterfind("t:SmsStatus", names)
    ] == [("1001", "3"), ("1002", "22")]


@both
@pytest.mark.parametrize("missing", SMS)
def test_what_is_missing_is_told(north: Gateway, binding: Binding, missing: str) -> None:
    given = {name: value for name, value in SMS.items() if name != missing}
    answer = binding(north, "sms", urlencode(given))
    assert (answer.status, answer.headers["content-type"]) == (500, "text/plain; charset=utf-8")
    assert answer.body == f"Missing parameter: {missing}.".encode()
    assert north.core.orders == []


@both
def test_the_first_that_is_missing_by_the_manuals_spelling(north: Gateway, binding: Binding) -> None:
    assert binding(north, "balans", "").body == b"Missing parameter: Konto."
    assert binding(north, "cancelSms", "konto=a&passwd=b").body == b"Missing parameter: smsID."


@both
def test_what_is_wrong_is_a_code(north: Gateway, binding: Binding) -> None:
    assert string(binding(north, "sms", urlencode(SMS | {"passwd": "wrong"}))) == "101"
    assert string(binding(north, "sms", urlencode(SMS | {"passwd": ""}))) == "110"
    assert string(binding(north, "sms", urlencode(SMS | {"meddelande": "BALANCE"}))) == "100"
    assert string(binding(north, "status", "id=4711")) == "110"


@both
@pytest.mark.parametrize("name", ["inbox", "", "sms%00", "sms%2Fsms", "%3Cb%3E"])
def test_an_operation_that_there_is_not(north: Gateway, binding: Binding, name: str) -> None:
    answer = binding(north, name, urlencode(SMS))
    assert (answer.status in (404, 500), north.core.orders) == (True, [])
    assert answer.headers["content-type"].startswith("text/plain")


def test_its_text_is_dot_nets(north: Gateway) -> None:
    answer = north.get(f"{SERVICE}/inbox")
    assert (answer.status, answer.headers["content-type"]) == (500, "text/plain; charset=utf-8")
    assert answer.body == b"Request format is unrecognized for URL unexpectedly ending in '/inbox'."


def test_other_methods(north: Gateway) -> None:
    answer = north.get(f"{SERVICE}/status?id=1000", "HEAD")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")


def test_a_form_that_is_none(north: Gateway) -> None:
    answer = post(north, "status", '{"id": "1000"}', "Content-Type: application/json\r\n")
    assert (answer.status, answer.body) == (500, b"Request format is invalid: application/json.")
    assert string(post(north, "status", "id=1000", "")) == "22"


def test_a_bug_shows_no_internals(north: Gateway) -> None:
    answer = get(north, "sms", urlencode(SMS | {"meddelande": "BUG"}))
    assert answer.status == 500
    assert answer.body == b"Server was unable to process request. ---> There was an internal error."


def test_an_outcome_that_nobody_knows_is_no_answer(north: Gateway) -> None:
    with north.client() as client:
        query = urlencode(SMS | {"meddelande": "UNKNOWN"})
        client.send(f"GET {SERVICE}/sms?{query} HTTP/1.1\r\n\r\n")
        assert client.closed() == b""


def test_a_long_form_is_read_beside_the_loop(north: Gateway) -> None:
    text = "å" * 300_000
    assert string(post(north, "smsBundle", urlencode(SMS | {"meddelande": text}))) == "5000001"
    assert north.core.bundles[0].text == text


# --- charsets -----------------------------------------------------------------------------------------------

LATIN, UTF8 = quote("smörgås".encode("latin-1")), quote("smörgås")
MISREAD = "smÃ¶rgÃ¥s"
CHARSETS: dict[str, tuple[Charset, str, str]] = {
    "auto, Latin-1": ("auto", LATIN, "smörgås"),
    "auto, UTF-8": ("auto", UTF8, "smörgås"),
    "latin-1": ("latin-1", LATIN, "smörgås"),
    "latin-1, but it is UTF-8": ("latin-1", UTF8, MISREAD),
    "latin-1 is windows-1252": ("latin-1", "20%20%80", "20 €"),
    "utf-8": ("utf-8", UTF8, "smörgås"),
}


@both
@pytest.mark.parametrize(("charset", "escaped", "text"), CHARSETS.values(), ids=CHARSETS)
def test_an_accounts_own_charset(
    north: Gateway, binding: Binding, charset: Charset, escaped: str, text: str
) -> None:
    north.core.settings = AccountSettings(charset=charset)
    assert string(binding(north, "sms", f"{urlencode(SMS | {'meddelande': ''})}&x=&msg=")) == "1000"
    north.core.orders.clear()
    query = urlencode({name: value for name, value in SMS.items() if name != "meddelande"})
    assert string(binding(north, "sms", f"{query}&meddelande={escaped}")) == "1000"
    assert texts(north.core) == [text]


@both
def test_utf_8_that_is_none_is_110(north: Gateway, binding: Binding) -> None:
    north.core.settings = AccountSettings(charset="utf-8")
    query = urlencode({name: value for name, value in SMS.items() if name != "meddelande"})
    assert string(binding(north, "sms", f"{query}&meddelande={LATIN}")) == "110"
    assert north.core.orders == []


SAID = {
    "a browser's form": (FORM, "&_charset_=UTF-8", UTF8),
    "a Content-Type that says UTF-8": (FORM.replace("\r\n", "; charset=UTF-8\r\n"), "", UTF8),
    "one that says Latin-1": (FORM.replace("\r\n", ';charset="iso-8859-1"\r\n'), "", LATIN),
}


@pytest.mark.parametrize("charset", ["auto", "latin-1", "utf-8"])
@pytest.mark.parametrize(("headers", "more", "escaped"), SAID.values(), ids=SAID)
def test_a_form_that_says_its_charset_is_believed(
    north: Gateway, charset: Charset, headers: str, more: str, escaped: str
) -> None:
    north.core.settings = AccountSettings(charset=charset)
    query = urlencode({name: value for name, value in SMS.items() if name != "meddelande"})
    assert string(post(north, "sms", f"{query}&meddelande={escaped}{more}", headers)) == "1000"
    assert texts(north.core) == ["smörgås"]


def test_latin_1_that_could_be_utf_8_is_what_the_form_says(north: Gateway) -> None:
    headers = FORM.replace("\r\n", "; charset=ISO-8859-1\r\n")
    query = urlencode({name: value for name, value in SMS.items() if name != "meddelande"})
    assert string(post(north, "sms", f"{query}&meddelande={UTF8}", headers)) == "1000"
    assert texts(north.core) == [MISREAD]
