"""What is asked of the REST provider, and what its answers and reports mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.model.message import Lease, Parcel, Refused, Unsent, Unsure
from kavle.model.status import Status
from kavle.settings import SettingsError, load
from kavle.sms.segment import Encoding, encoding_for, split
from kavle.south.ip1.batch import BAD_BODY, BAD_SENDER, batches, fits, refusal, request
from kavle.south.ip1.outcomes import meaning_of
from kavle.south.ip1.reports import receipt_of, status_of
from kavle.south.ip1.settings import Ip1Settings
from kavle.south.meaning import LONGEST_PAUSE, SHORTEST_PAUSE, no_answer, pause

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET = "s" * 24

EXPIRES = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def parcel(message_id: int = 5, text: str = "Hej", **changes: Any) -> Parcel:
    encoding = encoding_for(text)
    fields = {
        "lease": Lease(message_id, 0xABC, 2),
        "recipient": "46702617396",
        "sender": "ip1",
        "text": text,
        "encoding": encoding,
        "flash": False,
        "priority": 2,
        "expires_at": EXPIRES,
        "segments": split(text, encoding, message_id),
    }
    return Parcel(**fields | changes)


def asked(*parcels: Parcel, sender: str = "", express: bool = False, url: str = "") -> Any:
    (batch,) = batches(parcels, 100, 0.0)
    return json.loads(request(batch, sender, express, url))


# --- requests ------------------------------------------------------------------------------------------


def test_a_message_as_it_is_asked_for() -> None:
    assert asked(parcel(), url="https://sms.example.com/carriers/ip1/x") == {
        "sender": "ip1",
        "recipients": ["46702617396"],
        "body": "Hej",
        "type": "sms",
        "datacoding": "gsm",
        "priority": 1,
        "reference": "5-2-abc",
        "deliveryReportUrl": "https://sms.example.com/carriers/ip1/x",
    }


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"flash": True}, "type", "flash"),
        ({"text": "Привет"}, "datacoding", "ucs"),
        ({"encoding": Encoding.GSM7_TURKISH}, "datacoding", "ucs"),
        ({"text": "Hej {name}"}, "body", "Hej {name}"),
        ({"sender": "Öst larm"}, "sender", "Reserve"),
        ({"sender": "46701740699"}, "sender", "46701740699"),
        ({"priority": 3}, "priority", 2),
        ({"priority": 2}, "priority", 1),
    ],
)
def test_what_of_a_message_shows_in_its_request(changes: Any, field: str, value: object) -> None:
    assert asked(parcel(**changes), sender="Reserve", express=True)[field] == value


def test_priority_3_costs_more_only_where_that_is_set() -> None:
    assert asked(parcel(priority=3))["priority"] == 1


def test_no_reports_are_asked_for_without_an_address() -> None:
    assert "deliveryReportUrl" not in asked(parcel())


@pytest.mark.parametrize("sender", ["ip1", "Kavle", "12345678901", "123456789012345", "7", "A1234567890"])
def test_senders_that_the_provider_takes(sender: str) -> None:
    assert fits(sender)


@pytest.mark.parametrize(
    "sender", ["", "ab", "A12345678901", "1234567890123456", "Öst", "a b", "a&b", "١٢٣", "abc\n"]
)
def test_senders_that_it_refuses(sender: str) -> None:
    assert not fits(sender)
    assert refusal(parcel(sender=sender), "") is BAD_SENDER
    assert refusal(parcel(sender=sender), "Reserve") is None


@pytest.mark.parametrize("text", [" ", " \n", "x" * 2001, "👋" * 1001])
def test_texts_that_it_refuses(text: str) -> None:
    assert refusal(parcel(text=text), "") is BAD_BODY


def test_the_longest_text_is_taken() -> None:
    assert refusal(parcel(text="x" * 2000), "") is None
    assert refusal(parcel(text="👋" * 1000), "") is None


# --- batches -------------------------------------------------------------------------------------------


def numbers(groups: Any) -> list[list[str]]:
    return [[one.recipient for one in batch.parcels] for batch in groups]


def test_one_text_to_many_goes_together() -> None:
    many = [parcel(id, recipient=f"4670{id}") for id in (1, 2, 3)]
    assert numbers(batches(many, 100, 0.0)) == [["46701", "46702", "46703"]]


@pytest.mark.parametrize("other", [{"text": "Hopp"}, {"sender": "Kavle"}, {"flash": True}, {"priority": 3}])
def test_what_says_something_else_goes_by_itself(other: Any) -> None:
    assert numbers(batches([parcel(1), parcel(2, recipient="4671", **other)], 100, 0.0)) == [
        ["46702617396"],
        ["4671"],
    ]


def test_one_number_twice_goes_twice() -> None:
    # Its reports would be the same to the letter.
    assert numbers(batches([parcel(1), parcel(2), parcel(3)], 100, 0.0)) == [["46702617396"]] * 3


texts = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["461", "462", "463"])), max_size=30)


@given(texts, st.integers(1, 5))
def test_batches_lose_and_double_nothing(asked: list[tuple[str, str]], most: int) -> None:
    parcels = [parcel(id, text, recipient=number) for id, (text, number) in enumerate(asked, start=1)]
    made = batches(parcels, most, 0.0)
    assert sorted(one.lease.message_id for batch in made for one in batch.parcels) == [
        *range(1, len(asked) + 1)
    ]
    assert len({batch.reference for batch in made}) == len(made)
    for batch in made:
        assert len({one.recipient for one in batch.parcels}) == len(batch.parcels) <= most
        assert len({one.text for one in batch.parcels}) == 1


# --- answers -------------------------------------------------------------------------------------------

LATER = {401, 402, 403, 404, 405, 408, 410, 429, 503, 301, 307, 302}
UNSURE = {500, 501, 502, 504, 520}
FOR_GOOD = {400: 51, 409: 42, 413: 41, 415: 42, 422: 51}


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_yes(status: int) -> None:
    assert meaning_of(status, "", b"", NOW).result is None


@pytest.mark.parametrize("status", sorted(LATER))
def test_it_took_nothing_and_may_later(status: int) -> None:
    said = meaning_of(status, "", b"", NOW)
    assert said.result == Refused(Status.NETWORK_FAILED, True, f"HTTP {status}")
    assert (said.pause > 0) == (status == 429)
    assert bool(said.down) == (status != 429)


@pytest.mark.parametrize("status", sorted(UNSURE))
def test_what_it_did_before_it_failed_is_not_known(status: int) -> None:
    said = meaning_of(status, "", b"", NOW)
    assert said.result == Unsure(f"HTTP {status}")
    assert said.down


@pytest.mark.parametrize(("status", "public"), sorted(FOR_GOOD.items()))
def test_it_refuses_for_good(status: int, public: int) -> None:
    said = meaning_of(status, "", b"", NOW)
    assert said.result == Refused(Status(public), False, f"HTTP {status}")
    assert not said.down


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize(
    ("told", "public"),
    [
        ({"errors": {"Recipients": ["longer than 15"]}}, 52),
        ({"errors": {"body": ["longer than 2000"]}, "title": "recipient"}, 41),
        ({"errors": {"Sender": ["not registered"]}}, 51),
        ({"message": "The recipient is not valid"}, 52),
        ({"message": "The sender is not registered"}, 51),
        ({"message": "anybody"}, 51),
        ("nothing", 51),
        ([1, {"errors": 2}], 51),
    ],
)
def test_which_status_by_what_it_finds_fault_with(status: int, told: Any, public: int) -> None:
    said = meaning_of(status, "", json.dumps(told).encode(), NOW)
    assert isinstance(said.result, Refused)
    assert (said.result.status, said.result.retryable) == (public, False)


def test_what_it_says_of_the_message_is_not_kept() -> None:
    said = meaning_of(400, "", b'{"message": "body: my secret text to 46702617396"}', NOW)
    assert said.result == Refused(Status.CONTENT_REFUSED, False, "HTTP 400: body")


def test_no_answer() -> None:
    assert no_answer(True, "cut").result == Unsure("cut")
    assert no_answer(False, "refused").result == Unsent()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", SHORTEST_PAUSE),
        ("0", SHORTEST_PAUSE),
        ("7", 7.0),
        ("99999999999999999999", LONGEST_PAUSE),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", SHORTEST_PAUSE),
        ("Sun, 22 Nov 2026 12:00:30 -0000", SHORTEST_PAUSE),
        ("soon", SHORTEST_PAUSE),
        ("-5", SHORTEST_PAUSE),
        ("٧", SHORTEST_PAUSE),
    ],
)
def test_how_long_it_wants_peace(header: str, seconds: float) -> None:
    assert pause(header, NOW) == seconds


@pytest.mark.parametrize("body", [b"[" * 60_000, b'{"errors":' * 6_000, b'{"errors": {"\xff": 1}}', b"\xff"])
def test_a_hostile_answer_is_an_answer(body: bytes) -> None:
    said = meaning_of(400, "", body, NOW)
    assert said.result == Refused(Status.NETWORK_FAILED, False, "HTTP 400")


@given(st.integers(100, 999), st.text(max_size=40), st.binary(max_size=200))
def test_any_answer_has_a_meaning(status: int, retry_after: str, body: bytes) -> None:
    meaning_of(status, retry_after, body, NOW)


# --- reports -------------------------------------------------------------------------------------------

REPORT = {"code": 201, "reference": "5-2-abc", "recipient": "46702617396", "duration": 1, "price": 0.082}


def told(**changes: Any) -> bytes:
    return json.dumps({key: value for key, value in (REPORT | changes).items() if value is not None}).encode()


@pytest.mark.parametrize(
    ("code", "final", "status"),
    [
        (101, False, Status.IN_NETWORK),
        (114, True, Status.IN_NETWORK),
        (199, False, Status.IN_NETWORK),
        (201, True, Status.DELIVERED),
        (201, False, Status.DELIVERED),
        (202, True, Status.EXPIRED),
        (203, True, Status.DELIVERY_FAILED),
        (299, True, None),
        (301, True, None),
        (402, True, Status.NETWORK_FAILED),
        (403, True, Status.NETWORK_FAILED),
        (404, True, Status.CONTENT_REFUSED),
        (499, True, Status.NETWORK_FAILED),
        (500, True, Status.DELIVERY_FAILED),
        (500, False, Status.IN_NETWORK),
        (404, False, Status.IN_NETWORK),
    ],
)
def test_what_a_code_means(code: int, final: bool, status: Status | None) -> None:
    assert status_of(code, final) is status


def test_a_report_as_it_is_kept() -> None:
    receipt = receipt_of(3, told(), NOW)
    assert (receipt.carrier_id, receipt.network_id, receipt.recipient) == (3, "5-2-abc", "46702617396")
    assert (receipt.status, receipt.raw, receipt.at) == (Status.DELIVERED, "code:201 duration:1", NOW)


@pytest.mark.parametrize("duration", [1, True, None])
def test_a_last_word(duration: object) -> None:
    assert receipt_of(3, told(code=500, duration=duration), NOW).status is Status.DELIVERY_FAILED


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'"' * 9000,
        b"[" * 9000,
        told(code=None),
        told(code="201"),
        told(code=7),
        told(code=10**30),
        told(reference=None),
        told(reference=""),
        told(reference="x' OR 1=1"),
        told(reference="a\x00b"),
        told(reference="a" * 65),
        told(recipient="+4670 26"),
        told(recipient="1" * 17),
        told(duration="yes"),
    ],
)
def test_what_is_no_report(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        receipt_of(3, body, NOW)
    assert "OR 1=1" not in str(error.value)


# --- the settings --------------------------------------------------------------------------------------


class Settings(msgspec.Struct):
    carrier: list[Ip1Settings] = []


def settings(tmp_path: Any, **fields: Any) -> Ip1Settings:
    given = {"name": "ip1", "kind": "ip1", "token": "top-Secret"} | fields
    path = tmp_path / "kavle.toml"
    path.write_text(
        "\n".join(["[[carrier]]", *(f"{key} = {json.dumps(v)}" for key, v in given.items())]), "utf-8"
    )
    return load(Settings, path, {}).carrier[0]


def test_the_settings_of_a_carrier(tmp_path: Any) -> None:
    made = settings(tmp_path, name="i/p 1", webhook=SECRET)
    assert made.api == "https://api.ip1sms.com"
    assert made.report_path == f"/carriers/i%2Fp%201/{SECRET}"
    assert settings(tmp_path).report_path == ""
    assert SECRET not in repr(made)
    assert "top-Secret" not in repr(made)


def test_each_bind_has_its_share(tmp_path: Any) -> None:
    one = settings(tmp_path, binds=2, window=30, connections=5).for_one_bind()
    assert (one.binds, one.window, one.connections) == (1, 15, 2)


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"api": "http://api.ip1sms.com"}, "api"),
        ({"api": "ftp://127.0.0.1"}, "api"),
        ({"api": "https://"}, "api"),
        ({"api": "https://me:pw@api.ip1sms.com"}, "api"),
        ({"api": "https://api.ip1sms.com/?a=b"}, "api"),
        ({"token": ""}, "token"),
        ({"token": "a b"}, "token"),
        ({"token": "a\nb"}, "token"),
        ({"webhook": "short"}, "webhook"),
        ({"webhook": "/" * 24}, "webhook"),
        ({"sender": "Öst larm"}, "sender"),
        ({"binds": 9}, "binds"),
        ({"connections": 0}, "connections"),
    ],
)
def test_settings_that_can_not_be(tmp_path: Any, wrong: Any, key: str) -> None:
    with pytest.raises(SettingsError, match=rf"carrier\.ip1\.{key}: ") as error:
        settings(tmp_path, **wrong)
    assert "top-Secret" not in str(error.value)
    assert "me:pw" not in str(error.value)


def test_plain_http_is_for_this_machine_alone(tmp_path: Any) -> None:
    assert settings(tmp_path, api="http://127.0.0.1:8000").api == "http://127.0.0.1:8000"


# --- what it stands in for ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sender", "text", "taken"),
    [
        ("ip1", "Hej", True),
        ("46702617396", "x" * 2000, True),
        ("ip1", "x" * 2001, False),
        ("ip1", " \n", False),
        ("Kavle AB", "Hej", False),
    ],
)
def test_it_is_no_stand_in_for_what_it_would_refuse(sender: str, text: str, taken: bool) -> None:
    own = Ip1Settings(name="ip1", token="t", sender="Acme")
    assert Ip1Settings(name="ip1", token="t").takes(sender, text) is taken
    assert own.takes(sender, text) is (taken or sender == "Kavle AB")
    assert (refusal(parcel(text=text, sender=sender), "") is None) is taken
