"""Where the address that is really dialled is looked at: whatever name led to it, whatever that resolved to
before."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from kavle.model.why import Why
from kavle.south.callback.addresses import Allowed
from kavle.south.callback.names import AddressInfo


class NotDialled(PermissionError):
    """An address that may not be."""

    def __init__(self, reason: Why) -> None:
        super().__init__(str(reason))
        self.why = reason


def guarded(allowed: Allowed, *, private: bool) -> Callable[[AddressInfo], socket.socket]:
    """A maker of sockets for exactly the address that each is to be connected to. It raises NotDialled
    for one that may not be."""

    def make(info: AddressInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        refusal = allowed.refusal(address[0], private=private, here=_is_ours(family, address))
        if refusal is not None:
            raise NotDialled(refusal)
        return socket.socket(family, kind, protocol)

    return make


def refusal_of(url: str, allowed: Allowed) -> str:
    """Why a callback URL that the operator sets could not be called as things are; empty: nothing forbids it,
    or its name has no address just now."""
    host = urlsplit(url).hostname
    make = guarded(allowed, private=True)
    try:
        for info in socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM):
            with closing(make(info)):
                return ""  # one that may be called will do
    except NotDialled as error:
        return str(error)
    except (OSError, UnicodeError):
        pass
    return ""


def _is_ours(family: int, address: tuple[Any, ...]) -> bool:
    """Whether it is this machine's own, by the way that the kernel would take. Nothing is sent."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(address)
            return bool(probe.getsockname()[0] == probe.getpeername()[0])
    except OSError:
        return False  # no way there: nor will the real one find it
