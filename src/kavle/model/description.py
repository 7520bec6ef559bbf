"""What the status codes mean, in words."""

from __future__ import annotations

from typing import Final, Literal

Language = Literal["en", "sv"]

ENGLISH: Final = {
    "0": "Delivered to gateway",
    "1": "Gateway login failed",
    "2": "Invalid message content",
    "3": "Invalid phone number format",
    "4": "Insufficient funds",
    "10": "Received by the gateway",
    "11": "Delayed delivery",
    "12": "Delayed delivery canceled",
    "21": "Delivered to the GSM network",
    "22": "Delivered to the phone",
    "30": "Insufficient funds",
    "41": "Invalid message content",
    "42": "Internal error",
    "43": "Delivery failed",
    "50": "General delivery error",
    "51": "Delivery to GSM network failed",
    "52": "Delivery to phone failed",
    "100": "Insufficient funds",
    "101": "Wrong account credentials",
    "110": "Parameter error",
}
"""Appendix A of the manual, its column Status, letter by letter."""

ENGLISH_MMS: Final = {
    "0": "Delivered to gateway",
    "1": "Gateway login failed",
    "2": "Invalid message content",
    "3": "Invalid phone number format",
    "4": "Insufficient funds",
    "11": "Delayed delivery",
    "21": "Delivered to the GSM network",
    "22": "Delivered to the phone",
    "30": "Insufficient funds",
    "41": "Invalid message content",
    "42": "Internal error",
    "44": "Delivery failed",
    "45": "Invalid phone number",
    "50": "General delivery error",
}
"""Appendix B, likewise."""

SWEDISH: Final = {
    "0": "Levererat till gateway",
    "1": "Inloggning mot gatewayen misslyckades",
    "2": "Problem med meddelandet",
    "3": "Felaktig formatering på mobilnumret",
    "4": "Kredittäckning saknas",
    "10": "Mottagen av gateway",
    "11": "Leverans fördröjd",
    "12": "Fördröjd leverans avbruten",
    "21": "Levererad till GSM-nätet",
    "22": "Levererat till mobiltelefonen",
    "30": "Kredittäckning saknas",
    "41": "Innehållsfel i meddelandet",
    "42": "Internt fel",
    "43": "Meddelande utgått",
    "44": "Leverans misslyckades",
    "45": "Felaktigt mobilnummer",
    "50": "Allmänt leveransfel",
    "51": "Leveransfel till GSM-nät",
    "52": "Leveransfel till mobiltelefon",
    "100": "Kredittäckning saknas",
    "101": "Felaktig kontouppgift",
    "110": "Parameterfel",
}
"""The old gateway's own words; 44 and 45 are Appendix B's."""

_IN: Final = {"en": ENGLISH, "sv": SWEDISH}
_IN_MMS: Final = {"en": ENGLISH_MMS, "sv": {code: SWEDISH[code] for code in ENGLISH_MMS}}


def describe(code: str, language: Language) -> str:
    """What a code means; empty for one that is not known."""
    return _IN[language].get(code.strip(), "")


def describe_mms(code: str, language: Language) -> str:
    """As `describe`, of an MMS."""
    return _IN_MMS[language].get(code.strip(), "")
