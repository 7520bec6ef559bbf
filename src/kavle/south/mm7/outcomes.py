"""What the MMSC's answer to a submission means, and what its reports do: pure. docs/mm7.md has both
tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Final

from kavle.model.message import Refused, Unsure
from kavle.model.status import Status
from kavle.model.why import Why, why
from kavle.south.meaning import Closed, Meaning, pause
from kavle.wire.mm7 import Code, Message, RSErrorRsp, SubmitRsp
from kavle.wire.mm7 import Status as Said

_REFUSED: Final[Mapping[int, Status]] = {
    Code.ADDRESS_ERROR: Status.PHONE_FAILED,
    Code.ADDRESS_NOT_FOUND: Status.PHONE_FAILED,
    Code.MULTIMEDIA_CONTENT_REFUSED: Status.CONTENT_REFUSED,
    # What we wrote, not the customer.
    Code.MESSAGE_FORMAT_CORRUPT: Status.INTERNAL_ERROR,
    Code.UNSUPPORTED_VERSION: Status.INTERNAL_ERROR,
    Code.UNSUPPORTED_OPERATION: Status.INTERNAL_ERROR,
    Code.VALIDATION_ERROR: Status.INTERNAL_ERROR,
}
"""For good; all others: 51."""

_NOBODY: Final[Mapping[int, Closed]] = {
    Code.IMPROPER_IDENTIFICATION: Closed(why("it does not know us"), "vasp_id, vas_id"),
    Code.SERVICE_DENIED: Closed(why("we may not do this"), "vasp_id, vas_id, service_code"),
    Code.SERVICE_UNAVAILABLE: Closed(why("the MMSC is not available now")),
}
"""It took nothing, and would take nothing else either: the messages wait, and the link is down."""

_NOT_TAKEN: Final[Mapping[int, Closed]] = {
    HTTPStatus.UNAUTHORIZED: Closed(why("the password is refused"), "user, user_password"),
    HTTPStatus.FORBIDDEN: Closed(
        why("we may not do this, or the MMSC does not know the address that we call from"), "user"
    ),
    HTTPStatus.NOT_FOUND: Closed(why("there is no MM7 there"), "url"),
    HTTPStatus.METHOD_NOT_ALLOWED: Closed(why("there is no MM7 there"), "url"),
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: Closed(why("a proxy stands before the MMSC"), "url"),
    HTTPStatus.REQUEST_TIMEOUT: Closed(why("the request came too slowly")),
    HTTPStatus.GONE: Closed(why("there is no MM7 there"), "url"),
    # RFC 9110 §15.6.4: "currently unable to handle the request".
    HTTPStatus.SERVICE_UNAVAILABLE: Closed(why("the MMSC is not available now")),
}
_NOBODY_THERE: Final = Closed(why("the MMSC can not be reached"))
_UNFIT: Final = {HTTPStatus.UNAUTHORIZED, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED}
_AWAY: Final = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}


def meaning_of(message: Message, retry: Collection[int] = ()) -> Meaning:
    """Of the MM7 that an answer holds; `retry`: codes by which this MMSC says that it is to be tried
    later."""
    if not isinstance(message, SubmitRsp | RSErrorRsp):
        return unreadable("an answer to something else")
    said = message.status
    if said.good and isinstance(message, SubmitRsp):
        return Meaning(None)
    error = _error(said)
    if (closed := _NOBODY.get(said.code)) is not None:
        return Meaning(Refused(Status.NETWORK_FAILED, True, error), down=closed.by(error))
    public = _REFUSED.get(said.code, Status.NETWORK_FAILED)
    return Meaning(Refused(public, said.code in retry, error))


def http_meaning(status: int, retry_after: str, now: datetime) -> Meaning:
    """Of an answer that holds no MM7."""
    error = f"HTTP {status}"
    later = Refused(Status.NETWORK_FAILED, True, error)
    if 200 <= status < 300:
        return unreadable("an answer that is no MM7")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Meaning(later, pause=pause(retry_after, now))
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Meaning(Refused(Status.CONTENT_REFUSED, False, error))
    if (closed := _NOT_TAKEN.get(status)) is not None:
        return Meaning(later, down=closed.by(error))
    if 300 <= status < 400:  # not followed: neither the password nor the message goes elsewhere
        return Meaning(later, down=Closed(why("it is elsewhere now"), "url").by(error))
    if status >= 500:  # what it did before it failed is not known
        return Meaning(Unsure(error), down=Closed(why("the MMSC failed")).by(error))
    return Meaning(Refused(Status.INTERNAL_ERROR, False, error))


def probed(status: int) -> Meaning:
    """Of an answer to a GET, which MM7 does not have: any says that somebody is there, but for those that say
    who is not let in, or that it is only a proxy who answers."""
    error = f"HTTP {status}"
    if status in _UNFIT or status in _AWAY:
        return Meaning(None, down=_NOT_TAKEN.get(status, _NOBODY_THERE).by(error))
    return Meaning(None)


def unreadable(what: str) -> Meaning:
    """It may have taken the message, or not."""
    return Meaning(Unsure(what), down=Closed(Why(what), "url"))


def _error(said: Said) -> str:
    """The standard's words, not the network's: those may quote the message."""
    known = said.code in Code.__members__.values()
    return f"{said.code} {Code(said.code).name}" if known else str(said.code)


# --- reports -------------------------------------------------------------------------------------------

_DELIVERY: Final[Mapping[str, Status]] = {
    "retrieved": Status.DELIVERED,
    "expired": Status.EXPIRED,
    "rejected": Status.NETWORK_FAILED,
    "deferred": Status.IN_NETWORK,
    "forwarded": Status.IN_NETWORK,
    # Not known is not failed: what tells nothing of the phone's end leaves it with the network.
    "indeterminate": Status.IN_NETWORK,
    "unreachable": Status.DELIVERY_FAILED,
    "unrecognized": Status.PHONE_FAILED,  # the phone can't show MMS
    "unrecognised": Status.PHONE_FAILED,
    "notsupported": Status.PHONE_FAILED,
    "deleted": Status.DELIVERY_FAILED,
}
_READ: Final[Mapping[str, Status]] = {"read": Status.DELIVERED, "deleted": Status.DELIVERED}
"""Who deletes it unread has it."""


def delivery_status(mm_status: str) -> Status | None:
    """None for what is not known to be good or bad."""
    return _DELIVERY.get(_word(mm_status))


def read_status(mm_status: str) -> Status | None:
    return _READ.get(_word(mm_status))


def _word(text: str) -> str:
    return text.lower().replace(" ", "").replace("-", "")
