"""Addresses of several servers: each alone, as libpq reads them."""

from __future__ import annotations

import pytest

from kavle.store.postgres.address import servers

ALONE = [
    "postgresql://kavle@db/sms",
    "postgresql:///sms",
    "postgres://kavle:a%2Cb@db:5433/sms?sslmode=verify-full",
    "postgresql://kavle@/sms?host=/run/postgresql",
]


@pytest.mark.parametrize("url", ALONE)
def test_one_server_is_itself(url: str) -> None:
    assert servers(url) == [url]


@pytest.mark.parametrize(
    ("url", "each"),
    [
        (
            "postgresql://kavle:pw@one,two:5433/sms?sslmode=require",
            [
                "postgresql://kavle:pw@one/sms?sslmode=require",
                "postgresql://kavle:pw@two:5433/sms?sslmode=require",
            ],
        ),
        ("postgresql://one,two/sms", ["postgresql://one/sms", "postgresql://two/sms"]),
        (
            "postgresql://k@[::1]:5432,[::2]:5433,three/sms",
            ["postgresql://k@[::1]:5432/sms", "postgresql://k@[::2]:5433/sms", "postgresql://k@three/sms"],
        ),
        (
            "postgresql://k@/sms?host=/run/a,/run/b",
            ["postgresql://k@/sms?host=%2Frun%2Fa", "postgresql://k@/sms?host=%2Frun%2Fb"],
        ),
        (
            "postgresql://k@/sms?host=one,two&port=5432,5433",
            ["postgresql://k@/sms?host=one&port=5432", "postgresql://k@/sms?host=two&port=5433"],
        ),
        (
            "postgresql://k@/sms?host=one,two&port=6432",
            ["postgresql://k@/sms?host=one&port=6432", "postgresql://k@/sms?host=two&port=6432"],
        ),
    ],
)
def test_several_are_told_apart(url: str, each: list[str]) -> None:
    assert servers(url) == each


def test_as_many_ports_as_hosts() -> None:
    with pytest.raises(ValueError, match="3 hosts and 2 ports"):
        servers("postgresql://k@/sms?host=a,b,c&port=1,2")
