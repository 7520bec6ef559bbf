"""What status codes mean, held against the manual's own page."""

from __future__ import annotations

import pytest

from kavle.model.description import ENGLISH, ENGLISH_MMS, SWEDISH, Language, describe, describe_mms
from kavle.model.mms import mms_code
from kavle.model.status import Status

APPENDIX_A = """\
0 Delivered to gateway
1 Gateway login failed
2 Invalid message content
3 Invalid phone number format
4 Insufficient funds
10 Received by the gateway
11 Delayed delivery
12 Delayed delivery canceled
21 Delivered to the GSM network
22 Delivered to the phone
30 Insufficient funds
41 Invalid message content
42 Internal error
43 Delivery failed
50 General delivery error
51 Delivery to GSM network failed
52 Delivery to phone failed
100 Insufficient funds
101 Wrong account credentials
110 Parameter error
"""

APPENDIX_B = """\
0 Delivered to gateway
1 Gateway login failed
2 Invalid message content
3 Invalid phone number format
4 Insufficient funds
11 Delayed delivery
21 Delivered to the GSM network
22 Delivered to the phone
30 Insufficient funds
41 Invalid message content
42 Internal error
44 Delivery failed
45 Invalid phone number
50 General delivery error
"""

IN_SWEDISH = """\
0 Levererat till gateway
1 Inloggning mot gatewayen misslyckades
2 Problem med meddelandet
3 Felaktig formatering på mobilnumret
4 Kredittäckning saknas
10 Mottagen av gateway
11 Leverans fördröjd
12 Fördröjd leverans avbruten
21 Levererad till GSM-nätet
22 Levererat till mobiltelefonen
30 Kredittäckning saknas
41 Innehållsfel i meddelandet
42 Internt fel
43 Meddelande utgått
44 Leverans misslyckades
45 Felaktigt mobilnummer
50 Allmänt leveransfel
51 Leveransfel till GSM-nät
52 Leveransfel till mobiltelefon
100 Kredittäckning saknas
101 Felaktig kontouppgift
110 Parameterfel
"""


def test_the_old_gateways_swedish_letter_by_letter() -> None:
    assert "".join(f"{code} {text}\n" for code, text in SWEDISH.items()) == IN_SWEDISH


def test_appendix_a_letter_by_letter() -> None:
    assert "".join(f"{code} {text}\n" for code, text in ENGLISH.items()) == APPENDIX_A


def test_appendix_b_letter_by_letter() -> None:
    assert "".join(f"{code} {text}\n" for code, text in ENGLISH_MMS.items()) == APPENDIX_B


KEPT = set(Status) - {Status.DELIVERY_FAILED_MMS, Status.INVALID_NUMBER_MMS}
OF_AN_MMS = KEPT - {
    Status.CANCELLED,
    Status.INSUFFICIENT_FUNDS,
    Status.WRONG_CREDENTIALS,
    Status.PARAMETER_ERROR,
}


@pytest.mark.parametrize("language", ["en", "sv"])
def test_every_status_has_a_meaning(language: Language) -> None:
    assert all(describe(str(status.value), language) for status in KEPT)
    assert all(describe_mms(str(mms_code(status).value), language) for status in OF_AN_MMS)


def test_swedish_knows_appendix_b_too() -> None:
    assert SWEDISH.keys() - ENGLISH.keys() == {"44", "45"}
    assert describe("12", "sv") == "Fördröjd leverans avbruten"
    assert describe_mms("45", "sv") == "Felaktigt mobilnummer"


@pytest.mark.parametrize("code", ["", " ", "7", "-1", "022", "1e1", "٤٢", "99999999999", "\0"])
def test_what_is_no_code_has_none(code: str) -> None:
    assert describe(code, "en") == describe(code, "sv") == ""
    assert describe_mms(code, "en") == describe_mms(code, "sv") == ""
