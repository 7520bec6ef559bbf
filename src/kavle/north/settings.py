"""The `[http]` table."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from kavle.model.description import Language
from kavle.settings import WrongValue

Port = Annotated[int, Meta(ge=0, le=65535)]
Bytes = Annotated[int, Meta(ge=1024)]
Seconds = Annotated[float, Meta(gt=0)]


class ListenerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One address to listen at, by plain HTTP or behind TLS, and whom it serves."""

    host: str
    port: Port
    tls: Literal["modern", "legacy"] | None = None
    certificate: str = ""  # a file, PEM: the certificate, and those that lead to its issuer behind it
    key: str = ""  # a file, PEM; empty: it is in the certificate's
    accounts: tuple[str, ...] = ()  # that may log in here; none: all
    addresses: tuple[str, ...] = ()  # addresses or networks that may connect; none: all
    metrics: bool = False  # /metrics is here, too: it asks nobody who he is

    def __post_init__(self) -> None:
        if self.tls and not self.certificate:
            raise WrongValue("certificate", "TLS needs one: name the file that holds it, and its key by key")
        if not self.tls and (self.certificate or self.key):
            raise WrongValue("tls", 'a certificate is for TLS: say "modern", or "legacy" for old clients')
        for address in self.addresses:
            try:
                ip_network(address)
            except ValueError as error:
                raise WrongValue("addresses", str(error)) from error


class Locale(msgspec.Struct, frozen=True):
    """How people are told things."""

    language: Language = "en"
    zone: ZoneInfo = ZoneInfo("Europe/Stockholm")


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where we listen, as whom we are known, and how much time and memory a client gets."""

    host: str = "127.0.0.1"
    port: Port = 8080  # 0: one that is free
    processes: Annotated[int, Meta(ge=0, le=64)] = 0  # that let customers in; 0: the one that does all
    listener: list[ListenerSettings] = []  # more of them
    public_url: str = (
        ""  # what the WSDL tells clients whose Host is none of `hosts`, as "https://sms.example.com"
    )
    hosts: tuple[str, ...] = ()  # the host names that we are known by
    trusted_proxies: tuple[str, ...] = ()  # addresses or networks whose X-Forwarded headers count
    namespace: str = "http://tempuri.org/"  # of the WSDL; requests may come in any
    forms: bool = True  # on the pages of the web services, to call an operation by
    status_from_own_addresses: bool = False  # else whoever knows an id may ask for its status
    connections: Annotated[int, Meta(ge=1)] = 800  # below the usual 1,024 open files
    head_bytes: Bytes = 64 * 1024
    body_bytes: Bytes = 4 * 1024 * 1024
    head_seconds: Seconds = 10.0
    body_seconds: Seconds = 60.0
    idle_seconds: Seconds = 60.0
    answer_seconds: Seconds = 60.0
    stop_seconds: Seconds = 10.0
    phones: str = (
        ""  # the HTTP face of a simulated network, as "http://127.0.0.1:8090"; its phones are at /phones
    )

    def __post_init__(self) -> None:
        url = urlsplit(self.public_url)
        if self.public_url and (url.scheme not in ("http", "https") or not url.netloc):
            raise ValueError("public_url: expected an address such as https://sms.example.com")
        if self.phones and not is_on_loopback(self.phones):
            raise ValueError(
                "phones: expected the address of a network on this machine: http://127.0.0.1:8090"
            )
        for network in self.trusted_proxies:
            ip_network(network)

    def listeners(self) -> list[tuple[str, ListenerSettings]]:
        """All of them, each with what the settings call it: `host` and `port`, and those of `listener`."""
        first = ListenerSettings(host=self.host, port=self.port, metrics=True)
        return [("http", first), *((f"http.listener[{at}]", one) for at, one in enumerate(self.listener))]


def is_on_loopback(url: str) -> bool:
    """Whether it is plain HTTP to a port of this machine's."""
    try:
        parts = urlsplit(url)
        return (
            parts.scheme == "http" and parts.hostname == "127.0.0.1" and bool(parts.port) and not parts.path
        )
    except ValueError:
        return False
