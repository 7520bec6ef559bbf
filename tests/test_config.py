"""What must hold between the settings of MMS, and what was said of a carrier before."""

from __future__ import annotations

from pathlib import Path

import pytest

from kavle.cli.config import read
from kavle.cli.roles.node import Node
from kavle.cli.terms import terms
from kavle.clock import SetClock
from kavle.settings import SettingsError
from kavle.store.errors import StoreError

SMSC = """
[[carrier]]
name = "telia"
kind = "smpp"
host = "127.0.0.1"
system_id = "kavle"
password = "secret"
"""
MMSC = """
[[carrier]]
name = "mmsc"
kind = "mm7"
url = "https://mmsc.example.com/mm7"
"""
ROUTE = """
[[route]]
carriers = ["telia"]
mms = ["mmsc"]
"""
PRICE = """
[price.mms]
default = "2.50"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kavle.toml"


def test_each_service_has_routes_and_prices_of_its_own(path: Path) -> None:
    path.write_text(SMSC + MMSC + ROUTE + PRICE + '[price.mms.prefix]\n47 = "3.50"\n')
    made = terms(read(path, {}), {"telia": 1, "mmsc": 2})
    assert (made.routes.find("4670"), made.mms.routes.find("4670")) == ((1,), (2,))
    assert [made.mms.prices.find(number) for number in ("4670", "4790")] == [25_000, 35_000]
    assert made.prices.find("4790") == 10_000
    path.write_text(SMSC + MMSC + ROUTE + '[price.mms.prefix]\n47 = "3.50"\n')
    assert terms(read(path, {}), {"telia": 1, "mmsc": 2}).mms.prices.find("4670") is None
    assert (
        terms(read(path, {"KAVLE_PRICE_MMS_DEFAULT": "4"}), {"telia": 1, "mmsc": 2}).mms.prices.find("4")
        == 40_000
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SMSC + MMSC + ROUTE, "price.mms: missing, but a route has mms"),
        (SMSC + ROUTE + PRICE, "route[0].mms: there is no carrier mmsc (known: telia)"),
        (
            SMSC + MMSC + ROUTE.replace('["mmsc"]', '["telia"]') + PRICE,
            "route[0].mms: the carrier telia is for SMS: name it in carriers of the route",
        ),
        (
            SMSC + MMSC + ROUTE.replace('["telia"]', '["mmsc"]') + PRICE,
            "route[0].carriers: the carrier mmsc is for MMS: name it in mms of the route",
        ),
        (SMSC + "[[route]]\nprefix = ''\n", "route[0].carriers: a route names one carrier at least"),
        ("[price.mms]\ndefault = '1,00'\n", "price.mms.default: '1,00' is not an amount"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_key(path: Path, text: str, told: str) -> None:
    path.write_text(text)
    with pytest.raises(SettingsError) as wrong:
        read(path, {})
    assert told in str(wrong.value)


async def test_a_carriers_name_is_of_one_service_for_good(path: Path, tmp_path: Path) -> None:
    """What waits for it is of that: and would be sent as what it is not."""
    database = f'database = "sqlite:///{tmp_path}/kavle.db"\n'
    path.write_text(database + SMSC)
    node = Node(read(path, {}), SetClock())
    await node.open()
    await node.close()
    path.write_text(database + MMSC.replace('"mmsc"', '"telia"'))
    with pytest.raises(StoreError, match="carrier telia: one of this name was for the other service"):
        await Node(read(path, {}), SetClock()).open()
    path.write_text(database + SMSC)
    again = Node(read(path, {}), SetClock())
    await again.open()  # the database was let go of
    await again.close()
