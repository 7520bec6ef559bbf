"""Where the gateway is: SMS_URL, else `sms.ini` beside the program."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Final

from kavle.smsapp.errors import Trouble

SERVICE: Final = "/sendSms/sendSms.asmx"
EXAMPLE: Final = "https://sms.example.com"


def find() -> str:
    """The web service's URL. Not from an `sms.ini` in the current folder: whoever can write there would get
    the password. Raises Trouble."""
    if written := os.environ.get("SMS_URL", "").strip():
        return url(written, "SMS_URL")
    ini = os.path.join(os.path.dirname(os.path.realpath(sys.argv[0])), "sms.ini")
    try:
        with open(ini, encoding="utf-8-sig", errors="replace") as lines:
            written = from_ini(lines)
    except FileNotFoundError:
        written = ""
    except OSError as error:
        raise Trouble(f"cannot read {ini}: {error.strerror}. Mend that, or set SMS_URL") from error
    if not written:
        raise Trouble(
            f"where is the gateway? Set SMS_URL to its address, such as {EXAMPLE},"
            f" or write url={EXAMPLE} under [sms] in {ini}"
        )
    return url(written, ini)


def from_ini(lines: Iterable[str]) -> str:
    """The value of `url`, empty where there is none; `;` and `#` begin a comment."""
    for line in lines:
        key, equals, value = line.partition("=")
        if equals and key.strip().lower() == "url":
            return value.strip()
    return ""


def url(written: str, source: str) -> str:
    """Of the web service at an address as people write it: a host, host:port, or a URL with or without the
    service's path. Without a scheme it is https: a password goes over it. Raises Trouble."""
    scheme, mark, rest = written.rpartition("://")
    scheme = scheme.lower() if mark else "https"
    authority, slash, path = rest.split("?")[0].split("#")[0].partition("/")
    if scheme not in ("http", "https") or not _is_authority(authority):
        raise Trouble(f"{source} says {written!r}, which is no address: write it as {EXAMPLE}")
    return f"{scheme}://{authority}{slash + path if path else SERVICE}"


def _is_authority(authority: str) -> bool:
    """`host`, `host:port` or `[IPv6]:port`, in ASCII."""
    bracket, _, port = authority.rpartition("]")
    host = bracket + "]" if bracket else ""
    if not host:
        host, _, port = authority.partition(":")
    port = port.removeprefix(":")
    plain = authority.isascii() and authority.isprintable() and not set(authority) & set(' @\\"<>^`{|}')
    return plain and bool(host) and (port.isdigit() or not port) and int(port or 1) in range(1, 65536)
