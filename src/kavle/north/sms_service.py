"""The SMS web service: the manual's twelve operations as a table."""

from __future__ import annotations

from typing import Final

from kavle.north.asmx import Listed, Operation, Parameter, Service
from kavle.north.sms_desk import SMS_STATUS, SmsDesk

_ACCOUNT: Final = "Your account's name."
_PASSWORD: Final = "Your password."  # noqa: S105
_ID: Final = "1761468129"
_ANSWERS_ID: Final = "Answers {}, or a status code below 1000."

_KONTO = Parameter("konto", _ACCOUNT, "test")
_PASSWD = Parameter("passwd", _PASSWORD, "1234")
_TILL = Parameter("till", "The recipient's phone number.", "0702617396")
_TILL_MANY = Parameter("till", "The recipients' phone numbers, commas between.", "0702617396,0702617397")
_FROM = Parameter("from", "The sender: up to 11 characters, or a number with its country code.", "ip1")
_MEDDELANDE = Parameter("meddelande", "The text. %0a is a line break.", "Testar")
_PRIO = Parameter("prio", "1, 2 or 3: low, normal, high. Empty is 2.", "2")
_SEND_AT = Parameter("sendAt", "When to send it, in Unix seconds.", "1798794000")
_SMS_ID = Parameter("id", "An SMS id.", _ID)

_SMS: Final = (_KONTO, _PASSWD, _TILL, _FROM, _MEDDELANDE, _PRIO)
_BUNDLE: Final = (_KONTO, _PASSWD, _TILL_MANY, _FROM, _MEDDELANDE, _PRIO)


def sms_service(desk: SmsDesk) -> Service:
    """In the manual's order. What is said of them is shown to people, and stands in the WSDL."""
    an_id, a_bundle = _ANSWERS_ID.format("its id"), _ANSWERS_ID.format("the bundle's id")
    return Service(
        "sendSms",
        "Sends SMS, one or many, now or later, and tells what became of them.",
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
                "cancelBundle",
                (_KONTO, _PASSWD, Parameter("bundleID", "The id of a time-controlled bundle.", _ID)),
                "Cancels those messages of a time-controlled bundle that are not sent yet. Answers 0 if there"
                " were any, or a status code.",
                desk.cancel_bundle,
                "0",
            ),
            Operation(
                "cancelSms",
                (_KONTO, _PASSWD, Parameter("smsID", "The id of a time-controlled SMS.", _ID)),
                "Cancels a time-controlled SMS that is not sent yet. Answers 0, or a status code.",
                desk.cancel_sms,
                "0",
            ),
            Operation(
                "flashSms",
                _SMS,
                f"Sends an SMS that is shown at once, and not kept by the phone. {an_id}",
                desk.flash_sms,
                _ID,
            ),
            Operation("sms", _SMS, f"Sends an SMS. {an_id}", desk.sms, _ID),
            Operation("smsAt", (*_SMS, _SEND_AT), f"Sends an SMS at a given time. {an_id}", desk.sms_at, _ID),
            Operation("smsBundle", _BUNDLE, f"Sends one text to many. {a_bundle}", desk.sms_bundle, _ID),
            Operation(
                "smsBundleAt",
                (*_BUNDLE, _SEND_AT),
                f"Sends one text to many at a given time. {a_bundle}",
                desk.sms_bundle_at,
                _ID,
            ),
            Operation("status", (_SMS_ID,), "The latest known status of an SMS.", desk.status, "22"),
            Operation(
                "statusBundle",
                (Parameter("bundleID", "A bundle's id.", _ID),),
                "The latest known status of each SMS of a bundle, in the order of its recipients.",
                desk.status_bundle,
                Listed(SMS_STATUS, ((1761468130, 22), (1761468131, 21))),
            ),
            Operation(
                "tidpunkt",
                (_SMS_ID,),
                "When a time-controlled SMS is to be sent, in Swedish time; 0 for any other.",
                desk.tidpunkt,
                "2027-01-01 10:00:00",
            ),
        ),
    )
