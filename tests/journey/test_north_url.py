"""`/sendsms.aspx` as customers call it."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest

from kavle.core.order import SmsOrder
from kavle.model.account import AccountSettings, Charset
from kavle.model.errors import Reason
from support.north import NAME, PASSWORD, QUERY, Answer, Gateway, gateway, raw, texts, with_text
from support.patience import PATIENCE


@pytest.fixture(scope="module")
def running() -> Iterator[Gateway]:
    with gateway() as running:
        yield running


@pytest.fixture
def north(running: Gateway) -> Gateway:
    running.core.__init__()  # type: ignore[misc]
    running.clock.forward(hours=1)  # whoever was throttled is forgiven
    return running


def test_the_answer_is_the_bare_number(north: Gateway) -> None:
    answer = north.get(f"/sendsms.aspx?{QUERY}")
    assert (answer.status, answer.body) == (200, b"1000")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "date" in answer.headers
    assert "server" not in answer.headers
    assert north.core.orders == [SmsOrder("0702617396", "ip1", "Testar", "2", False)]


def test_paths_and_keys_in_any_letter_case(north: Gateway) -> None:
    query = urlencode({"ACC": NAME, "Pass": PASSWORD, "mSG": "Hej", "To": "1", "FROM": "Kavle", "Prio": "3"})
    assert north.get(f"/SendSMS.aspx?{query}").body == b"1000"
    assert north.core.orders == [SmsOrder("1", "Kavle", "Hej", "3", False)]
    assert north.get(f"/%53endsms%2Easpx?{query}").body == b"1001"


def test_prio_and_from_may_be_missing_and_of_doubled_keys_the_first_counts(north: Gateway) -> None:
    assert north.sms(f"acc={NAME}&pass={PASSWORD}&msg=a&msg=b&to=1&x&=y&") == b"1000"
    assert north.core.orders == [SmsOrder("1", "", "a", "", False)]


@pytest.mark.parametrize(
    ("kind", "flash"), [("", False), ("&type=", False), ("&Type=flash", True), ("&type=FLASH", True)]
)
def test_type_is_flash_or_nothing(north: Gateway, kind: str, flash: bool) -> None:
    assert north.sms(QUERY + kind) == b"1000"
    assert north.core.orders[0].flash is flash


CHARSETS = {
    "UTF-8 escapes": "Bl%C3%A5b%C3%A4r",
    "Latin-1 escapes": "Bl%E5b%E4r",
    "lower-case escapes": "Bl%e5b%e4r",
    "raw Latin-1": "Blåbär",
    "raw UTF-8": "Blåbär".encode().decode("latin-1"),
}


@pytest.mark.parametrize("text", CHARSETS.values(), ids=CHARSETS)
def test_swedish_however_it_is_escaped(north: Gateway, text: str) -> None:
    assert north.ask(raw(with_text(text))).body == b"1000"
    assert texts(north.core) == ["Blåbär"]


TEXTS = {
    "a euro sign in windows-1252": ("20%20%80", "20 €"),
    "bytes that windows-1252 leaves open": ("%81%8d%E5", "\x81\x8då"),
    "plus and %20": ("a+b%20c%2Bd", "a b c+d"),
    "escaped separators": ("a%26b%3Dc%25", "a&b=c%"),
    "an equals sign": ("a=b", "a=b"),
    "raw brackets": ('[]{}|^"`<>\\~', '[]{}|^"`<>\\~'),
    "a hash": ("a#b", "a#b"),
    "a question mark": ("a?b", "a?b"),
    "a percent sign that escapes nothing": ("100%&x=", "100%"),
    "a line feed": ("a%0ab", "a\nb"),
    "an escaped line feed, left to core": ("a%250ab", "a%0ab"),
    "an emoji": (quote("🙂"), "🙂"),
    "JavaScript's escape()": ("R%E4k+20%20%u20AC%uD83D%uDE42", "Räk 20 €🙂"),
    "half of a surrogate pair": ("a%uD83Db", "a\ufffdb"),
    "%u that escapes nothing": ("50%upp%u20a", "50%upp%u20a"),
    "a NUL": ("a%00b", "a\0b"),
}


@pytest.mark.parametrize(("escaped", "text"), TEXTS.values(), ids=TEXTS)
def test_texts_built_by_hand(north: Gateway, escaped: str, text: str) -> None:
    assert north.ask(raw(with_text(escaped))).body == b"1000"
    assert texts(north.core) == [text]


ACCOUNTS: dict[str, tuple[Charset, str, bytes, list[str]]] = {
    "latin-1": ("latin-1", "Bl%E5b%E4r", b"1000", ["Blåbär"]),
    "latin-1, raw": ("latin-1", "Blåbär %80", b"1000", ["Blåbär €"]),
    "latin-1, but it is UTF-8": ("latin-1", "%C3%A5", b"1000", ["Ã¥"]),
    "utf-8": ("utf-8", "Bl%C3%A5b%C3%A4r", b"1000", ["Blåbär"]),
    "utf-8, raw": ("utf-8", "Blåbär".encode().decode("latin-1"), b"1000", ["Blåbär"]),
    "utf-8, but it is Latin-1": ("utf-8", "Bl%E5b%E4r", b"110", []),
}


@pytest.mark.parametrize(("charset", "escaped", "code", "told"), ACCOUNTS.values(), ids=ACCOUNTS)
def test_an_accounts_own_charset(
    north: Gateway, charset: Charset, escaped: str, code: bytes, told: list[str]
) -> None:
    north.core.settings = AccountSettings(charset=charset)
    assert north.ask(raw(with_text(escaped.replace(" ", "+")))).body == code
    assert texts(north.core) == told


MISSING = {
    "nothing at all": "",
    "no account": f"pass={PASSWORD}&msg=a&to=1",
    "an empty account": f"acc=&pass={PASSWORD}&msg=a&to=1",
    "no password": f"acc={NAME}&msg=a&to=1",
    "an empty password": f"acc={NAME}&pass=&msg=a&to=1",
    "no text": f"acc={NAME}&pass={PASSWORD}&to=1",
    "no recipient": f"acc={NAME}&pass={PASSWORD}&msg=a",
    "a type that is not known": QUERY + "&type=loud",
}


@pytest.mark.parametrize("query", MISSING.values(), ids=MISSING)
def test_what_is_missing_is_110(north: Gateway, query: str) -> None:
    answer = north.get(f"/sendsms.aspx?{query}")
    assert (answer.status, answer.body) == (200, b"110")
    assert north.core.orders == []


@pytest.mark.parametrize("query", [f"acc={NAME}&pass=wrong", f"acc=nobody&pass={PASSWORD}"])
def test_credentials_come_before_all_other_parameters(north: Gateway, query: str) -> None:
    assert north.sms(query) == b"101"
    assert north.sms(f"{query}&msg=&to=&type=loud&prio=9") == b"101"


def test_an_empty_text_or_recipient_is_for_core_to_judge(north: Gateway) -> None:
    north.sms(f"acc={NAME}&pass={PASSWORD}&msg=&to=")
    assert north.core.orders == [SmsOrder("", "", "", "", False)]


CODES = {
    Reason.CREDENTIALS: b"101",
    Reason.BALANCE: b"100",
    Reason.PARAMETER: b"110",
    Reason.CONTENT: b"2",
    Reason.RECIPIENT: b"3",
    Reason.UNAVAILABLE: b"42",
}


@pytest.mark.parametrize("reason", Reason)
def test_a_refusal_is_a_code_with_status_200(north: Gateway, reason: Reason) -> None:
    answer = north.get(f"/sendsms.aspx?{with_text(reason.name)}")
    assert (answer.status, answer.body) == (200, CODES[reason])


def test_an_outcome_that_nobody_knows_is_no_answer(north: Gateway) -> None:
    with north.client() as client:
        client.send(raw() + raw(with_text("UNKNOWN")) + raw())
        assert client.answer().body == b"1000"
        assert client.closed() == b""
    assert texts(north.core) == ["Testar"]


def test_a_bug_is_no_code(north: Gateway) -> None:
    answer = north.get(f"/sendsms.aspx?{with_text('BUG')}")
    assert (answer.status, answer.body) == (500, b"Internal Server Error")


def test_post_with_all_in_the_query_and_an_unrelated_body(north: Gateway) -> None:
    answer = north.post('{"a": 1}', "Content-Type: application/json\r\n", f"/sendsms.aspx?{QUERY}")
    assert answer.body == b"1000"


def test_post_of_a_form(north: Gateway) -> None:
    form = "Content-Type: application/x-www-form-urlencoded\r\n"
    assert north.post(QUERY, form, "/sendsms.aspx").body == b"1000"
    assert north.post(with_text("x"), form, f"/sendsms.aspx?{QUERY}").body == b"1001"
    assert texts(north.core) == ["Testar", "Testar"]  # what the query says comes first
    assert north.post(QUERY + "&x=" + "%41" * 30_000, form, "/sendsms.aspx").body == b"110"
    assert north.post(QUERY, "Content-Type: text/plain\r\n", "/sendsms.aspx").body == b"110"


def test_get_with_a_body_leaves_the_connection_in_step(north: Gateway) -> None:
    with north.client() as client:
        client.send(raw(headers="Content-Length: 4\r\n") + b"GET " + raw())
        assert [client.answer().body, client.answer().body] == [b"1000", b"1001"]


# --- Ok and Error -------------------------------------------------------------------------------------------

OK, ERROR = "&ok=http%3A%2F%2Fa.se%2Fx%3Fid%3D", "&error=https%3A%2F%2Fa.se%2Fy%23z"


def brought(answer: Answer) -> tuple[int, str, bytes]:
    return answer.status, answer.headers.get("location", ""), answer.body


def test_the_id_is_brought_to_ok_and_a_code_to_error(north: Gateway) -> None:
    def ask(query: str) -> tuple[int, str, bytes]:
        return brought(north.get(f"/sendsms.aspx?{query}{OK}{ERROR}"))

    assert ask(QUERY) == (302, "http://a.se/x?id=1000", b"1000")
    assert ask(with_text("BALANCE")) == (302, "https://a.se/y?status=100#z", b"100")
    assert ask(QUERY + "&type=loud") == (302, "https://a.se/y?status=110#z", b"110")
    assert ask(f"acc={NAME}&pass={PASSWORD}") == (302, "https://a.se/y?status=110#z", b"110")


def test_the_head_of_a_redirect(north: Gateway) -> None:
    answer = north.get(f"/sendsms.aspx?{QUERY}{OK}")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_the_gateway_never_calls_these_addresses_itself(north: Gateway) -> None:
    with socket.create_server(("127.0.0.1", 0)) as customers:
        address = quote(f"http://127.0.0.1:{customers.getsockname()[1]}/?id=")
        for query in (QUERY, with_text("BALANCE")):
            assert north.get(f"/sendsms.aspx?{query}&ok={address}&error={address}").status == 302
        customers.setblocking(False)
        with pytest.raises(BlockingIOError):
            customers.accept()


def test_without_an_address_for_it_the_answer_is_printed(north: Gateway) -> None:
    assert brought(north.get(f"/sendsms.aspx?{QUERY}{ERROR}")) == (200, "", b"1000")
    assert brought(north.get(f"/sendsms.aspx?{with_text('BALANCE')}{OK}")) == (200, "", b"100")
    assert brought(north.get(f"/sendsms.aspx?{QUERY}&ok=&error=")) == (200, "", b"1001")


@pytest.mark.parametrize(("name", "code"), [("acc=nobody", b"101"), ("acc=", b"110"), ("x=", b"110")])
def test_with_wrong_credentials_nobody_is_led_anywhere(north: Gateway, name: str, code: bytes) -> None:
    query = f"{name}&pass={PASSWORD}&msg=a&to=1"
    assert brought(north.get(f"/sendsms.aspx?{query}{OK}{ERROR}")) == (200, "", code)


BAD_ADDRESSES = ["/x", "javascript:alert(1)", "http://u:p@a.se/", "http://a.se/%0d%0aX: y", "//a.se", "%00"]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_an_address_that_is_none_sends_nothing(north: Gateway, address: str) -> None:
    for name in ("ok", "error"):
        answer = north.get(f"/sendsms.aspx?{QUERY}&{name}={quote(address, safe='%')}")
        assert brought(answer) == (200, "", b"110")
    answer = north.get(f"/sendsms.aspx?{QUERY}{ERROR}&ok={quote(address, safe='%')}")
    assert brought(answer) == (302, "https://a.se/y?status=110#z", b"110")
    assert north.core.orders == []


def test_an_account_may_name_the_hosts(north: Gateway) -> None:
    north.core.settings = AccountSettings(hosts=("a.se",))
    assert brought(north.get(f"/sendsms.aspx?{QUERY}{OK}"))[0] == 302
    assert brought(north.get(f"/sendsms.aspx?{QUERY}&ok=http://b.se/")) == (200, "", b"110")
    assert len(north.core.orders) == 1


def test_raw_addresses_as_clients_write_them(north: Gateway) -> None:
    answer = north.ask(raw(QUERY + "&Ok=http://a.se/å?[x]=1"))
    assert brought(answer) == (302, "http://a.se/%C3%A5?[x]=1&smsid=1000", b"1000")


def test_a_password_beyond_all_measure_is_a_wrong_one(north: Gateway) -> None:
    query = QUERY.replace(PASSWORD, "x" * 2000)
    assert brought(north.get(f"/sendsms.aspx?{query}{ERROR}")) == (200, "", b"101")


# --- what is none of it -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "HEAD"])
def test_other_methods_send_nothing(north: Gateway, method: str) -> None:
    answer = north.get(f"/sendsms.aspx?{QUERY}", method)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, POST"
    assert north.core.orders == []


def test_a_path_that_is_not_there(north: Gateway) -> None:
    assert north.get("/nowhere").status == 404
    assert north.get("/sendsms.aspx/x").status == 404


def test_the_python_client_and_http_1_0(north: Gateway) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", north.port, timeout=PATIENCE)
    for _ in range(3):
        connection.request("GET", f"/sendsms.aspx?{QUERY}")
        assert connection.getresponse().read().isdigit()
    connection.close()
    with north.client() as client:
        client.send(f"GET /sendsms.aspx?{QUERY} HTTP/1.0\r\n\r\n")
        assert client.closed().endswith(b"\r\n\r\n1003")


def test_who_looks_after_it_can_see_that_it_lives(north: Gateway) -> None:
    assert north.get("/healthz").body == b"ok"
    metrics = north.get("/metrics")
    assert metrics.status == 200
    assert metrics.headers["content-type"].startswith("text/plain; version=")
