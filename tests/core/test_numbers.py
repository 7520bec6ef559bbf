"""Who answers for where a number's calls lead: whoever set its addresses last."""

from __future__ import annotations

from typing import Any

import pytest

from kavle.core.numbers import AddNumber, ChangeNumber, Numbers
from kavle.model.errors import OperatorError
from kavle.model.number import NumberSettings
from support.world import World

NUMBER = "46737494123"
SMS, MMS = "https://example.com/sms", "https://example.com/mms"


@pytest.fixture
async def numbers(world: World) -> Numbers:
    numbers = Numbers(world.store, world.clock)
    await numbers.add(AddNumber(NUMBER, world.account.name, NumberSettings(SMS)))
    return numbers


@pytest.mark.parametrize(
    ("changes", "by_customer"),
    [
        ([("test", {"mms_callback": MMS})], True),
        ([("test", {"charset": "utf-8"})], False),
        ([("test", {"mms_callback": MMS}), (None, {"callback": f"{SMS}/ours"})], True),
        ([("test", {"callback": f"{SMS}/mine"}), (None, {"mms_callback": MMS})], True),
        ([("test", {"mms_callback": MMS}), (None, {"mms_callback": ""})], True),
        ([("test", {"mms_callback": MMS}), (None, {"callback": f"{SMS}/ours", "mms_callback": ""})], False),
        ([("test", {"callback": MMS}), (None, {"callback": SMS})], False),
    ],
)
async def test_one_address_that_a_customer_set_makes_the_number_his(
    numbers: Numbers, changes: list[tuple[str | None, dict[str, Any]]], by_customer: bool
) -> None:
    for customer, given in changes:
        number = await numbers.change(ChangeNumber(NUMBER, None, given, customer=customer))
    assert number.settings.by_customer == by_customer


async def test_each_address_is_looked_at(numbers: Numbers) -> None:
    with pytest.raises(OperatorError, match="http"):
        await numbers.change(ChangeNumber(NUMBER, None, {"mms_callback": "ftp://example.com"}))
