"""The SMS web service: the manual's operations as a table."""

from __future__ import annotations

from typing import Final

from kavle.north.asmx import Operation, Parameter, Service
from kavle.north.sms_desk import SmsDesk

_ACCOUNT: Final = "Your account's name."
_PASSWORD: Final = "Your password."  # noqa: S105
_ID: Final = "1761468129"
_ANSWERS_ID: Final = "Answers {}, or a status code below 1000."

_KONTO = Parameter("konto", _ACCOUNT, "test")
_PASSWD = Parameter("passwd", _PASSWORD, "1234")
_TILL = Parameter("till", "The recipient's phone number.", "0702617396")
_FROM = Parameter("from", "The sender: up to 11 characters, or a number with its country code.", "ip1")
_MEDDELANDE = Parameter("meddelande", "The text. %0a is a line break.", "Testar")
_PRIO = Parameter("prio", "1, 2 or 3: low, normal, high. Empty is 2.", "2")
_SMS_ID = Parameter("id", "An SMS id.", _ID)

_SMS: Final = (_KONTO, _PASSWD, _TILL, _FROM, _MEDDELANDE, _PRIO)


def sms_service(desk: SmsDesk) -> Service:
    """In the manual's order. What is said of them is shown to people, and stands in the WSDL."""
    an_id = _ANSWERS_ID.format("its id")
    return Service(
        "sendSms",
        "Sends SMS, and tells what became of them.",
        (
            Operation(
                "balans",
                (Parameter("Konto", _ACCOUNT, "test"), Parameter("Passwd", _PASSWORD, "1234")),
                "The account's balance.",
                desk.balans,
                "98.50",
            ),
            Operation(
                "beskrivning",
                (Parameter("Id", "A status code.", "22"),),
                "What a status code means.",
                desk.beskrivning,
                "Delivered to the phone",
            ),
            Operation(
                "flashSms",
                _SMS,
                f"Sends an SMS that is shown at once, and not kept by the phone. {an_id}",
                desk.flash_sms,
                _ID,
            ),
            Operation("sms", _SMS, f"Sends an SMS. {an_id}", desk.sms, _ID),
            Operation("status", (_SMS_ID,), "The latest known status of an SMS.", desk.status, "22"),
        ),
    )
