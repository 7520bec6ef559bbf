"""What an order becomes, and why one is refused: the contract's checks in its order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from kavle.core import bundle_order as orders
from kavle.core.bundle_order import BundleOrder, addressed, destinations
from kavle.core.order import SmsOrder, draft
from kavle.core.terms import Terms
from kavle.model.account import Account, AccountSettings
from kavle.model.bundle import NOWHERE, BundleDraft, Destination
from kavle.model.errors import Reason, Refusal
from kavle.model.prefix import ByPrefix
from kavle.sms.segment import Encoding

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = int((NOW + timedelta(hours=1)).timestamp())
TERMS = Terms(
    routes=ByPrefix({"46": (1,), "47": (2, 1)}),
    prices=ByPrefix({"": 10_000, "47": 12_000}),
    region="SE",
    most_segments=10,
    validity=timedelta(hours=48),
)
ACCOUNT = Account(7, "test", "a hash")


def account(**settings: object) -> Account:
    return Account(7, "test", "a hash", AccountSettings(**settings))  # type: ignore[arg-type]


def order(**given: object) -> SmsOrder:
    call = {"recipient": "0702617396", "sender": "ip1", "text": "Testar", "priority": "2", **given}
    return SmsOrder(**call)  # type: ignore[arg-type]


def bundle_draft(account: Account, order: BundleOrder, terms: Terms, now: datetime) -> BundleDraft:
    drafted = orders.bundle_draft(account, order, terms, now)
    return addressed(drafted, list(destinations(account, order, drafted, terms)), terms)


def bundle(recipients: str, **given: object) -> BundleOrder:
    call = {"recipients": recipients, "sender": "ip1", "text": "Testar", "priority": "1", **given}
    return BundleOrder(**call)  # type: ignore[arg-type]


def test_a_plain_order_is_sent_at_once_and_priced_by_its_prefix() -> None:
    sms = draft(ACCOUNT, order(recipient="+4791234567"), TERMS, NOW)
    assert (sms.carrier_id, sms.segment_price, sms.due) == (2, 12_000, None)
    assert sms.expires_at == NOW + timedelta(hours=48)


def test_an_accounts_own_prices_go_before_everybodys_by_the_longest_prefix() -> None:
    mine = account(prices=(("4670", 4_000), ("47", 5_000)))
    for recipient, price in (("0702617396", 4_000), ("+4791234567", 5_000), ("0850000000", 10_000)):
        assert draft(mine, order(recipient=recipient), TERMS, NOW).segment_price == price
    several = bundle_draft(mine, bundle("0702617396,+4791234567,0850000000"), TERMS, NOW)
    assert [one.segment_price for one in several.destinations] == [4_000, 5_000, 10_000]
    elsewhere = account(prices=(("49", 1),))
    with pytest.raises(Refusal):  # a price is no route
        draft(elsewhere, order(recipient="+4915112345678"), TERMS, NOW)


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (str(HOUR), NOW + timedelta(hours=1)),
        (f" {HOUR} ", NOW + timedelta(hours=1)),
        (str(HOUR - 7200), NOW - timedelta(hours=1)),  # in the past: now
        ("0", datetime(1970, 1, 1, tzinfo=UTC)),
        (str(HOUR + 729 * 86_400), NOW + timedelta(days=729, hours=1)),
    ],
)
def test_a_time_controlled_order_is_valid_from_when_it_is_due(at: str, due: datetime) -> None:
    sms = draft(ACCOUNT, order(at=at), TERMS, NOW)
    assert sms.due == due
    bundled = bundle_draft(*many(at=at))
    assert (bundled.due, bundled.expires_at) == (due, sms.expires_at)
    assert sms.expires_at == max(NOW, due) + timedelta(hours=48)


@pytest.mark.parametrize(
    "at", ["", " ", "-1", "1.5", "1e9", "tomorrow", "٣", "9" * 13, "9" * 5000, str(HOUR + 730 * 86_400)]
)
def test_a_time_that_is_none_or_too_far_off_is_a_parameter_error(at: str) -> None:
    for ask in (lambda: draft(ACCOUNT, order(at=at), TERMS, NOW), lambda: bundle_draft(*many(at=at))):
        with pytest.raises(Refusal) as refused:
            ask()
        assert refused.value.reason is Reason.PARAMETER


def many(recipients: str = "0702617396", **given: object) -> tuple[Account, BundleOrder, Terms, datetime]:
    return ACCOUNT, bundle(recipients, **given), TERMS, NOW


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_sender_is_the_accounts_own_or_a_parameter_error(empty: str) -> None:
    larm = account(sender="Larm")
    assert draft(larm, order(sender=empty), TERMS, NOW).sender == "Larm"
    assert draft(larm, order(), TERMS, NOW).sender == "ip1"
    assert bundle_draft(larm, bundle("0702617396", sender=empty), TERMS, NOW).sender == "Larm"
    with pytest.raises(Refusal) as refused:
        draft(ACCOUNT, order(sender=empty), TERMS, NOW)
    assert refused.value.reason is Reason.PARAMETER


@pytest.mark.parametrize("written", ["%0a", "%0A", "%0d%0a", "\r\n", "\r"])
def test_a_line_break_is_one_character_before_anything_is_counted(written: str) -> None:
    text = "a" * 159 + written
    for drafted in (
        draft(ACCOUNT, order(text=text), TERMS, NOW),
        bundle_draft(ACCOUNT, bundle("0702617396", text=text), TERMS, NOW),
    ):
        assert (drafted.text, drafted.segments) == ("a" * 159 + "\n", 1)
    assert draft(ACCOUNT, order(text="a" + text), TERMS, NOW).segments == 2


def test_an_account_abroad_writes_its_own_national_numbers() -> None:
    assert draft(account(region="NO"), order(recipient="91234567"), TERMS, NOW).recipient == "4791234567"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"priority": "4", "text": "", "recipient": ""}, Reason.PARAMETER),
        ({"sender": "\t", "text": "", "recipient": ""}, Reason.PARAMETER),
        ({"at": "x", "text": "", "recipient": ""}, Reason.PARAMETER),
        ({"text": "", "recipient": ""}, Reason.CONTENT),
        ({"text": "x" * 1521, "recipient": ""}, Reason.CONTENT),
        ({"recipient": ""}, Reason.RECIPIENT),
        ({"recipient": "0702617396,0702617397"}, Reason.RECIPIENT),
        ({"recipient": "+15551234567"}, Reason.RECIPIENT),  # no route
    ],
)
def test_the_checks_come_in_the_contracts_order(given: dict[str, object], reason: Reason) -> None:
    with pytest.raises(Refusal) as refused:
        draft(ACCOUNT, order(**given), TERMS, NOW)
    assert refused.value.reason is reason


def test_a_bundle_keeps_the_callers_order_with_doubles_and_with_what_leads_nowhere() -> None:
    written = " 0702617396,,070-261 73 97 ;nobody\r\n+4791234567\n, 0702617396,+15551234567"
    drafted = bundle_draft(ACCOUNT, bundle(written), TERMS, NOW)
    assert drafted.destinations == (
        Destination("46702617396", 1, 10_000),
        Destination("46702617397", 1, 10_000),
        Destination("nobody", NOWHERE, 0),
        Destination("4791234567", 2, 12_000),
        Destination("46702617396", 1, 10_000),
        Destination("15551234567", NOWHERE, 0),
    )
    assert drafted.price == 42_000


def test_what_was_no_number_is_kept_as_something_that_can_be_shown() -> None:
    drafted = bundle_draft(ACCOUNT, bundle("\x00\ud800<b>" + "x" * 100 + ",0702617396"), TERMS, NOW)
    assert drafted.destinations[0] == Destination("??<b>" + "x" * 27, NOWHERE, 0)


@pytest.mark.parametrize(
    ("recipients", "given", "reason"),
    [
        ("", {}, Reason.RECIPIENT),
        (" , ;\n", {}, Reason.RECIPIENT),
        ("nobody,+15551234567", {}, Reason.RECIPIENT),
        ("nobody", {"text": ""}, Reason.CONTENT),
        ("nobody", {"priority": "high", "text": ""}, Reason.PARAMETER),
        ("nobody", {"sender": "\t", "text": ""}, Reason.PARAMETER),
        ("nobody", {"at": "x", "text": ""}, Reason.PARAMETER),
    ],
)
def test_a_bundle_is_refused_whole_only_for_what_is_wrong_with_all_of_it(
    recipients: str, given: dict[str, object], reason: Reason
) -> None:
    with pytest.raises(Refusal) as refused:
        bundle_draft(*many(recipients, **given))
    assert refused.value.reason is reason


SHIFTS = msgspec.structs.replace(
    TERMS,
    shifts={1: (Encoding.GSM7_SPANISH,), 2: (Encoding.GSM7_TURKISH, Encoding.GSM7_SPANISH)},
    most_segments=1,
)


def test_a_text_in_a_language_that_the_carrier_takes_is_shorter() -> None:
    assert draft(ACCOUNT, order(text="á" * 71), SHIFTS, NOW).encoding is Encoding.GSM7_SPANISH
    both = "0702617396,+4791234567"
    assert bundle_draft(ACCOUNT, bundle(both, text="á" * 71), SHIFTS, NOW).encoding is Encoding.GSM7_SPANISH
    turkish = "ığ" * 38
    sms = draft(ACCOUNT, order(text=turkish, recipient="+4791234567"), SHIFTS, NOW)
    assert (sms.encoding, sms.segments) == (Encoding.GSM7_TURKISH, 1)
    for refuse in (
        lambda: draft(ACCOUNT, order(text=turkish), SHIFTS, NOW),
        lambda: bundle_draft(ACCOUNT, bundle(both, text=turkish), SHIFTS, NOW),
    ):
        with pytest.raises(Refusal) as refused:
            refuse()
        assert refused.value.reason is Reason.CONTENT


def test_what_a_carrier_of_latin_1_has_not_is_counted_as_ucs_2_for_it_alone() -> None:
    latin1 = msgspec.structs.replace(TERMS, latin1=frozenset({2}))
    euros, plain = "€" * 71, "å@[]" * 20
    norway = {"recipient": "+4791234567"}
    for terms, given, encoding, segments in (
        (latin1, {"text": euros, **norway}, Encoding.UCS2, 2),
        (latin1, {"text": euros}, Encoding.GSM7, 1),
        (latin1, {"text": plain, **norway}, Encoding.GSM7, 1),
        (TERMS, {"text": euros, **norway}, Encoding.GSM7, 1),
    ):
        sms = draft(ACCOUNT, order(**given), terms, NOW)
        assert (sms.encoding, sms.segments) == (encoding, segments)
    both = bundle_draft(ACCOUNT, bundle("0702617396,+4791234567", text=euros), latin1, NOW)
    assert (both.encoding, both.segments) == (Encoding.UCS2, 2)
    long = order(text="€" * 700, **norway)
    assert draft(ACCOUNT, long, latin1, NOW).carrier_id == 1, "the next one takes it"
    with pytest.raises(Refusal) as refused:
        draft(ACCOUNT, long, msgspec.structs.replace(latin1, routes=ByPrefix({"": (2,)})), NOW)
    assert refused.value.reason is Reason.CONTENT


# --- while a carrier is out -----------------------------------------------------------------------------

TWO_WAYS = msgspec.structs.replace(
    TERMS,
    routes=ByPrefix({"46": (1, 2, 3), "47": (2,)}),
    shifts={1: (Encoding.GSM7_TURKISH,)},
    latin1=frozenset({3}),
    limits={2: lambda sender, text: sender.isalnum() and len(text) < 300},
    most_segments=4,
)


@pytest.mark.parametrize(
    ("given", "out", "carrier"),
    [
        ({}, set(), 1),
        ({}, {1}, 2),
        ({}, {1, 2}, 3),
        ({}, {1, 2, 3}, 1),
        ({"sender": "Kavle AB"}, {1}, 3),  # the second does not take such a sender
        ({"text": "x" * 400}, {1}, 3),  # nor such a long text
        ({"at": str(HOUR)}, {1}, 1),  # by then it may be back
        ({"at": str(HOUR - 7200)}, {1}, 2),
        ({"recipient": "+4791234567", "sender": "Kavle AB"}, {2}, 2),  # no other serves that route
        ({"text": "ığ" * 38}, {1}, 2),
        ({"text": "€" * 300}, {1}, 1),  # 4 segments, but 5 in UCS-2 for a carrier of Latin-1
        ({"text": "x" * 300 + "ı"}, {1}, 1),  # 3 segments in Turkish, 5 in UCS-2: more than are allowed
    ],
)
def test_a_message_takes_the_first_carrier_that_is_not_out_and_takes_it(
    given: dict[str, object], out: set[int], carrier: int
) -> None:
    assert draft(ACCOUNT, order(**given), TWO_WAYS, NOW, out).carrier_id == carrier
    changes = {"priority": "1", **given}
    asked = BundleOrder(
        str(changes.pop("recipient", "0702617396")), **{"sender": "ip1", "text": "Testar", **changes}
    )  # type: ignore[arg-type]
    drafted = orders.bundle_draft(ACCOUNT, asked, TWO_WAYS, NOW)
    found = list(destinations(ACCOUNT, asked, drafted, TWO_WAYS, out))
    assert [one.carrier_id for one in found] == [carrier]
    assert addressed(drafted, found, TWO_WAYS).segments <= 4


def test_a_text_is_encoded_and_priced_for_who_sends_it() -> None:
    turkish = order(text="ığ" * 38)
    sms = draft(ACCOUNT, turkish, TWO_WAYS, NOW)
    assert (sms.encoding, sms.segments) == (Encoding.GSM7_TURKISH, 1)
    sms = draft(ACCOUNT, turkish, TWO_WAYS, NOW, {1})
    assert (sms.encoding, sms.segments) == (Encoding.UCS2, 2)


def test_an_account_may_want_its_texts_in_the_plain_alphabet() -> None:
    text = "“Hej” – " + "x" * 152
    assert draft(ACCOUNT, order(text=text), TERMS, NOW).segments == 3
    sms = draft(account(transliterate=True), order(text=text), TERMS, NOW)
    assert (sms.text[:8], sms.encoding, sms.segments) == ('"Hej" - ', Encoding.GSM7, 1)
