"""The two halves of a tried MMS, the simulated MMSC's and the gateway's, are those of each other."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from kavle.cli.simulate import mmsc
from kavle.south.mm7.settings import Mm7Settings

PAGE = (Path(__file__).parent.parent / "docs" / "simulator.md").read_text("utf-8")


def test_the_carrier_on_the_simulators_page_fits_the_simulated_mmsc() -> None:
    (command,) = re.findall(r"^(kavle simulate mmsc (?:.*\\\n)*.*--vasp .*(?:\n  .*)*)$", PAGE, re.MULTILINE)
    arguments = shlex.split(command.replace("\\\n", " "))
    assert arguments[:3] == ["kavle", "simulate", "mmsc"]
    asked = mmsc.make_context("mmsc", arguments[3:]).params
    (text,) = re.findall(r"^```toml\n(\[\[carrier\]\]\n.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (carrier,) = tomllib.loads(text)["carrier"]
    assert carrier.pop("kind") == "mm7"
    link = msgspec.convert(carrier, Mm7Settings)
    assert (link.user, link.user_password) == (asked["username"], asked["password"])
    assert link.vasp_id == asked["vasp_id"]
    assert urlsplit(link.url).port == asked["port"]
    assert urlsplit(asked["vasp"]).path == link.path
