"""An incoming message as a URL: pure. An SMS by the manual's section "Callback" and its example, an MMS by
what public clients of this family of gateways read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import quote_from_bytes, urlsplit

from kavle.model.callback import LeasedCallback
from kavle.model.mms import IncomingMmsLine

_NARROW: Final = ("iso-8859-1", "windows-1252")
_ESCAPED: Final = [quote_from_bytes(bytes((octet,)), safe="") for octet in range(256)]
# OMA-TS-MMS_ENC §7.3: the values of X-Mms-Message-Class and X-Mms-Priority, without the bit that all have.
_CLASSES: Final = {"personal": 0, "advertisement": 1, "informational": 2, "auto": 3}
_PRIORITIES: Final = {"low": 0, "normal": 1, "high": 2}
_PERSONAL, _NORMAL = 0, 1


def callback_url(call: LeasedCallback, public_id: int) -> str:
    """Where to call, in ASCII: the customer's own query first, then our parameters. An SMS has the manual's,
    in its order, and `delivered`, the old service's fifth one."""
    charset = _charset(call)
    parameters = _sms(call, charset) if call.mms is None else _mms(call, call.mms, charset)
    url = f"{_beginning(call.address)}{'incsmsid' if call.mms is None else 'mmsid'}={public_id}"
    for name, value in parameters:
        url += f"&{name}={value}"
    if charset == "utf-8" and call.settings.charset != "utf-8":
        url += "&charset=utf-8"  # a receiver that was never told to expect it
    return url


def _sms(call: LeasedCallback, charset: str) -> Iterator[tuple[str, object]]:
    yield "sender", _escaped(call.sender, charset)
    yield "text", _escaped(call.text, charset)
    yield "to", call.recipient
    if call.settings.delivered:
        yield "delivered", int(call.received_at.timestamp())


def _mms(call: LeasedCallback, mms: IncomingMmsLine, charset: str) -> Iterator[tuple[str, object]]:
    yield "subject", _escaped(mms.subject, charset)
    yield "from", _escaped(call.sender, charset)
    yield "to", call.recipient
    yield "time", int(call.received_at.timestamp())
    yield "mmsversion", _escaped(mms.version, charset)
    yield "messageclass", _CLASSES.get(mms.message_class.lower(), _PERSONAL)
    yield "priority", _PRIORITIES.get(mms.priority.lower(), _NORMAL)
    yield "filecount", len(mms.files)
    for place, file in enumerate(mms.files):
        # What is sent has its brackets escaped (RFC 3986 §3.4): what reads it sees file[0].
        key = f"%5B{place}%5D"
        yield f"file{key}", _escaped(file.name, charset)
        yield f"filecontent{key}", _escaped(file.content_type.partition(";")[0], charset)
        yield f"filecontentid{key}", _escaped(file.content_id, charset)
        yield f"filesize{key}", file.size


def _charset(call: LeasedCallback) -> str:
    if call.settings.charset == "latin-1":
        for narrow in _NARROW:
            if all(_fits(text, narrow) for text in _texts(call)):
                return narrow
    return "utf-8"


def _texts(call: LeasedCallback) -> Iterator[str]:
    yield from (call.text, call.sender)
    if call.mms is not None:
        yield call.mms.version
        yield from (file.content_id for file in call.mms.files)


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
