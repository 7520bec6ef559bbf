"""A database's address, which may name several servers: those of which one at a time takes writes."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def servers(url: str) -> list[str]:
    """The address of each server alone, in their order, as libpq reads them: `//user@one:5432,two/name`, or
    `//user@/name?host=/run/a,/run/b&port=5432,5433`. Raises ValueError where hosts and ports don't match."""
    if "," not in url:
        return [url]
    parts = urlsplit(url)
    login, at, hosts = parts.netloc.rpartition("@")
    query = parse_qsl(parts.query, keep_blank_values=True)
    if hosts:
        ports = _each(query, "port", len(hosts.split(",")))
        return [
            urlunsplit(parts._replace(netloc=f"{login}{at}{host}", query=_query(query, port=port)))
            for host, port in zip(hosts.split(","), ports, strict=True)
        ]
    named = dict(query).get("host", "")
    ports = _each(query, "port", len(named.split(",")))
    return [
        urlunsplit(parts._replace(query=_query(query, host=host, port=port)))
        for host, port in zip(named.split(","), ports, strict=True)
    ]


def _each(query: Sequence[tuple[str, str]], key: str, count: int) -> list[str]:
    """One value for each server, or the same for all."""
    values = dict(query).get(key, "").split(",")
    if len(values) == 1:
        return values * count
    if len(values) != count:
        raise ValueError(f"{count} hosts and {len(values)} ports")
    return values


def _query(query: Sequence[tuple[str, str]], **one: str) -> str:
    """With these instead of theirs."""
    return urlencode([(key, one.get(key, value)) for key, value in query])
