"""The web service before the real core and store: bundled, timed and cancelled, from call to phone."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from kavle.cli.config import GatewaySettings
from support.books import Place
from support.patience import PATIENCE
from support.running import Running, running

SERVICE = "/sendSms/sendSms.asmx"
SMS = {
    "konto": "test",
    "passwd": "1234",
    "till": "0702617396",
    "from": "ip1",
    "meddelande": "Hej",
    "prio": "2",
}
MANY = SMS | {"till": "0702617396,+46 70 174 06 05;0;0702617396"}


@pytest.fixture
async def run(place: Place) -> AsyncIterator[Running]:
    async with running(place) as run:
        yield run


async def statuses(run: Running, bundle: str) -> list[tuple[str, str]]:
    body = await run.get(f"{SERVICE}/statusBundle?bundleID={bundle}")
    return re.findall(r"<smsID>([0-9]+)</smsID><status>([0-9]+)</status>", body)


def later() -> tuple[str, str]:
    """An hour from now, in Unix seconds and as `tidpunkt` tells it."""
    at = int(time.time()) + 3600
    told = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo("Europe/Stockholm"))
    return str(at), f"{told:%Y-%m-%d %H:%M:%S}"


async def test_a_bundle_is_told_in_the_order_of_its_recipients(run: Running) -> None:
    bundle = await run.soap("smsBundle", **MANY)
    assert int(bundle) >= 1000
    async with asyncio.timeout(PATIENCE):
        while [status for _, status in await statuses(run, bundle)] != ["22", "22", "3", "22"]:
            await asyncio.sleep(0.05)
    told = await statuses(run, bundle)
    run.answered.extend(id for id, status in told if status == "22")
    assert len({id for id, _ in told}) == 4
    assert [await run.soap("status", id=id) for id, _ in told] == ["22", "22", "3", "22"]
    assert await run.balance() == "997.00"
    assert await statuses(run, told[0][0]) == []  # an SMS is no bundle
    assert await run.soap("tidpunkt", id=told[0][0]) == "0"


async def test_a_time_controlled_message_is_told_and_cancelled_once(run: Running) -> None:
    at, told = later()
    sms = await run.soap("smsAt", **SMS, sendAt=at)
    assert await run.soap("status", id=sms) == "11"
    assert await run.soap("tidpunkt", id=sms) == told
    assert await run.balance() == "999.00"
    login = {"konto": "test", "passwd": "1234"}
    assert await run.soap("cancelSms", **login, smsID=sms) == "0"
    assert await run.soap("cancelSms", **login, smsID=sms) == "110"
    assert await run.soap("status", id=sms) == "12"
    assert await run.soap("tidpunkt", id=sms) == told
    assert await run.balance() == "1000.00"


async def test_a_time_controlled_bundle_is_cancelled(run: Running) -> None:
    at, told = later()
    bundle = await run.soap("smsBundleAt", **MANY, sendAt=at)
    assert [status for _, status in await statuses(run, bundle)] == ["11", "11", "3", "11"]
    one = (await statuses(run, bundle))[0][0]
    assert await run.soap("tidpunkt", id=bundle) == await run.soap("tidpunkt", id=one) == told
    login = {"konto": "test", "passwd": "1234"}
    assert await run.soap("cancelSms", **login, smsID=bundle) == "110"
    assert await run.soap("cancelBundle", **login, bundleID=one) == "110"
    assert await run.soap("cancelSms", **login, smsID=one) == "0"
    assert await run.soap("cancelBundle", **login, bundleID=bundle) == "0"
    assert [status for _, status in await statuses(run, bundle)] == ["12", "12", "3", "12"]
    assert await run.soap("cancelBundle", **login, bundleID=bundle) == "110"
    assert await run.balance() == "1000.00"


async def test_a_time_that_has_passed_is_now_and_told_after_sending_too(run: Running) -> None:
    sms = await run.soap("smsAt", **SMS, sendAt="1")
    bundle = await run.soap("smsBundleAt", **SMS, sendAt="1")
    ((member, _),) = await statuses(run, bundle)
    for id in (sms, member):
        run.answered.append(id)
        assert await run.until(id, 22) == 22
    for id in (sms, member, bundle):
        assert await run.soap("tidpunkt", id=id) == "1970-01-01 01:00:01"


@pytest.mark.parametrize("at", ["", "x", "1.5", "-1", "99999999999"])
async def test_what_is_no_time_is_110(run: Running, at: str) -> None:
    assert await run.soap("smsAt", **SMS, sendAt=at) == "110"
    assert await run.soap("smsBundleAt", **MANY, sendAt=at) == "110"
    assert await run.balance() == "1000.00"


async def test_an_untimed_message_can_not_be_cancelled(run: Running) -> None:
    sms = await run.soap("flashSms", **SMS)
    run.answered.append(sms)
    assert await run.soap("cancelSms", konto="test", passwd="1234", smsID=sms) == "110"
    await run.until(sms, 22)


async def test_an_id_is_plain_digits(run: Running) -> None:
    sms = await run.soap("smsAt", **SMS, sendAt=later()[0])
    assert await run.soap("status", id=f" {sms}\n") == "11"
    # Arabic digits, one id too many below, one too many above, and what is no number.
    arabic = sms.translate({ord(str(digit)): chr(0x660 + digit) for digit in range(10)})
    for id in (
        arabic,
        "999",
        str(2**31),
        "9" * 400,
        f"+{sms}",
        f"-{sms}",
        f"{sms}.0",
        f"{sms},{sms}",
        "x",
        "",
    ):
        assert await run.soap("status", id=id) == "110"
        assert await run.soap("tidpunkt", id=id) == "0"
        assert await run.soap("cancelSms", konto="test", passwd="1234", smsID=id) == "110"
        assert await statuses(run, quote(id)) == []
    assert await run.soap("status", id=sms) == "11"


async def test_the_gateways_settings_hold_where_an_account_has_none_of_its_own(tmp_path: Path) -> None:
    """Language and time zone of what is told, the region of national numbers, the longest text."""
    settings = GatewaySettings(language="sv", timezone="UTC", region="NO", most_segments=1)
    async with running(tmp_path / "kavle.db", gateway_settings=settings) as run:
        assert await run.soap("beskrivning", Id="51") == "Leveransfel till GSM-nät"
        at = int(later()[0])
        sms = await run.soap("smsAt", **SMS | {"till": "91234567"}, sendAt=str(at))
        assert await run.soap("tidpunkt", id=sms) == f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}"
        assert await run.balance() == "998.80"  # the price of Norway
        assert await run.soap("sms", **SMS | {"meddelande": "x" * 161}) == "2"
