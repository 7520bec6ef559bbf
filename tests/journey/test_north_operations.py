"""The twelve operations of the SMS web service: what each gives to core, and what it tells of the answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from kavle.core.bundle_order import BundleOrder
from kavle.core.order import SmsOrder
from kavle.model.account import AccountSettings, BalanceFormat
from kavle.model.status import Status
from kavle.north.settings import Locale
from support.north import NAME, PASSWORD, Gateway, gateway

NAMESPACE = "http://tempuri.org/"
SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SERVICE = "/sendSms/sendSms.asmx"
LOGIN = {"konto": NAME, "passwd": PASSWORD}
SMS = LOGIN | {"till": "0702617396", "from": "ip1", "meddelande": "Hej", "prio": "3"}
MANY = SMS | {"till": "0702617396, 0702617397"}


@pytest.fixture(scope="module")
def running() -> Iterator[Gateway]:
    with gateway() as running:
        yield running


@pytest.fixture
def north(running: Gateway) -> Gateway:
    running.core.__init__()  # type: ignore[misc]
    running.clock.forward(hours=1)
    return running


def call(north: Gateway, operation: str, parameters: dict[str, str], namespace: str = NAMESPACE) -> str:
    """The result's text."""
    return result(north, operation, parameters, namespace).text or ""


def result(
    north: Gateway, operation: str, parameters: dict[str, str], namespace: str = NAMESPACE
) -> etree._Element:
    children = "".join(f"<{name}>{value}</{name}>" for name, value in parameters.items())
    body = f'<{operation} xmlns="{namespace}">{children}</{operation}>'
    answer = north.post(f'<s:Envelope xmlns:s="{SOAP11}"><s:Body>{body}</s:Body></s:Envelope>')
    assert answer.status == 200, answer.body
    space = f"{{{namespace}}}" if namespace else ""
    path = f"{{{SOAP11}}}Body/{space}{operation}Response/{space}{operation}Result"
    found = etree.fromstring(answer.body).find(path)
    assert found is not None
    return found


# --- sending ------------------------------------------------------------------------------------------------

ORDERS = {
    "sms": (SMS, SmsOrder("0702617396", "ip1", "Hej", "3")),
    "flashSms": (SMS, SmsOrder("0702617396", "ip1", "Hej", "3", flash=True)),
    "smsAt": (SMS | {"sendAt": "1798794000"}, SmsOrder("0702617396", "ip1", "Hej", "3", at="1798794000")),
}


@pytest.mark.parametrize("operation", ORDERS)
def test_one_to_one(north: Gateway, operation: str) -> None:
    parameters, order = ORDERS[operation]
    assert call(north, operation, parameters) == "1000"
    assert north.core.orders == [order]


BUNDLES = {
    "smsBundle": (MANY, BundleOrder(MANY["till"], "ip1", "Hej", "3")),
    "smsBundleAt": (MANY | {"sendAt": "9"}, BundleOrder(MANY["till"], "ip1", "Hej", "3", at="9")),
}


@pytest.mark.parametrize("operation", BUNDLES)
def test_one_to_many(north: Gateway, operation: str) -> None:
    parameters, order = BUNDLES[operation]
    assert call(north, operation, parameters) == "5000001"
    assert north.core.bundles == [order]


@pytest.mark.parametrize("operation", ["sms", "flashSms", "smsBundle"])
def test_a_time_is_asked_for_by_its_own_operations_only(north: Gateway, operation: str) -> None:
    call(north, operation, SMS | {"sendAt": "1798794000"})
    assert [order.at for order in (*north.core.orders, *north.core.bundles)] == [None]


@pytest.mark.parametrize("operation", ["smsAt", "smsBundleAt"])
def test_without_the_time_it_is_110_and_an_empty_one_is_for_core_to_judge(
    north: Gateway, operation: str
) -> None:
    assert call(north, operation, SMS) == "110"
    assert north.core.orders == north.core.bundles == []
    call(north, operation, SMS | {"sendAt": ""})
    assert [order.at for order in (*north.core.orders, *north.core.bundles)] == [""]


SENDING = ("sms", "flashSms", "smsAt", "smsBundle", "smsBundleAt")


@pytest.mark.parametrize("operation", SENDING)
@pytest.mark.parametrize("missing", ["till", "meddelande"])
def test_what_is_missing_is_110(north: Gateway, operation: str, missing: str) -> None:
    parameters = {name: value for name, value in (SMS | {"sendAt": "9"}).items() if name != missing}
    assert call(north, operation, parameters) == "110"
    assert north.core.orders == north.core.bundles == []


@pytest.mark.parametrize("operation", SENDING)
def test_prio_and_from_may_be_missing(north: Gateway, operation: str) -> None:
    assert int(call(north, operation, LOGIN | {"till": "1", "meddelande": "Hej", "sendAt": "9"})) >= 1000
    assert [(order.sender, order.priority) for order in (*north.core.orders, *north.core.bundles)] == [
        ("", "")
    ]


