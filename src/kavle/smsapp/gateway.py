"""The web service: one SOAP 1.1 call, and every way in which there may be no answer."""

from __future__ import annotations

import re
from http.client import HTTPException, HTTPMessage
from ssl import SSLCertVerificationError, SSLError
from typing import IO, Final
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener
from xml.sax.saxutils import escape, unescape

from kavle.smsapp.errors import Trouble

NAMESPACE: Final = "http://tempuri.org/"
PATIENCE: Final = 90.0
"""Seconds. The gateway takes 60 at most to answer."""

_MOST: Final = 1 << 20
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")  # XML 1.0 §2.2


class _NoRedirect(HTTPRedirectHandler):
    """Followed, a POST would become a GET; and the password would go where nobody said it may."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        raise Trouble(f"{req.full_url} redirects to {newurl}: if that is right, make it the address")


_opener = build_opener(_NoRedirect)


def number(url: str, operation: str, **parameters: str) -> str:
    """The result of an operation that answers an id or a code: digits. Raises Trouble."""
    answer = call(url, operation, **parameters)
    if not re.fullmatch("[0-9]{1,18}", answer):
        raise Trouble(_not_a_gateway(url, 200))
    return answer


def call(url: str, operation: str, **parameters: str) -> str:
    """The operation's result. Raises Trouble."""
    try:
        with _opener.open(_request(url, operation, parameters), timeout=PATIENCE) as answer:
            return _result(url, operation, answer.status, answer.read(_MOST))
    except HTTPError as error:
        with error:
            return _result(url, operation, error.code, error.read(_MOST))
    except URLError as error:
        raise Trouble(_not_reached(url, error.reason)) from error
    except (OSError, HTTPException) as error:
        raise Trouble(
            f"{url} took the call and did not answer ({error}). The message may have been sent:"
            " look at the history of sent messages before you send it again"
        ) from error


def _request(url: str, operation: str, parameters: dict[str, str]) -> Request:
    children = "".join(f"<{name}>{_text(name, value)}</{name}>" for name, value in parameters.items())
    body = (
        '<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
        f'<soap:Body><{operation} xmlns="{NAMESPACE}">{children}</{operation}></soap:Body></soap:Envelope>'
    ).encode("utf-8", "surrogateescape")
    headers = {
        "Content-Type": f"text/xml; charset={_charset(body)}",
        "SOAPAction": f'"{NAMESPACE}{operation}"',
        "User-Agent": "sms",
    }
    return Request(url, body, headers)  # noqa: S310 -- http or https: address.py saw to it


def _text(name: str, value: str) -> str:
    if found := _NOT_XML.search(value):
        raise Trouble(f"{name} holds the control character {ord(found[0])}: take it out")
    return escape(value)


def _charset(body: bytes) -> str:
    """Arguments that are no UTF-8 came as bytes from an old Latin-1 script, and go on as they are."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return "iso-8859-1"
    return "utf-8"


def _result(url: str, operation: str, status: int, body: bytes) -> str:
    answer = body.decode("utf-8", "replace")
    if found := re.search(rf"<{operation}Result>([^<]*)<", answer):
        return unescape(found[1]).strip()
    if found := re.search(r"<faultstring>([^<]*)<", answer):
        raise Trouble(f"{url} refuses the call: {unescape(found[1]).strip()}")
    raise Trouble(_not_a_gateway(url, status))


def _not_a_gateway(url: str, status: int) -> str:
    return (
        f"{url} answers HTTP {status}, but not as an SMS gateway does. Is the address right, and the gateway"
        " up? Look at the history of sent messages before you send this one again"
    )


def _not_reached(url: str, reason: str | BaseException) -> str:
    if isinstance(reason, SSLCertVerificationError):
        return (
            f"{url} shows a certificate that is not trusted here ({reason.verify_message}). If it is from an"
            " authority of your own, name that authority's file in SSL_CERT_FILE"
        )
    if isinstance(reason, SSLError):
        return (
            f"no secure connection to {url} ({reason}). If the gateway has no TLS,"
            " begin its address with http://"
        )
    why = reason.strerror or str(reason) if isinstance(reason, OSError) else str(reason)
    return f"cannot reach {url} ({why}). Is the address right, and the gateway up? Nothing was sent"
