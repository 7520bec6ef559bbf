"""The MMS web service: the manual's two operations as a table."""

from __future__ import annotations

from base64 import b64encode
from typing import Final

from kavle.model.mms import MOST_OCTETS
from kavle.north.asmx import Operation, Parameter, Records, Service, Several
from kavle.north.mms_desk import MmsDesk

BODY_BYTES: Final = -(-MOST_OCTETS // 3) * 4 + 1024 * 1024
"""What the most files take in base64, and a megabyte for all else: line breaks, the text, names."""

INLINE_FILE: Final = Records("InlineFile", ("name", "contentType", "data"), binary=("data",))

_ID: Final = "1761468131"
_DOT: Final = b64encode(  # a picture of one point
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
).decode()


def mms_service(desk: MmsDesk) -> Service:
    """In the manual's order. What is said of them is shown to people, and stands in the WSDL."""
    return Service(
        "mms",
        "Sends MMS, and tells what became of them.",
        (
            Operation(
                "sendMMS",
                (
                    Parameter("acc", "Your account's name.", "test"),
                    Parameter("pass", "Your password.", "1234"),
                    Parameter("msg", "The text. %0a is a line break.", "Testar"),
                    Parameter("to", "The recipient's phone number.", "0702617396"),
                    Parameter("from", "The sender: a number. Letters are not accepted.", "46702317396"),
                    Parameter(
                        "files",
                        "The files: 300 kB in all. Pictures, sounds, videos, texts, contacts, events.",
                        Several(INLINE_FILE, (("bild.gif", "image/gif", _DOT),)),
                    ),
                ),
                "Sends an MMS. Answers its id, or a status code below 1000.",
                desk.send_mms,
                _ID,
            ),
            Operation(
                "status",
                (Parameter("mmsId", "An MMS id.", _ID),),
                "The latest known status of an MMS.",
                desk.status,
                "22",
            ),
        ),
    )
