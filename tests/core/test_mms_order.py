"""What an MMS that is asked for becomes, and why one is refused: the contract's checks in its order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from kavle.core.mms_order import LONGEST_TEXT, MOST_FILES, MmsOrder, mms_draft
from kavle.core.order import SmsOrder, draft
from kavle.core.terms import MmsTerms, Terms
from kavle.mms.smil import LONGEST
from kavle.model.account import Account, AccountSettings
from kavle.model.errors import Reason, Refusal
from kavle.model.mms import MOST_OCTETS, MmsFile
from kavle.model.prefix import ByPrefix
from kavle.model.service import Service
from support.mms import CARD, JPEG, PICTURE

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TERMS = Terms(
    routes=ByPrefix({"": (1,)}),
    prices=ByPrefix({"": 10_000}),
    region="SE",
    most_segments=10,
    validity=timedelta(hours=48),
    mms=MmsTerms(ByPrefix({"46": (7, 8)}), ByPrefix({"": 25_000, "4673": 30_000})),
)
ACCOUNT = Account(7, "test", "a hash")
ORDER = MmsOrder("070-261 73 96", "0702617396", "Hej%0aså", (PICTURE,))


def drafted(order: MmsOrder = ORDER, account: Account = ACCOUNT, terms: Terms = TERMS, **given: object):  # type: ignore[no-untyped-def]
    return mms_draft(account, replace(order, **given), terms, NOW)


def test_an_mms_is_one_unit_by_its_own_route_and_price() -> None:
    made = drafted()
    assert (made.service, made.carrier_id, made.segments, made.price) == (Service.MMS, 7, 1, 25_000)
    assert (made.recipient, made.sender, made.text) == ("46702617396", "46702617396", "Hej\nså")
    assert made.files == (PICTURE,)
    assert made.expires_at == NOW + timedelta(hours=48)
    assert drafted(recipient="0731234567").price == 30_000
    assert drafted(files=(), text="bara text").files == ()
    assert drafted(text="").text == ""


def test_another_carrier_of_mms_sends_what_one_that_is_out_would() -> None:
    assert mms_draft(ACCOUNT, ORDER, TERMS, NOW, out={7}).carrier_id == 8
    assert mms_draft(ACCOUNT, ORDER, TERMS, NOW, out={7, 8}).carrier_id == 7, "and never one of SMS"


def test_all_octets_that_may_be_and_not_one_more() -> None:
    whole = MmsFile("stor.jpg", "image/jpeg", JPEG + bytes(MOST_OCTETS - len(JPEG) - CARD.size))
    assert drafted(files=(whole, CARD)).octets == MOST_OCTETS
    with pytest.raises(Refusal) as refused:
        drafted(files=(replace(whole, data=whole.data + b"\0"), CARD))
    assert refused.value.reason is Reason.CONTENT


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"sender": "Kavle"}, Reason.PARAMETER),
        ({"sender": ""}, Reason.PARAMETER),
        ({"sender": "4670261739612345678"}, Reason.PARAMETER),
        ({"text": "", "files": ()}, Reason.CONTENT),
        ({"text": "a\0b"}, Reason.CONTENT),
        ({"text": "x" * (LONGEST_TEXT + 1)}, Reason.CONTENT),
        ({"files": (MmsFile("x.jpg", "image/jpeg", b"MZ\x90\0"),)}, Reason.CONTENT),
        ({"files": (MmsFile("x.txt", "text/plain", b"MZ\x90\0\3\0\0\0\4\0"),)}, Reason.CONTENT),
        ({"files": (PICTURE, MmsFile("x.html", "text/html", b"<html><script>"))}, Reason.CONTENT),
        (
            {"files": (PICTURE, MmsFile("a.smil", "", b"<smil><head><script>x</script></head></smil>"))},
            Reason.CONTENT,
        ),
        ({"files": (MmsFile("a.smil", "", b"<smil>".ljust(LONGEST + 1)),)}, Reason.CONTENT),
        ({"files": (MmsFile("tom.jpg", "image/jpeg", b""),)}, Reason.CONTENT),
        ({"files": (PICTURE,) * (MOST_FILES + 1)}, Reason.CONTENT),
        ({"recipient": "hej"}, Reason.RECIPIENT),
        ({"recipient": ""}, Reason.RECIPIENT),
        ({"recipient": "0702617396,0702617397"}, Reason.RECIPIENT),
        ({"recipient": "+4791234567"}, Reason.RECIPIENT),
        # The first that is wrong in the contract's order is what is told.
        ({"sender": "x", "text": "", "files": (), "recipient": "x"}, Reason.PARAMETER),
        ({"text": "", "files": (), "recipient": "x"}, Reason.CONTENT),
    ],
)
def test_why_one_is_refused(given: dict[str, object], reason: Reason) -> None:
    with pytest.raises(Refusal) as refused:
        drafted(**given)
    assert refused.value.reason is reason


def test_an_accounts_own_sender_stands_in_if_it_is_a_number() -> None:
    number = Account(7, "test", "a hash", AccountSettings(sender="070-174 06 05"))
    assert drafted(account=number, sender=" ").sender == "46701740605"
    with pytest.raises(Refusal) as refused:
        drafted(account=Account(7, "test", "a hash", AccountSettings(sender="ip1")), sender="")
    assert refused.value.reason is Reason.PARAMETER


def test_without_a_price_or_a_route_of_its_own_there_is_no_mms() -> None:
    for mms in (MmsTerms(), MmsTerms(ByPrefix({"46": (7,)})), MmsTerms(prices=ByPrefix({"": 1}))):
        with pytest.raises(Refusal) as refused:
            drafted(terms=replace(TERMS, mms=mms))
        assert refused.value.reason is Reason.RECIPIENT


def test_an_sms_never_goes_by_a_route_of_mms() -> None:
    only_mms = replace(TERMS, routes=ByPrefix({}))
    with pytest.raises(Refusal) as refused:
        draft(ACCOUNT, SmsOrder("0702617396", "ip1", "Hej", ""), only_mms, NOW)
    assert refused.value.reason is Reason.RECIPIENT


def test_files_have_the_types_that_they_are_of_and_names_of_ours() -> None:
    given = (
        MmsFile("../bild å.PHP", "text/x-php", JPEG),
        MmsFile("bild_a.jpg", "", JPEG),
        MmsFile("hej.txt", "application/octet-stream", "Hej å".encode()),
    )
    made = drafted(files=given)
    assert [(file.name, file.content_type) for file in made.files] == [
        ("bild_a.jpg", "image/jpeg"),
        ("bild_a-2.jpg", "image/jpeg"),
        ("hej.txt", "text/plain"),
    ]
    assert [file.data for file in made.files] == [file.data for file in given]


def test_a_presentation_of_the_callers_own_finds_its_files_by_their_new_names() -> None:
    show = b'<smil><body><par><img src="min bild.jpeg"/></par></body></smil>'
    files = (MmsFile("show.smil", "application/smil", show), MmsFile("min bild.jpeg", "image/jpeg", JPEG))
    sent = drafted(replace(ORDER, files=files)).files
    assert [file.name for file in sent] == ["show.smil", "min_bild.jpg"]
    assert sent[0].data == show.replace(b"min bild.jpeg", b"min_bild.jpg")
    assert sent[1].data == JPEG


def test_a_presentation_may_have_hundreds_of_slides() -> None:
    show = MmsFile("show.smil", "application/smil", b"<smil>".ljust(LONGEST))
    assert drafted(files=(PICTURE, show)).files == (PICTURE, show)
