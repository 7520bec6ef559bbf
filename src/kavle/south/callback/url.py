"""An incoming SMS as a URL: pure. By the manual's section "Callback" and its example."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote_from_bytes, urlsplit

from kavle.model.callback import LeasedCallback

_NARROW: Final = ("iso-8859-1", "windows-1252")


def callback_url(call: LeasedCallback, public_id: int) -> str:
    """Where to call, in ASCII: the customer's own query first, then the manual's parameters in its order, and
    `delivered`, the old service's fifth one."""
    charset = _charset(call)
    told = [
        ("incsmsid", str(public_id)),
        ("sender", call.sender),
        ("text", call.text),
        ("to", call.recipient),
    ]
    if call.settings.delivered:
        told.append(("delivered", str(int(call.received_at.timestamp()))))
    if charset == "utf-8" and call.settings.charset != "utf-8":
        told.append(("charset", charset))  # a receiver that was never told to expect it
    return _joined(
        call.settings.callback, "&".join(f"{key}={_escaped(value, charset)}" for key, value in told)
    )


def _charset(call: LeasedCallback) -> str:
    if call.settings.charset == "latin-1":
        for narrow in _NARROW:
            if _fits(call.text, narrow) and _fits(call.sender, narrow):
                return narrow
    return "utf-8"


def _fits(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _escaped(text: str, charset: str) -> str:
    # Half a pair, which some phones send, is in no charset.
    return quote_from_bytes(text.encode(charset, "replace"), safe="")


def _joined(url: str, query: str) -> str:
    parts = urlsplit(url)
    own = parts.query
    if own and not own.endswith("&"):
        own += "&"
    return parts._replace(path=parts.path or "/", query=own + query, fragment="").geturl()
