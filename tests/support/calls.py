"""What customers ask for, as they write it: by the URL, by SOAP 1.1, one message or many, now or later."""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import quote

from support.processes import LOOPBACK

ORDINARY = "46701740605"
REFUSED = "46701740617"  # at submit, and so paid back
# Undeliverable, rejected, refused at submit, receipt first, and receipt twice.
OTHERS = ["46701740611", "46701740613", REFUSED, "46701740618", "46701740620"]
THROTTLED = "46701740615"  # rarely: each time the whole link pauses for a second
ECHOES = "46701740622"  # its phone sends back what it gets
NO_NUMBER = "12"  # in a bundle it sinks no other
NUMBER = "46702617396"  # of the gateway's: what comes back comes to it
JPEG = b"\xff\xd8\xff\xe0"
PICTURE = 20_000  # octets
LEAST_ID = 1000  # of those that callers are given; below are codes
IN_A_BUNDLE = 5  # ordinary ones; some others are with them
_SMS, _MMS = "/sendSms/sendSms.asmx", "/mms/mms.asmx"


class Kind(Enum):
    """By the operation of the web service; `sendsms` is the URL."""

    SENDSMS = "sendsms"
    SMS = "sms"
    AT = "smsAt"
    BUNDLE = "smsBundle"
    BUNDLE_AT = "smsBundleAt"
    MMS = "sendMMS"


TIMED = {Kind.AT: ("cancelSms", "smsID"), Kind.BUNDLE_AT: ("cancelBundle", "bundleID")}
"""How what is due later is taken back."""


@dataclass
class Call:
    """One order of a customer's. No other has its text."""

    serial: int
    kind: Kind
    account: str
    recipients: list[str]
    due: int | None = None  # Unix seconds
    answer: str | None = None  # None: the connection was closed without one
    cancels: list[str | None] = field(default_factory=list)  # what each try to take it back was answered
    statuses: list[int] = field(default_factory=list)  # in the order in which they were read

    @property
    def taken(self) -> bool:
        """It was answered with an id."""
        return self.answer is not None and int(self.answer) >= LEAST_ID

    @property
    def taken_back(self) -> bool:
        """It was answered that nothing of it is sent."""
        return "0" in self.cancels

    @property
    def text(self) -> str:
        return f"number {self.serial} " + "å" * (self.serial % 3 * 150)  # of one to three segments

    @property
    def picture(self) -> bytes:
        """Of an MMS: one that no other has."""
        return JPEG + random.Random(self.serial).randbytes(PICTURE)

    def request(self) -> bytes:
        if self.kind is Kind.SENDSMS:
            return _by_url(self)
        if self.kind is Kind.MMS:
            return _mms(self)
        given = {
            **_credentials(self),
            "till": ",".join(self.recipients),
            "from": _sender(self),
            "meddelande": self.text,
            "prio": str(self.serial % 3 + 1),
        }
        later = {"sendAt": str(self.due)} if self.due else {}
        return soap(_SMS, self.kind.value, _elements(given | later))

    def result(self, body: str) -> str:
        return body if self.kind is Kind.SENDSMS else result(self.kind.value, body)

    def cancelling(self) -> tuple[str, bytes]:
        """The operation, and the request."""
        operation, name = TIMED[self.kind]
        return operation, soap(_SMS, operation, _elements({**_credentials(self), name: str(self.answer)}))

    def asking(self) -> bytes:
        """For its status."""
        return soap(_SMS, "status", _elements({"id": str(self.answer)}))


def texts(serial: int) -> Kind:
    """One message each, by the URL and by SOAP."""
    return (Kind.SENDSMS, Kind.SMS)[serial % 2]


def everything_but_mms(serial: int) -> Kind:
    if serial % 10 == 3:
        return Kind.AT
    if serial % 20 in (6, 16):
        return (Kind.BUNDLE, Kind.BUNDLE_AT)[serial % 20 // 10]
    return texts(serial)


def everything(serial: int) -> Kind:
    return Kind.MMS if serial % 5 == 0 else everything_but_mms(serial)


def call(serial: int, kind: Kind, account: str, recipient: Callable[[int], str], now: float) -> Call:
    """What is due later is so in one second to three."""
    due = int(now) + 2 + serial // 10 % 2 if kind in TIMED else None
    if kind in (Kind.BUNDLE, Kind.BUNDLE_AT):
        ordinary = [f"{ORDINARY[:-2]}{30 + (serial + number) % 70}" for number in range(IN_A_BUNDLE)]
        return Call(serial, kind, account, [*ordinary, OTHERS[0], REFUSED, NO_NUMBER], due)
    back = kind is Kind.MMS and serial // 5 % 4 == 0  # each fourth is for a phone that sends it back
    return Call(serial, kind, account, [ECHOES if back else recipient(serial)], due)


def soap(path: str, operation: str, children: str) -> bytes:
    """By SOAP 1.1, in the words of an old stub."""
    body = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<{operation} xmlns="http://tempuri.org/">{children}</{operation}></s:Body></s:Envelope>'
    ).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {LOOPBACK}\r\nContent-Type: text/xml; charset=utf-8\r\n"
        f'SOAPAction: "http://tempuri.org/{operation}"\r\nContent-Length: {len(body)}\r\n\r\n'
    )
    return head.encode() + body


def result(operation: str, body: str) -> str:
    return body.partition(f"<{operation}Result>")[2].partition("<")[0]


def _by_url(call: Call) -> bytes:
    who = f"acc={call.account}&pass=1234&from={_sender(call)}&prio={call.serial % 3 + 1}"
    target = f"/sendsms.aspx?{who}&to={call.recipients[0]}&msg={quote(call.text)}"
    return f"GET {target} HTTP/1.1\r\nHost: {LOOPBACK}\r\n\r\n".encode()


def _mms(call: Call) -> bytes:
    given = {"acc": call.account, "pass": "1234", "msg": call.text, "to": call.recipients[0], "from": NUMBER}
    data = b64encode(call.picture).decode()
    file = f"<name>bild.jpg</name><contentType>image/jpeg</contentType><data>{data}</data>"
    return soap(_MMS, "sendMMS", f"{_elements(given)}<files><InlineFile>{file}</InlineFile></files>")


def _sender(call: Call) -> str:
    return NUMBER if call.recipients == [ECHOES] else "ip1"


def _credentials(call: Call) -> dict[str, str]:
    return {"konto": call.account, "passwd": "1234"}


def _elements(given: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in given.items())
