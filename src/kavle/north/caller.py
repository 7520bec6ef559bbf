"""Who calls, and by which address they know us: through a reverse proxy both stand in forwarded headers."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Final

import msgspec

from kavle.north.addresses import Network, parsed, within
from kavle.north.http import Scope, header, headers
from kavle.north.settings import HttpSettings
from kavle.north.throttle import network_of

_MOST_HOPS: Final = 16


class Admission(msgspec.Struct, frozen=True):
    """Whom a listener serves; a scope's `listener` is that of the one that took the connection."""

    networks: tuple[Network, ...] = ()  # that may connect to it; none: all
    accounts: frozenset[str] = frozenset()  # that may log in by it; none: all
    metrics: bool = False  # whoever asks by it is told what is counted

    def serves(self, address: str) -> bool:
        """Whether that address, the connection's own and no forwarded one, may connect."""
        return not self.networks or within(address, self.networks)


class Caller(msgspec.Struct, frozen=True):
    """Where a call comes from: the client's IP address, and the listener that it came by."""

    address: str
    by: Admission = Admission()

    def may_be(self, account: str) -> bool:
        return not self.by.accounts or account in self.by.accounts

    @property
    def may_be_operator(self) -> bool:
        return not self.by.accounts


class Callers:
    """Reads forwarded headers of trusted proxies, and of nobody else."""

    def __init__(self, settings: HttpSettings) -> None:
        self._proxies = [ip_network(network) for network in settings.trusted_proxies]
        self._hosts = {host.lower() for host in settings.hosts}
        self._public_url = settings.public_url.rstrip("/")

    def caller(self, scope: Scope) -> Caller:
        return Caller(self._address(scope), scope["listener"])

    def network(self, scope: Scope) -> str:
        """Who shares what there is with nobody else."""
        return network_of(self._address(scope))

    def _address(self, scope: Scope) -> str:
        """The client's IP address: the nearest one that is no trusted proxy's."""
        peer = _peer(scope)
        if not self._proxies or not self._trusted(peer):
            return peer
        forwarded = b",".join(headers(scope, b"x-forwarded-for")).decode("latin-1")
        for hop in reversed(forwarded.split(",")[-_MOST_HOPS:]):
            if parsed(hop.strip()) is None:
                break
            peer = hop.strip()
            if not self._trusted(peer):
                break
        return peer

    def url(self, scope: Scope) -> str:
        """Of the resource that was asked for: as the client wrote it if that host is ours, else under
        `public_url`, else at the address that took the connection."""
        scheme, host = self._scheme(scope), header(scope, b"host") or b""
        if self._trusted(_peer(scope)):
            host = header(scope, b"x-forwarded-host") or host
        authority = host.decode("latin-1").lower()
        if _host(authority) in self._hosts:
            return f"{scheme}://{authority}{scope['path']}"
        return (self._public_url or _own(scope)) + str(scope["path"])

    def secure(self, scope: Scope) -> bool:
        """Whether the client speaks TLS, to us or to a proxy before us."""
        return self._scheme(scope) == "https"

    def _scheme(self, scope: Scope) -> str:
        behind_tls = self._trusted(_peer(scope)) and header(scope, b"x-forwarded-proto") == b"https"
        return "https" if behind_tls else str(scope["scheme"])

    def _trusted(self, address: str) -> bool:
        return within(address, self._proxies)


def _peer(scope: Scope) -> str:
    return scope["client"][0] if scope["client"] else ""


def _host(authority: str) -> str:
    """The host of `host:port`; an IPv6 address keeps its brackets."""
    host, colon, port = authority.rpartition(":")
    return host if colon and port.isascii() and port.isdigit() else authority


def _own(scope: Scope) -> str:
    host, port = scope["server"]
    bracketed = f"[{host}]" if ":" in host else host
    return f"{scope['scheme']}://{bracketed}:{port}"
