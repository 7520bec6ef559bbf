"""Where a URL call's `Ok` and `Error` lead its caller. We never call these addresses ourselves."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from kavle.model.errors import Reason, Refusal

_LONGEST: Final = 2048
_LONGEST_NAME: Final = 253  # RFC 1035 §2.3.4
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NAME: Final = re.compile(r"[a-z0-9._-]+")
_LEFT_AS_IT_IS: Final = "%/?#:@!$&'()*+,;=[]~"  # RFC 3986 §2.2, and escapes that are there already


def destination(written: str, hosts: tuple[str, ...]) -> str:
    """The address as it may stand in a header. Raises Refusal(PARAMETER) for what is not absolute http or
    https, holds control characters or userinfo, or leads to none of `hosts` where there are any."""
    address = written.strip(" ")
    if len(address) > _LONGEST or _CONTROLS.search(address):
        raise _refusal("is too long, or holds control characters")
    try:
        parts = urlsplit(address)
        host, port = _host(parts), "" if parts.port is None else f":{parts.port}"
    except ValueError:
        raise _refusal("is no address") from None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc:
        raise _refusal("is no plain address such as https://www.example.com/sent")
    if hosts and host not in (_ascii(allowed) for allowed in hosts):
        raise _refusal("leads to a host that the account does not allow")
    rest = address[len(parts.scheme) + len("://") + len(parts.netloc) :]
    return f"{parts.scheme}://{host}{port}{quote(rest, _LEFT_AS_IT_IS)}"


def with_answer(address: str, name: str, number: str) -> str:
    """The number behind an address that ends in `=`, else as the query parameter `name`."""
    if address.endswith("="):
        return address + number
    page, mark, fragment = address.partition("#")
    joint = "" if page.endswith(("?", "&")) else "&" if "?" in page else "?"
    return f"{page}{joint}{name}={number}{mark}{fragment}"


def _host(parts: SplitResult) -> str:
    """As it stands in an address. Raises ValueError for what is neither a name nor an IP address."""
    host = parts.hostname or ""
    if parts.netloc.startswith("["):
        return f"[{IPv6Address(host)}]"
    if len(host) > _LONGEST_NAME:
        raise ValueError(host)
    name = _ascii(host)
    if not _NAME.fullmatch(name):
        raise ValueError(name)
    return name


def _ascii(host: str) -> str:
    """A host name as DNS has it. Raises UnicodeError, which is a ValueError."""
    return host.lower().encode("idna").decode()


def _refusal(why: str) -> Refusal:
    return Refusal(Reason.PARAMETER, f"Ok or Error {why}")
