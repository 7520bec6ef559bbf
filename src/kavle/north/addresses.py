"""IP addresses as connections have them, within networks as settings name them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def parsed(address: str) -> IPv4Address | IPv6Address | None:
    """None for what is no address. An IPv4 address in IPv6's clothes (RFC 4291 §2.5.5.2) is an IPv4 one."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def is_loopback(address: str) -> bool:
    found = parsed(address)
    return found is not None and found.is_loopback


def within(address: str, networks: Sequence[Network]) -> bool:
    found = parsed(address)
    return found is not None and any(found in network for network in networks)


@lru_cache(maxsize=16_384)  # the same customers come from the same addresses
def admits(addresses: tuple[str, ...], address: str) -> bool:
    """Whether an account with those addresses or networks may call from that one; without any it may call
    from everywhere."""
    return not addresses or within(address, _networks(addresses))


@lru_cache(maxsize=4096)
def _networks(addresses: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(written, strict=False) for written in addresses)