REASONS = {"BALANCE": "100", "PARAMETER": "110", "CONTENT": "2", "RECIPIENT": "3", "UNAVAILABLE": "42"}


@pytest.mark.parametrize("operation", SENDING)
@pytest.mark.parametrize(("reason", "code"), REASONS.items(), ids=REASONS)
def test_a_refusal_is_a_code(north: Gateway, operation: str, reason: str, code: str) -> None:
    assert call(north, operation, SMS | {"meddelande": reason, "sendAt": "9"}) == code


WITH_LOGIN = (*SENDING, "cancelSms", "cancelBundle", "balans")
WRONG = {
    "no account": ({"passwd": PASSWORD}, "110"),
    "an empty account": ({"konto": "", "passwd": PASSWORD}, "110"),
    "no password": ({"konto": NAME}, "110"),
    "an empty password": ({"konto": NAME, "passwd": ""}, "110"),
    "a wrong account": ({"konto": "nobody", "passwd": PASSWORD}, "101"),
    "a wrong password": ({"konto": NAME, "passwd": "wrong"}, "101"),
}


@pytest.mark.parametrize("operation", WITH_LOGIN)
@pytest.mark.parametrize(("given", "code"), WRONG.values(), ids=WRONG)
def test_credentials_come_before_all_other_parameters(
    north: Gateway, operation: str, given: dict[str, str], code: str
) -> None:
    assert call(north, operation, given) == code
    assert call(north, operation, given | {"meddelande": "", "till": "", "prio": "9", "sendAt": "x"}) == code


# --- cancelling ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "name", "kind"), [("cancelSms", "smsID", "sms"), ("cancelBundle", "bundleID", "bundle")]
)
def test_cancelling(north: Gateway, operation: str, name: str, kind: str) -> None:
    north.core.due_times["1000"] = datetime(2026, 7, 1, tzinfo=UTC)
    north.core.listed["1000"] = [(1001, Status.DELAYED)]
    assert call(north, operation, LOGIN | {name: "1000"}) == "0"
    assert north.core.cancelled == [(kind, "1000")]
    for given in ({name: "1001"}, {name: ""}, {}):
        assert call(north, operation, LOGIN | given) == "110"
    assert call(north, operation, LOGIN | {"id": "1000"}) == "0"
    assert len(north.core.cancelled) == 2


# --- asking -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("like", ["98.50", "98,50", "98"])
def test_the_balance_is_written_as_the_account_wants_it(north: Gateway, like: BalanceFormat) -> None:
    north.core.settings = AccountSettings(balance=like)
    north.clock.forward(hours=1)  # the account is read anew
    assert call(north, "balans", {"Konto": NAME, "Passwd": PASSWORD}) == like


@pytest.mark.parametrize(
    ("code", "text"),
    [("22", "Delivered to the phone"), (" 12 ", "Delayed delivery canceled"), ("7", ""), ("", ""), ("x", "")],
)
def test_what_a_code_means(north: Gateway, code: str, text: str) -> None:
    assert call(north, "beskrivning", {"Id": code}) == text


def test_what_a_code_means_without_a_code(north: Gateway) -> None:
    assert call(north, "beskrivning", {}) == "110"


def test_what_a_code_means_in_swedish() -> None:
    with gateway(locale=Locale(language="sv")) as north:
        assert call(north, "beskrivning", {"Id": "11"}) == "Leverans fördröjd"


@pytest.mark.parametrize("namespace", [NAMESPACE, "", "http://web.smscom.se/sendSms/"])
def test_a_bundles_statuses_in_the_order_of_its_recipients(north: Gateway, namespace: str) -> None:
    rows = [(2**31 - 1, Status.INVALID_NUMBER), (1000, Status.DELIVERED), (1001, Status.DELAYED)]
    north.core.listed["5000001"] = rows
    listed = result(north, "statusBundle", {"bundleID": "5000001"}, namespace)
    space = f"{{{namespace}}}" if namespace else ""
    assert [
        [(str(field.tag), field.text) for field in one] for one in listed.iterfind(f"{space}SmsStatus")
    ] == [[(f"{space}smsID", str(sms)), (f"{space}status", str(status.value))] for sms, status in rows]


@pytest.mark.parametrize("given", [{}, {"bundleID": ""}, {"bundleID": "1000"}, {"bundleID": "x"}])
def test_an_unknown_bundle_is_an_empty_list(north: Gateway, given: dict[str, str]) -> None:
    assert list(result(north, "statusBundle", given)) == []


def test_a_bundle_that_can_not_be_read_is_no_empty_list(north: Gateway) -> None:
    north.core.down = True
    assert call(north, "status", {"id": "1000"}) == "42"
    for query in ("statusBundle?bundleID=1", "statusBundle?bundleid=1&x"):
        assert north.get(f"{SERVICE}/{query}").status == 503


