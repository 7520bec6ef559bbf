"""An account's settings as an operator writes them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.model.account import AccountSettings
from kavle.model.account_change import KEYS, changed, shown

DEFAULTS = AccountSettings()


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("sender", "Larm & Co", "Larm & Co"),
        ("sender", "070-261 73 96", "070-261 73 96"),
        ("region", "no", "NO"),
        ("charset", "latin-1", "latin-1"),
        ("transliterate", "yes", True),
        ("transliterate", "No", False),
        ("balance", "98,50", "98,50"),
        ("addresses", "192.0.2.7", ("192.0.2.7",)),
        ("addresses", "192.0.2.7, 198.51.100.0/24,", ("192.0.2.7", "198.51.100.0/24")),
        ("addresses", "192.0.2.7/32,192.0.2.7", ("192.0.2.7",)),
        ("addresses", "2001:DB8::/32,2001:db8:0::1", ("2001:db8::/32", "2001:db8::1")),
        ("prices", "0.80", (("", 8_000),)),
        ("prices", "0.8, 46:0.385,4670:1", (("4670", 10_000), ("46", 3_850), ("", 8_000))),
        ("per_minute", "600", 600),
        ("texts_days", "30", 30),
        ("messages_days", "8", 8),
        ("hosts", "Shop.Example.com,localhost", ("shop.example.com", "localhost")),
        ("hosts", "xn--blbr-roah.example,192.0.2.7", ("xn--blbr-roah.example", "192.0.2.7")),
    ],
)
def test_what_is_written_is_read_and_an_empty_text_brings_the_default_back(
    key: str, text: str, value: object
) -> None:
    settings = changed(DEFAULTS, {key: text})
    assert settings == msgspec.structs.replace(DEFAULTS, **{key: value})
    assert changed(settings, {key: ""}) == DEFAULTS


@pytest.mark.parametrize(
    ("key", "text", "problem"),
    [
        ("sender", "a\tb", "sender: the sender holds control characters"),
        ("sender", " ", "sender: the sender is empty"),
        ("sender", "0123456789012345678", "sender: a sender that is a number has 1 to 15 digits"),
        ("region", "XX", "region: not a region that numbers are known of"),
        ("charset", "cp1252", "charset: expected one of auto latin-1 utf-8"),
        ("transliterate", "maybe", "transliterate: expected yes or no"),
        ("balance", "98.5", "balance: expected one of 98.50 98,50 98"),
        (
            "addresses",
            "10.0.0.1/8",
            "addresses: 10.0.0.1/8 has host bits set; write 192.0.2.7, or 192.0.2.0/24",
        ),
        ("addresses", "192.0.2.7 192.0.2.8", "addresses: '192.0.2.7 192.0.2.8' does not appear to be"),
        ("prices", "+46:0.40", "prices: '+46:0.40' is no price; write 46:0.40, or 0.80 for all numbers"),
        ("prices", "0.40,", "prices: '' is no price"),
        ("prices", "0,40", "prices: '40' is no price; write 46:0.40"),
        ("prices", "46:x", "prices: 'x' is not an amount"),
        ("prices", "46:-1", "prices: '-1' is not an amount"),
        ("prices", ",".join(f"{at}:1" for at in range(101)), "prices: expected 100 at most"),
        ("per_minute", "0", "per_minute: expected a whole number, 1 or more"),
        ("per_minute", "٣", "per_minute: expected a whole number"),
        ("texts_days", "7", "texts_days: expected a whole number of days, 8 or more"),
        ("texts_days", "36501", "texts_days: expected a whole number of days"),
        ("messages_days", "0", "messages_days: expected a whole number of days"),
        ("hosts", "https://shop.example.com/", "is no host name; write it alone, as in www.example.com"),
        ("hosts", "shop.example.com:8080", "is no host name"),
        ("hosts", "blåbär.example", "is no host name"),
        ("hosts", "-a.example", "is no host name"),
        ("hosts", ".".join(["a" * 60] * 5), "is no host name"),
        ("hosts", ",".join(f"a{at}" for at in range(101)), "hosts: expected 100 at most"),
        ("sendr", "x", "sendr: no such setting; did you mean sender?"),
        ("colour", "x", "colour: no such setting; there are sender, region"),
        ("disabled", "yes", "disabled: no such setting; `kavle account disable` and"),
        ("password", "x", "password: no such setting"),
    ],
)
def test_what_is_wrong_is_told_by_its_key(key: str, text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=key) as raised:
        changed(DEFAULTS, {"region": "NO", key: text})
    assert problem in str(raised.value)


def test_what_is_not_named_stays() -> None:
    settings = AccountSettings(disabled=True, sender="Larm", region="NO")
    assert changed(settings, {"region": "SE"}) == AccountSettings(disabled=True, sender="Larm", region="SE")


def test_every_setting_can_be_changed_but_for_log_in() -> None:
    assert {*KEYS, "disabled"} == set(AccountSettings.__struct_fields__)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "sender": st.sampled_from(["Larm", "070 123", "åäö & . -"]),
            "region": st.sampled_from(["se", "NO"]),
            "transliterate": st.sampled_from(["yes", "no"]),
            "addresses": st.lists(st.ip_addresses().map(str)).map(",".join),
            "hosts": st.lists(st.from_regex(r"\A[a-z0-9]{1,9}(\.[a-z]{2,5}){0,2}\Z")).map(",".join),
        },
    )
)
def test_what_is_shown_can_be_written_again(given: dict[str, str]) -> None:
    settings = changed(DEFAULTS, given)
    assert changed(DEFAULTS, shown(settings)) == settings


@given(st.sampled_from(sorted(KEYS)), st.text())
def test_any_text_is_a_setting_or_told_to_be_wrong(key: str, text: str) -> None:
    settings, problem = DEFAULTS, f"{key}: "
    try:
        settings = changed(DEFAULTS, {key: text})
    except ValueError as error:
        problem = str(error)
    finally:
        assert problem.startswith(f"{key}: ")
        assert msgspec.json.decode(msgspec.json.encode(settings), type=AccountSettings) == settings
