"""When a callback is due again, and which addresses can be called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kavle.model.callback import Schedule, check_callback_url

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_ten_tries_thirty_minutes_apart() -> None:
    schedule, at, tries = Schedule(), NOON, 1
    while (again := schedule.again(tries, at)) is not None:
        assert again - at == timedelta(minutes=30)
        at, tries = again, tries + 1
    assert tries == 10
    assert at == NOON + timedelta(hours=4, minutes=30)


def test_one_try_is_the_last() -> None:
    assert Schedule(tries=1).again(1, NOON) is None


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
