"""What may stand as the address of a number's callbacks."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from kavle.model.errors import Complaint
from kavle.model.masking import HIDDEN

LONGEST_URL: Final = 2000
_VALUE: Final = re.compile(r"=[^&]+")


def check_callback_url(url: str) -> str:
    """`url` itself. Raises ValueError, which says what is wrong and does not quote it, unless it is an
    absolute http or https URL in ASCII, as a call can begin with it."""
    if len(url) > LONGEST_URL:
        raise Complaint("a callback URL has at most {longest} characters", longest=LONGEST_URL)
    if not url.isascii() or not url.isprintable() or " " in url:
        raise Complaint("a callback URL is ASCII without spaces: write å as %C3%A5, and a name as xn--…")
    parts = urlsplit(url)  # ValueError for what is no IPv6 address, say
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Complaint("a callback URL begins with http:// or https:// and a host")
    if parts.port == 0:  # ValueError for what is no port
        raise Complaint("a callback URL has a port from 1 to 65535")
    return url


def callback_host(url: str) -> str:
    """Host and port, by which calls are limited: those of one receiver, whatever its paths."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.hostname}:{port}"


def without_query(url: str) -> str:
    """An address with its secrets left out: a customer's query or user part may have a password in it."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}{'?…' if parts.query else ''}"


def veiled_url(url: str) -> str:
    """An address as its operator may read it over somebody's shoulder: any value of its query may be a
    password, and its user part has one."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    netloc = f"{name}{colon}{HIDDEN if colon else ''}{at}{host}"
    return parts._replace(netloc=netloc, query=_VALUE.sub(f"={HIDDEN}", parts.query)).geturl()
