"""Which addresses can be called, and what makes two of them one receiver's."""

from __future__ import annotations

import pytest

from kavle.model.callback_url import callback_host, check_callback_url, veiled_url


@pytest.mark.parametrize(
    "url",
    [
        "http://www.example.com/smscallback.php",
        "https://www.example.com:8443/smscallback.php?someparam=somevalue",
        "HTTP://10.0.0.5",
        "http://[2001:db8::1]/cb",
        "http://user:password@example.com/",
    ],
)
def test_an_address_that_can_be_called(url: str) -> None:
    assert check_callback_url(url) == url


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "http://"),
        ("www.example.com/cb", "http://"),
        ("ftp://www.example.com/cb", "http://"),
        ("file:///etc/passwd", "http://"),
        ("http:///cb", "a host"),
        ("http://www.exämple.com/", "xn--"),
        ("http://www.example.com/c b", "spaces"),
        ("http://www.example.com/\n", "spaces"),
        ("http://www.example.com:99999/", "ort"),
        ("http://www.example.com:0/", "port"),
        ("http://[::1/", "IPv6"),
        ("http://www.example.com/" + "a" * 2000, "2000"),
    ],
)
def test_what_can_not_be_called(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        check_callback_url(url)


def test_a_receiver_is_a_host_and_a_port() -> None:
    assert callback_host("http://WWW.example.com/a?b=c") == callback_host("http://www.example.com:80/")
    assert callback_host("https://www.example.com/") == "www.example.com:443"
    assert callback_host("http://[2001:db8::1]:81/") == "2001:db8::1:81"


@pytest.mark.parametrize(
    ("url", "veiled"),
    [
        ("https://example.com/in", "https://example.com/in"),
        ("https://example.com:81/in?password=hush&x=&flag", "https://example.com:81/in?password=•••&x=&flag"),
        ("http://anna:hush@example.com/?a=b=hush", "http://anna:•••@example.com/?a=•••"),
        ("http://anna@[2001:db8::1]/", "http://anna@[2001:db8::1]/"),
    ],
)
def test_what_may_be_a_password_is_veiled(url: str, veiled: str) -> None:
    assert veiled_url(url) == veiled
