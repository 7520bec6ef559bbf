"""An incoming SMS as a URL: pure. By the manual's section "Callback" and its example."""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from urllib.parse import quote_from_bytes, urlsplit

from kavle.model.callback import LeasedCallback

_NARROW: Final = ("iso-8859-1", "windows-1252")
_ESCAPED: Final = [quote_from_bytes(bytes((octet,)), safe="") for octet in range(256)]


def callback_url(call: LeasedCallback, public_id: int) -> str:
    """Where to call, in ASCII: the customer's own query first, then the manual's parameters in its order, and
    `delivered`, the old service's fifth one."""
    charset = _charset(call)
    sender, text = _escaped(call.sender, charset), _escaped(call.text, charset)
    beginning = _beginning(call.settings.callback)
    url = f"{beginning}incsmsid={public_id}&sender={sender}&text={text}&to={call.recipient}"
    if call.settings.delivered:
        url += f"&delivered={int(call.received_at.timestamp())}"
    if charset == "utf-8" and call.settings.charset != "utf-8":
        url += "&charset=utf-8"  # a receiver that was never told to expect it
    return url


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
    return "".join([_ESCAPED[octet] for octet in text.encode(charset, "replace")])


@lru_cache(1000)
def _beginning(url: str) -> str:
    """The number's own URL, up to where our parameters follow."""
    parts = urlsplit(url)
    own = f"{parts.query}&" if parts.query and not parts.query.endswith("&") else parts.query
    return parts._replace(path=parts.path or "/", query="", fragment="").geturl() + "?" + own
