"""What the provider's answer to a request means for the request's messages, and for those behind it: pure.
docs/adr/0015 tells why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Final

import msgspec

from kavle.model.message import Refused, Unsure
from kavle.model.status import Status
from kavle.model.why import why
from kavle.south.meaning import Closed, Meaning, pause

_NOT_TAKEN: Final[Mapping[int, Closed]] = {
    HTTPStatus.UNAUTHORIZED: Closed(why("the token is refused"), "token"),
    HTTPStatus.FORBIDDEN: Closed(
        why("the token may not do this, or the provider does not know the address that we call from"), "token"
    ),
    HTTPStatus.PAYMENT_REQUIRED: Closed(why("there are no funds at the provider")),
    HTTPStatus.NOT_FOUND: Closed(why("there is no such interface"), "api"),
    HTTPStatus.METHOD_NOT_ALLOWED: Closed(why("there is no such interface"), "api"),
    HTTPStatus.GONE: Closed(why("there is no such interface"), "api"),
    HTTPStatus.REQUEST_TIMEOUT: Closed(why("the request came too slowly")),
    # RFC 9110 §15.6.4: "currently unable to handle the request".
    HTTPStatus.SERVICE_UNAVAILABLE: Closed(why("the provider is not available now")),
}
"""It took nothing, and would take nothing else either: the messages wait, and the link is down."""

_FIELDS: Final[tuple[tuple[str, Status], ...]] = (
    ("recipient", Status.PHONE_FAILED),
    ("body", Status.CONTENT_REFUSED),
    ("sender", Status.NETWORK_FAILED),
)
"""The rules on what a request may hold are about these three."""


class _Problem(msgspec.Struct):
    errors: dict[str, msgspec.Raw] = {}


_problem: Final = msgspec.json.Decoder(_Problem)
_word: Final = re.compile(r"[a-z]+")


def meaning_of(status: int, retry_after: str, body: bytes, now: datetime) -> Meaning:
    """Of an HTTP answer. `retry_after` is that header, empty where there is none."""
    if 200 <= status < 300:
        return Meaning(None)
    error = f"HTTP {status}"
    later = Refused(Status.NETWORK_FAILED, True, error)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Meaning(later, pause=pause(retry_after, now))
    if (closed := _NOT_TAKEN.get(status)) is not None:
        return Meaning(later, down=closed.by(error))
    if 300 <= status < 400:  # not followed: neither the token nor the message goes elsewhere
        return Meaning(later, down=Closed(why("it is elsewhere now"), "api").by(error))
    if status >= 500:  # what it did before it failed is not known
        return Meaning(Unsure(error), down=Closed(why("the provider failed")).by(error))
    return Meaning(_refused(status, error, body))


def _refused(status: int, error: str, body: bytes) -> Refused:
    """For good. Which status by what it finds fault with: the answer's text is not kept, since it may quote
    the message."""
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Refused(Status.CONTENT_REFUSED, False, error)
    if status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY):
        return Refused(Status.INTERNAL_ERROR, False, error)
    words = _words(body)
    for field, public in _FIELDS:
        if field in words or f"{field}s" in words:
            return Refused(public, False, f"{error}: {field}")
    return Refused(Status.NETWORK_FAILED, False, error)


def _words(body: bytes) -> set[str]:
    """Of the keys under `errors` where the answer has them (RFC 9457's usual extension), else of all."""
    try:
        text = " ".join(_problem.decode(body).errors)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = ""
    return set(_word.findall((text or body.decode("utf-8", "replace")).lower()))
