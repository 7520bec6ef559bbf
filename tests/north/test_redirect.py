"""Where Ok and Error may lead, and how the answer is brought there."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.model.errors import Reason, Refusal
from kavle.north.redirect import destination, with_answer

BROUGHT = {
    "an address that ends in =": ("http://a.se/x?id=", "http://a.se/x?id=1000"),
    "another parameter there": ("http://a.se/x?a=1&id=", "http://a.se/x?a=1&id=1000"),
    "an = at the end of the path": ("http://a.se/x=", "http://a.se/x=1000"),
    "an = at the end of the fragment": ("http://a.se/x#id=", "http://a.se/x#id=1000"),
    "no query": ("http://a.se/x", "http://a.se/x?smsid=1000"),
    "no path": ("http://a.se", "http://a.se?smsid=1000"),
    "a query": ("http://a.se/x?a=1", "http://a.se/x?a=1&smsid=1000"),
    "an empty query": ("http://a.se/x?", "http://a.se/x?smsid=1000"),
    "a query that ends in &": ("http://a.se/x?a=1&", "http://a.se/x?a=1&smsid=1000"),
    "a fragment": ("http://a.se/x#top", "http://a.se/x?smsid=1000#top"),
    "a query and a fragment": ("http://a.se/x?a=1#top", "http://a.se/x?a=1&smsid=1000#top"),
    "a question mark in the fragment": ("http://a.se/x#a?b", "http://a.se/x?smsid=1000#a?b"),
    "an = before a fragment": ("http://a.se/x?id=#top", "http://a.se/x?id=&smsid=1000#top"),
}


@pytest.mark.parametrize(("address", "brought"), BROUGHT.values(), ids=BROUGHT)
def test_where_the_answer_stands(address: str, brought: str) -> None:
    assert destination(address, ()) == address
    assert with_answer(address, "smsid", "1000") == brought


TAKEN = {
    " https://a.se/x ": "https://a.se/x",
    "HTTP://WWW.A.se/X": "http://www.a.se/X",
    "http://a.se:8080/x": "http://a.se:8080/x",
    "http://192.0.2.1/": "http://192.0.2.1/",
    "http://[2001:db8::1]:80/": "http://[2001:db8::1]:80/",
    "http://a_b.se/": "http://a_b.se/",
    "http://å.se/ö?ä=1": "http://xn--5ca.se/%C3%B6?%C3%A4=1",
    "http://a.se/a b?c=%20%e5": "http://a.se/a%20b?c=%20%e5",
    'http://a.se/"<>\\^`{|}': "http://a.se/%22%3C%3E%5C%5E%60%7B%7C%7D",
}


@pytest.mark.parametrize(("written", "address"), TAKEN.items(), ids=TAKEN)
def test_an_address_as_a_header_takes_it(written: str, address: str) -> None:
    assert destination(written, ()) == address


REFUSED = [
    "/sent",
    "//a.se/",
    "a.se/x",
    "ftp://a.se/",
    "javascript:alert(1)",
    "data:text/html,x",
    "http:",
    "http:///x",
    "http:a.se",
    "http:\\\\a.se",
    "http://user@a.se/",
    "http://user:pass@a.se/",
    "http://@a.se/",
    "http://b.se\\@a.se/",
    "http://a.se\\.b.se/",
    "http://a.se:99999/",
    "http://a.se:x/",
    "http://a..se/",
    "http://[::1/",
    "http://[v1.x]/",
    "http://a%2ese/",
    "http://a b/",
    "http://a.se/\r\nSet-Cookie: a=b",
    "http://a.se/\0",
    "http://a.se/\x7f",
    "http://a.se/\x85",
    "http://a.se/" + "x" * 2048,
    "http://" + "å" * 64 + ".se/",
    "http://a.se\uff0fb.se/",
]


@pytest.mark.parametrize("written", REFUSED)
def test_what_is_no_plain_address(written: str) -> None:
    with pytest.raises(Refusal) as refused:
        destination(written, ())
    assert refused.value.reason is Reason.PARAMETER


HOSTS = ("www.a.se", "å.SE")


@pytest.mark.parametrize("host", ["www.a.se", "WWW.A.SE", "www.a.se:8080", "å.se", "xn--5ca.se"])
def test_a_host_that_the_account_allows(host: str) -> None:
    assert destination(f"http://{host}/", HOSTS)


@pytest.mark.parametrize("host", ["a.se", "b.www.a.se", "www.a.se.b.se", "www.a.se.", "xwww.a.se"])
def test_a_host_that_it_does_not_allow(host: str) -> None:
    with pytest.raises(Refusal):
        destination(f"http://{host}/", HOSTS)


written = st.one_of(st.text(), st.text(st.sampled_from("htps:/\\@?#[]%&=.ae1 å\r\n")).map("http://".__add__))


@given(written, st.sampled_from(["", "www.a.se"]))
def test_whatever_is_written_leads_to_an_allowed_host_or_nowhere(address: str, allowed: str) -> None:
    try:
        header = destination(address, (allowed,) if allowed else ())
    except Refusal:
        return
    assert header.isascii()
    assert header.isprintable()
    assert " " not in header
    assert "\\" not in header
    parts = urlsplit(header)
    assert parts.scheme in ("http", "https")
    assert "@" not in parts.netloc
    assert parts.hostname
    assert not allowed or parts.hostname == allowed
    assert destination(header, ()) == header


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["1", "å"]))), st.sampled_from(["", "#top"])
)
def test_what_was_in_the_address_stays_in_it(query: list[tuple[str, str]], fragment: str) -> None:
    asked = "&".join(f"{key}={value}" for key, value in query)
    address = destination(f"https://a.se/x{'?' if asked else ''}{asked}{fragment}", ())
    brought = urlsplit(with_answer(address, "status", "101"))
    assert parse_qsl(brought.query) == [*query, ("status", "101")]
    assert brought.fragment == fragment[1:]