@pytest.mark.parametrize(
    ("due", "told"),
    [
        (datetime(2026, 7, 1, 22, 30, tzinfo=UTC), "2026-07-02 00:30:00"),
        (datetime(2026, 12, 31, 23, 0, 5, tzinfo=UTC), "2027-01-01 00:00:05"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "2026-10-25 02:30:00"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "2026-10-25 02:30:00"),  # clocks were put back meanwhile
        (datetime(2027, 3, 28, 0, 59, 59, tzinfo=UTC), "2027-03-28 01:59:59"),
        (datetime(2027, 3, 28, 1, 0, tzinfo=UTC), "2027-03-28 03:00:00"),
    ],
)
def test_when_it_is_to_be_sent_in_swedish_time(north: Gateway, due: datetime, told: str) -> None:
    north.core.due_times["1005"] = due
    assert call(north, "tidpunkt", {"id": "1005"}) == told


def test_when_it_is_to_be_sent_in_another_time() -> None:
    with gateway(locale=Locale(zone=ZoneInfo("UTC"))) as north:
        north.core.due_times["1005"] = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
        assert call(north, "tidpunkt", {"id": "1005"}) == "2026-07-01 22:30:00"


@pytest.mark.parametrize("id", ["1000", "4711", "", "-1", "x"])
def test_0_for_what_is_not_time_controlled_or_not_known(north: Gateway, id: str) -> None:
    assert call(north, "tidpunkt", {"id": id}) == "0"


# --- asking without a password ------------------------------------------------------------------------------

ASKED = {"status": "id", "statusBundle": "bundleID", "tidpunkt": "id"}


def told(north: Gateway, operation: str, id: str) -> str:
    return etree.tostring(result(north, operation, {ASKED[operation]: id})).decode()


def known(north: Gateway) -> None:
    north.core.due_times["1000"] = datetime(2026, 7, 1, tzinfo=UTC)
    north.core.listed["1000"] = [(1000, Status.DELIVERED)]


@pytest.mark.parametrize("guessing", ASKED)
@pytest.mark.parametrize("asking", ASKED)
def test_ids_can_not_be_found_by_trying(north: Gateway, guessing: str, asking: str) -> None:
    known(north)
    right, unknown = told(north, asking, "1000"), told(north, asking, "4711")
    assert right != unknown
    for guess in range(100):
        told(north, guessing, str(7000 + guess))
    assert told(north, asking, "1000") == unknown
    north.clock.forward(minutes=1)
    assert told(north, asking, "1000") == right


def test_who_guesses_spoils_nobody_elses_asking() -> None:
    def asked(address: str, id: str) -> bytes:
        return north.get(f"{SERVICE}/status?id={id}", headers=f"X-Forwarded-For: {address}\r\n").body

    with gateway(trusted_proxies=("127.0.0.1",)) as north:
        for guess in range(100):
            assert b">110<" in asked("192.0.2.1", str(7000 + guess))
        assert b">110<" in asked("192.0.2.1", "1000")
        assert b">22<" in asked("192.0.2.2", "1000")


def test_untimed_messages_are_no_guesses(north: Gateway) -> None:
    for _ in range(101):
        assert call(north, "tidpunkt", {"id": "1000"}) == "0"
    assert call(north, "status", {"id": "1000"}) == "22"


@pytest.mark.parametrize("operation", ASKED)
def test_a_setting_limits_them_to_the_accounts_own_addresses(operation: str) -> None:
    with gateway(status_from_own_addresses=True) as north:
        known(north)
        right, unknown = told(north, operation, "1000"), told(north, operation, "4711")
        assert right != unknown  # the account may call from everywhere
        north.core.settings = AccountSettings(addresses=("192.0.2.0/24", "::1"))
        assert told(north, operation, "1000") == unknown
        north.core.settings = AccountSettings(addresses=("192.0.2.0/24", "127.0.0.1"))
        assert told(north, operation, "1000") == right


def test_a_foreign_id_counts_as_a_guess() -> None:
    with gateway(status_from_own_addresses=True) as north:
        north.core.settings = AccountSettings(addresses=("192.0.2.1",))
        for _ in range(100):
            assert call(north, "status", {"id": "1000"}) == "110"
        north.core.settings = AccountSettings()
        assert call(north, "status", {"id": "1000"}) == "110"


def test_namespaces_that_are_not_the_wsdls_are_counted(north: Gateway) -> None:
    for namespace in ("urn:old", "urn:old", "http://example.com/old/", NAMESPACE):
        call(north, "balans", {"Konto": NAME, "Passwd": PASSWORD}, namespace)
    told = north.get("/metrics").body.decode()
    lines = [line for line in told.splitlines() if line.startswith("kavle_foreign_namespace_total")]
    assert 'kavle_foreign_namespace_total{namespace="urn:old"} 2.0' in lines
    assert 'kavle_foreign_namespace_total{namespace="http://example.com/old/"} 1.0' in lines
    assert not any(NAMESPACE in line for line in lines)


def test_it_is_not_ready_before_the_database_has_taken_anything(north: Gateway) -> None:
    answer = north.get("/readyz")
    assert (answer.status, answer.body) == (503, b"starting: the database has taken nothing yet")
