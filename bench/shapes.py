"""The requests that the load generator sends, by shape, and how it knows a yes. Pure."""

from __future__ import annotations

import random
import re
from base64 import b64encode
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

ACCOUNT: Final = "bench"
PASSWORD: Final = "bench-1234"
SENDER: Final = "Kavle"

SEED: Final = 20_251_029  # the same numbers in every run and for every gateway


class Shape(StrEnum):
    URL = "url"  # /sendsms.aspx
    STATUS = "status"  # /sendSms/sendSms.asmx/status, by GET
    SOAP = "soap"  # /sendSms/sendSms.asmx, SOAP 1.1
    BUNDLE = "bundle"  # the same service, smsBundle: a text to a thousand
    MMS = "mms"  # /mms/mms.asmx, SOAP 1.1: a picture of 100,000 octets
    KANNEL = "kannel"  # /cgi-bin/sendsms
    KANNEL_UNTOLD = "kannel-untold"  # the same, asking the network for a receipt that nobody is told of
    KANNEL_DLR = "kannel-dlr"  # the same, asking for one delivery report by HTTP
    PLAIN = "plain"  # anything: of the generator's own test


YES: Final = {
    Shape.URL: re.compile(rb"\r\n\r\n[0-9]{4,10}\Z"),
    Shape.STATUS: re.compile(rb">22</string>"),
    Shape.SOAP: re.compile(rb"<smsResult>[0-9]{4,10}</smsResult>"),
    Shape.BUNDLE: re.compile(rb"<smsBundleResult>[0-9]{4,10}</smsBundleResult>"),
    Shape.MMS: re.compile(rb"<sendMMSResult>[0-9]{4,10}</sendMMSResult>"),
    # "0: Accepted for delivery", or "3: Queued for later delivery" while the network is away.
    Shape.KANNEL: re.compile(rb"\r\n\r\n[03]: "),
    Shape.KANNEL_UNTOLD: re.compile(rb"\r\n\r\n[03]: "),
    Shape.KANNEL_DLR: re.compile(rb"\r\n\r\n[03]: "),
    Shape.PLAIN: re.compile(rb"\AHTTP/1.1 200 "),
}
"""What the whole answer to an accepted message looks like; of one that is asked for: that it is delivered.
Codes of errors have three digits at most."""
_ID: Final = re.compile(rb"\r\n\r\n([0-9]+)\Z")

_ENVELOPE: Final = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap:Envelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><sms xmlns="http://tempuri.org/">'
    f"<konto>{ACCOUNT}</konto><passwd>{PASSWORD}</passwd><till>{{to}}</till><from>{SENDER}</from>"
    "<meddelande>{text}</meddelande><prio>2</prio></sms></soap:Body></soap:Envelope>"
)
BUNDLED: Final = 1_000
PICTURE: Final = b"\xff\xd8\xff\xe0" + random.Random(SEED).randbytes(99_996)  # noqa: S311 -- no secret
_MMS: Final = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    f'<sendMMS xmlns="http://tempuri.org/"><acc>{ACCOUNT}</acc><pass>{PASSWORD}</pass><msg>{{text}}</msg>'
    "<to>{to}</to><from>46701740699</from><files><InlineFile><name>bild.jpg</name>"
    f"<contentType>image/jpeg</contentType><data>{b64encode(PICTURE).decode()}</data></InlineFile></files>"
    "</sendMMS></soap:Body></soap:Envelope>"
)


def requests(shape: Shape, count: int, port: int, report_port: int | None) -> Sequence[bytes]:
    """`count` HTTP requests to `port` on loopback, each to another recipient with another text. Reports go
    to `report_port`."""
    draw = random.Random(SEED)  # noqa: S311 -- phone numbers, not secrets
    # Swedish mobile numbers; none of them is one of the simulated network's magic ones (4670174…).
    recipients = [f"46703{number:06}" for number in draw.sample(range(1_000_000), count)]
    return [_request(shape, to, draw.randrange(1_000_000), port, report_port) for to in recipients]


def questions(answers: Sequence[bytes], port: int) -> Sequence[bytes]:
    """For the status of each message, by what was answered when it was accepted by URL."""
    ids = (found[1].decode() for answer in answers if (found := _ID.search(answer)))
    return [_get(f"/sendSms/sendSms.asmx/status?id={id}", port) for id in ids]


def _request(shape: Shape, to: str, code: int, port: int, report_port: int | None) -> bytes:
    text = f"Your code is {code:06}. It is valid for ten minutes."
    escaped = text.replace(" ", "+")
    if shape is Shape.SOAP:
        return _post("/sendSms/sendSms.asmx", "sms", _ENVELOPE.format(to=to, text=text), port)
    if shape is Shape.BUNDLE:
        numbers = ",".join(f"{int(to) + place}" for place in range(BUNDLED))
        envelope = _ENVELOPE.replace("<sms ", "<smsBundle ").replace("</sms>", "</smsBundle>")
        return _post("/sendSms/sendSms.asmx", "smsBundle", envelope.format(to=numbers, text=text), port)
    if shape is Shape.MMS:
        return _post("/mms/mms.asmx", "sendMMS", _MMS.format(to=to, text=text), port)
    if shape is Shape.URL:
        query = f"acc={ACCOUNT}&pass={PASSWORD}&msg={escaped}&to={to}&from={SENDER}&prio=2"
        return _get(f"/sendsms.aspx?{query}", port)
    if shape is Shape.PLAIN:
        return _get(f"/?msg={escaped}&to={to}", port)
    query = f"username={ACCOUNT}&password={PASSWORD}&text={escaped}&to={to}&from={SENDER}"
    if shape in (Shape.KANNEL_UNTOLD, Shape.KANNEL_DLR):  # 1 delivered | 2 not delivered: one a message
        query += "&dlr-mask=3"
    if shape is Shape.KANNEL_DLR:
        query += f"&dlr-url=http%3A%2F%2F127.0.0.1%3A{report_port}%2Fdlr%3Fto%3D{to}%26state%3D%25d"
    return _get(f"/cgi-bin/sendsms?{query}", port)


def _get(target: str, port: int) -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()


def _post(path: str, operation: str, body: str, port: int) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: text/xml; charset=utf-8\r\n"
        f'SOAPAction: "http://tempuri.org/{operation}"\r\nContent-Length: {len(body)}\r\n\r\n'
    )
    return (head + body).encode()
