"""Clients old and new, and certificates of localhost until 2125: `rsa`, `ec`, and `weak` of 1,024 bits and
SHA-1."""

from __future__ import annotations

import ssl
import warnings
from pathlib import Path
from typing import Any, Literal

from kavle.north.settings import ListenerSettings

CERTIFICATES = Path(__file__).parent / "certificates"


def listener(tls: Literal["modern", "legacy"], name: str = "rsa", **fields: Any) -> ListenerSettings:
    files = {"certificate": f"{CERTIFICATES / name}.pem", "key": f"{CERTIFICATES / name}.key"}
    return ListenerSettings(host="127.0.0.1", port=0, tls=tls, **{**files, **fields})


def trusting(name: str = "rsa") -> ssl.SSLContext:
    """A client of today that trusts this certificate alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(CERTIFICATES / f"{name}.pem")
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.check_hostname = False
    return context


def speaking(version: ssl.TLSVersion, ciphers: str = "ALL") -> ssl.SSLContext:
    """A client that knows this version alone, trusts anybody, and takes any key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    with warnings.catch_warnings():  # that it is out of date is what it is for
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    return context


def server_context(name: str = "rsa") -> ssl.SSLContext:
    """A server of today with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{name}.pem", CERTIFICATES / f"{name}.key")
    return context
