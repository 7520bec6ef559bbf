"""The pure parts of a callback: its URL, what counts as an answer, and which addresses may be dialled."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.model.callback import CallbackLease, LeasedCallback
from kavle.model.mms import FileLine, IncomingMmsLine
from kavle.model.number import NumberSettings
from kavle.south.callback.addresses import Allowed
from kavle.south.callback.answer import is_ok
from kavle.south.callback.url import callback_url

SETTINGS = NumberSettings("http://www.example.com/smscallback.php", delivered=False)
MANUAL = LeasedCallback(
    lease=CallbackLease(1, 1, 1, 1),
    account_id=1,
    host="www.example.com:80",
    sender="4673222222",
    text="testmeddelande",
    recipient="4673XXXXXXXXXXX",
    received_at=datetime(2026, 1, 1, 12, 0, 0, 900_000, tzinfo=UTC),
    settings=SETTINGS,
)


def called(text: str = MANUAL.text, sender: str = MANUAL.sender, **settings: Any) -> str:
    how = msgspec.structs.replace(SETTINGS, **settings)
    return callback_url(msgspec.structs.replace(MANUAL, text=text, sender=sender, settings=how), 1000)


def query(text: str = MANUAL.text, sender: str = MANUAL.sender, **settings: Any) -> str:
    return called(text, sender, **settings).split("?", 1)[1]


# --- the URL ----------------------------------------------------------------------------------------------


def test_the_manuals_example_letter_by_letter() -> None:
    assert callback_url(MANUAL, 123456789) == (
        "http://www.example.com/smscallback.php?incsmsid=123456789&sender=4673222222&text=testmeddelande"
        "&to=4673XXXXXXXXXXX"
    )


def test_when_it_came_follows_in_whole_seconds() -> None:
    assert called(delivered=True).endswith("&to=4673XXXXXXXXXXX&delivered=1767268800")


@pytest.mark.parametrize(
    ("url", "beginning"),
    [
        ("http://www.example.com/smscallback.php?someparam=somevalue", "?someparam=somevalue&incsmsid="),
        ("http://www.example.com/cb?a=1&b=%E5&", "/cb?a=1&b=%E5&incsmsid="),
        ("http://www.example.com/cb?", "/cb?incsmsid="),
        ("http://www.example.com", "http://www.example.com/?incsmsid="),
        ("http://www.example.com?a=b", "http://www.example.com/?a=b&incsmsid="),
        ("https://www.example.com:8443/cb?a=b#top", "https://www.example.com:8443/cb?a=b&incsmsid="),
        ("http://www.example.com/a%2Fb;c?text=mine", "/a%2Fb;c?text=mine&incsmsid="),
    ],
)
def test_the_customers_own_query_string_is_kept(url: str, beginning: str) -> None:
    made = called(callback=url)
    assert beginning in made
    assert "#" not in made


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("Räksmörgås på ö", "R%E4ksm%F6rg%E5s%20p%E5%20%F6"),
        ("a+b&c=d%20/~._-", "a%2Bb%26c%3Dd%2520%2F~._-"),
        ("två\nrader", "tv%E5%0Arader"),
        ("5 € – “ja”", "5%20%80%20%96%20%93ja%94"),
    ],
)
def test_a_text_is_iso_8859_1_or_else_windows_1252(text: str, escaped: str) -> None:
    assert query(text=text) == f"incsmsid=1000&sender=4673222222&text={escaped}&to=4673XXXXXXXXXXX"


def test_what_fits_neither_is_utf_8_and_says_so() -> None:
    assert query(text="å 😀") == (
        "incsmsid=1000&sender=4673222222&text=%C3%A5%20%F0%9F%98%80&to=4673XXXXXXXXXXX&charset=utf-8"
    )
    assert query(text="å", sender="Ωmega").startswith("incsmsid=1000&sender=%CE%A9mega&text=%C3%A5&")


def test_a_number_may_be_set_to_utf_8_and_is_not_told() -> None:
    assert query(text="å", charset="utf-8") == (
        "incsmsid=1000&sender=4673222222&text=%C3%A5&to=4673XXXXXXXXXXX"
    )


@given(text=st.text(), sender=st.text(max_size=11))
def test_a_receiver_reads_what_the_phone_wrote(text: str, sender: str) -> None:
    told = query(text=text, sender=sender)
    assert told.isascii()
    fields = dict(field.split("=", 1) for field in told.split("&"))
    assert list(fields)[:4] == ["incsmsid", "sender", "text", "to"]
    read = {key: unquote_to_bytes(value) for key, value in fields.items()}
    charsets = ["utf-8"] if "charset" in fields else ["iso-8859-1", "windows-1252"]
    whole = [one.encode("utf-8", "replace").decode() for one in (text, sender)]
    assert any(
        [read["text"].decode(charset, "replace"), read["sender"].decode(charset, "replace")] == whole
        for charset in charsets
    )


FILES = (
    FileLine("bild.jpg", "image/jpeg", "<a&b>", 12_345),
    FileLine("text.txt", "text/plain; charset=utf-8", "", 5),
)
MMS = IncomingMmsLine("Hälsning från €", "Advertisement", "High", "6.8.0", FILES)


def test_an_mms_has_parameters_of_its_own() -> None:
    call = msgspec.structs.replace(MANUAL, mms=MMS, text=MMS.subject, recipient="46737494123")
    assert callback_url(call, 1234).partition("?")[2].split("&") == [
        "mmsid=1234",
        "subject=H%E4lsning%20fr%E5n%20%80",
        "from=4673222222",
        "to=46737494123",
        "time=1767268800",
        "mmsversion=6.8.0",
        "messageclass=1",
        "priority=2",
        "filecount=2",
        "file%5B0%5D=bild.jpg",
        "filecontent%5B0%5D=image%2Fjpeg",
        "filecontentid%5B0%5D=%3Ca%26b%3E",
        "filesize%5B0%5D=12345",
        "file%5B1%5D=text.txt",
        "filecontent%5B1%5D=text%2Fplain",
        "filecontentid%5B1%5D=",
        "filesize%5B1%5D=5",
    ]


def test_an_mms_without_words_is_personal_and_of_normal_priority() -> None:
    bare = callback_url(msgspec.structs.replace(MANUAL, text="", mms=IncomingMmsLine("", "", "x", "", ())), 7)
    assert "&messageclass=0&priority=1&filecount=0" in bare


def test_an_mms_has_an_address_of_its_own_where_the_number_says_so() -> None:
    how = msgspec.structs.replace(SETTINGS, mms_callback="https://mms.example.com/in?a=b")
    sms = msgspec.structs.replace(MANUAL, settings=how)
    assert callback_url(sms, 7).startswith("http://www.example.com/smscallback.php?incsmsid=7&")
    mms = msgspec.structs.replace(sms, mms=MMS)
    assert callback_url(mms, 7).startswith("https://mms.example.com/in?a=b&mmsid=7&")
    same = msgspec.structs.replace(MANUAL, mms=MMS)
    assert callback_url(same, 7).startswith("http://www.example.com/smscallback.php?mmsid=7&")


def test_one_that_latin_1_can_not_say_goes_as_utf_8_whole() -> None:
    file = FileLine("bild.jpg", "image/jpeg", "日本", 1)
    mms = IncomingMmsLine("å", "", "", "", (file,))
    url = callback_url(msgspec.structs.replace(MANUAL, text="å", mms=mms), 7)
    assert "subject=%C3%A5&" in url
    assert url.endswith("&charset=utf-8")


# --- the answer -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"OK",
        b"OK\n",
        b"\r\n OK \t\r\n",
        b"\xef\xbb\xbfOK",
        b"\xef\xbb\xbf\n\xef\xbb\xbfOK\n",
        "OK".encode("utf-16"),
    ],
)
@pytest.mark.parametrize("status", [200, 201, 299])
def test_ok(status: int, body: bytes) -> None:
    assert is_ok(status, body)


@pytest.mark.parametrize(
    "body",
    [b"", b"ok", b"Ok", b"OK<br>", b"OK.", b"O K", b"OKOK", b'"OK"', b"<html>OK</html>", b"\xa0OK", b"OK\0",
     b"\xff\xfeO", b"OK" + b" " * 2000],
)  # fmt: skip
def test_not_ok(body: bytes) -> None:
    assert not is_ok(200, body)


@pytest.mark.parametrize("status", [100, 199, 300, 302, 404, 500])
def test_ok_with_another_status_is_not(status: int) -> None:
    assert not is_ok(status, b"OK")


# --- addresses --------------------------------------------------------------------------------------------

GLOBAL = ["1.1.1.1", "192.0.1.1", "172.32.0.1", "2a00:1450:400f:80c::200e", "::ffff:1.1.1.1",
          "64:ff9b::101:101", "2002:101:101::1", "198.20.0.1", "223.255.255.1"]  # fmt: skip
PRIVATE = ["10.0.0.5", "172.31.255.1", "192.168.1.1", "100.64.0.1", "::ffff:10.0.0.5", "fd12::5"]
NEVER_BY_CHANCE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "::1", "::", "::ffff:127.0.0.1", "::ffff:0.0.0.0",
    "169.254.169.254", "169.254.1.1", "::ffff:169.254.169.254", "fe80::1", "fe80::1%eth0", "168.63.129.16",
    "100.100.100.200", "fd00:ec2::254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::1",
    "2002:a9fe:a9fe::1", "::127.0.0.1", "::ffff:168.63.129.16",
]  # fmt: skip
NOBODYS = ["192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "2001:db8::1", "ff02::1",
           "2001::1", "64:ff9b:1::1", "100::1", "fec0::1", "2002:a00:5::1", "64:ff9b::a00:5"]  # fmt: skip

NOTHING = Allowed()
EVERYTHING = Allowed(["0.0.0.0/0", "::/0"])


@pytest.mark.parametrize("address", GLOBAL)
def test_a_global_address_is_for_all(address: str) -> None:
    assert NOTHING.refusal(address, private=False) is None
    assert NOTHING.refusal(address, private=True) is None


@pytest.mark.parametrize("address", [*PRIVATE, *NEVER_BY_CHANCE, *NOBODYS])
def test_what_a_customer_set_leads_nowhere_else(address: str) -> None:
    assert EVERYTHING.refusal(address, private=False)


@pytest.mark.parametrize("address", PRIVATE)
def test_what_the_operator_set_may_lead_to_networks_that_are_listed(address: str) -> None:
    assert NOTHING.refusal(address, private=True)
    allowed = Allowed(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fd00::/8"])
    assert allowed.refusal(address, private=True) is None
    assert Allowed(["203.0.113.0/24"]).refusal(address, private=True)


@pytest.mark.parametrize("address", NEVER_BY_CHANCE)
def test_loopback_link_local_and_metadata_need_an_entry_of_their_own(address: str) -> None:
    refusal = EVERYTHING.refusal(address, private=True)
    assert refusal is not None
    assert "callbacks.allow" in str(refusal)


@pytest.mark.parametrize(
    ("entry", "address", "open"),
    [
        ("127.0.0.0/8", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "::ffff:127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("::1", "::1", True),
        ("169.254.0.0/16", "169.254.1.1", True),
        ("169.254.0.0/16", "169.254.169.254", False),
        ("169.254.169.254", "169.254.169.254", True),
        ("fd00::/8", "fd00:ec2::254", False),
        ("fe80::/64", "fe80::1%eth0", True),
        ("127.0.0.0/8", "2002:7f00:1::1", True),
    ],
)
def test_such_an_entry_opens_it_and_no_more(entry: str, address: str, open: bool) -> None:
    assert (Allowed([entry]).refusal(address, private=True) is None) is open


def test_this_machines_own_addresses_need_one_too() -> None:
    for address in ("1.1.1.1", "10.0.0.5", "2a00:1450::1"):
        assert EVERYTHING.refusal(address, private=True, here=True)
        assert EVERYTHING.refusal(address, private=False, here=True)
        assert Allowed([address]).refusal(address, private=True, here=True) is None
    assert Allowed(["127.0.0.0/8"]).refusal("127.0.0.1", private=True, here=True) is None


@pytest.mark.parametrize("address", ["localhost", "", "1.1.1", "0x7f.1", "2130706433", "1.1.1.1 "])
def test_what_is_no_numeric_address_is_never_dialled(address: str) -> None:
    assert EVERYTHING.refusal(address, private=True)


@given(st.ip_addresses())
def test_what_a_customer_may_reach_python_calls_global_too(address: object) -> None:
    if NOTHING.refusal(str(address), private=False) is None:
        assert not address.is_private or str(address).startswith(("2002:", "64:ff9b::", "::ffff:"))  # type: ignore[attr-defined]
