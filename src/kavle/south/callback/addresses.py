"""Which addresses may be dialled: pure. What is global is told by our own table, which is the same on every
Python, of IANA's registries of special-purpose addresses (RFC 6890, RFC 8190; as of 2026-01)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from kavle.model.why import Why, why

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(map(ip_network, texts))


_NOT_GLOBAL: Final = _networks(
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",  # 6to4's relays, given up by RFC 7526
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "2001::/23",  # Teredo, ORCHID and all else that the IETF keeps
    "2001:db8::/32",
    "3fff::/20",
)
_GLOBAL_V6: Final = _networks("2000::/3")[0]  # all else of IPv6 is special or nobody's (RFC 4291 §2.4)
_NAT64: Final = _networks("64:ff9b::/96")[0]  # RFC 6052 §2.1
_COMPATIBLE: Final = _networks("::/96")[0]  # RFC 4291 §2.5.5.1

_OWN_ENTRY: Final = _networks(
    "0.0.0.0/8",  # to Linux, this machine
    "127.0.0.0/8",
    "::/127",  # unspecified and loopback
    "169.254.0.0/16",
    "fe80::/10",
    # Where clouds tell a machine its secrets; some of them look private, or global.
    "169.254.169.254/32",
    "169.254.170.2/32",
    "100.100.100.200/32",
    "168.63.129.16/32",
    "192.0.0.192/32",
    "fd00:ec2::254/128",
    "fd20:ce::254/128",
)
"""A wider entry in the list does not open these: whoever allows 0.0.0.0/0 has not thought of them."""


class Allowed:
    """The networks of `[callbacks] allow`."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        """Raises ValueError for what is no address or network."""
        self._networks: Sequence[Network] = [ip_network(network) for network in networks]

    def refusal(self, text: str, *, private: bool, here: bool = False) -> Why | None:
        """Why `text`, a numeric address as it is about to be dialled, may not be; None: it may. `private`:
        one in the list may be, else only a global one. `here`: it is this machine's own."""
        try:
            address = ip_address(text)
        except ValueError:
            return why("no numeric address")
        for one in _meant(address):
            if problem := self._refusal(one, private, here):
                return why("{address} {problem}", address=str(address), problem=problem)
        return None

    def _refusal(self, address: Address, private: bool, here: bool) -> Why | None:
        closed = _closest(address, _OWN_ENTRY) or (ip_network(address) if here else None)
        if closed is None and _is_global(address):
            return None
        if not private:
            return why("is this machine's own") if here else why("is not a global address")
        holding = [network for network in self._networks if address in network]
        if closed is not None:
            if any(_inside(network, closed) for network in holding):
                return None
            return why("needs an entry of its own in callbacks.allow, such as {entry}", entry=str(closed))
        if holding:
            return None
        return why("is not a global address, and no network of callbacks.allow holds it")


def _meant(address: Address) -> Iterator[Address]:
    """The addresses that a packet to this one may come to: with an IPv4 address inside, that one, too."""
    if not isinstance(address, IPv6Address):
        yield address
        return
    if (mapped := address.ipv4_mapped) is not None:  # the kernel dials IPv4
        yield mapped
        return
    inner = _inner(address)
    if inner is not None:
        yield inner
    if inner is None or address not in _NAT64:
        yield IPv6Address(int(address))  # without its scope


def _inner(address: IPv6Address) -> IPv4Address | None:
    if address.sixtofour is not None:  # RFC 3056
        return address.sixtofour
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _is_global(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _GLOBAL_V6:
        return False
    return not any(address in network for network in _NOT_GLOBAL)


def _closest(address: Address, networks: Sequence[Network]) -> Network | None:
    holding = [network for network in networks if address in network]
    return max(holding, key=lambda network: network.prefixlen, default=None)


def _inside(network: Network, other: Network) -> bool:
    if isinstance(network, IPv4Network):
        return isinstance(other, IPv4Network) and network.subnet_of(other)
    return isinstance(other, IPv6Network) and network.subnet_of(other)
