"""Where the address that is really dialled is looked at: whatever name led to it, whatever that resolved to
before."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from kavle.south.callback.addresses import Allowed
from kavle.south.callback.names import AddressInfo


def guarded(allowed: Allowed, *, private: bool) -> Callable[[AddressInfo], socket.socket]:
    """A maker of sockets for exactly the address that each is to be connected to. It raises PermissionError
    for one that may not be."""

    def make(info: AddressInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        refusal = allowed.refusal(address[0], private=private, here=_is_ours(family, address))
        if refusal is not None:
            raise PermissionError(refusal)
        return socket.socket(family, kind, protocol)

    return make


def _is_ours(family: int, address: tuple[Any, ...]) -> bool:
    """Whether it is this machine's own, by the way that the kernel would take. Nothing is sent."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(address)
            return bool(probe.getsockname()[0] == probe.getpeername()[0])
    except OSError:
        return False  # no way there: nor will the real one find it
