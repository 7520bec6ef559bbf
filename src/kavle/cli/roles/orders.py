"""What the engine and its north processes say to each other, beside what is to be written."""

from __future__ import annotations

from typing import Final

import msgspec

from kavle.cli.config import Settings

START: Final = "start"  # called: begin with this; answered once it serves
BEAT: Final = "beat"  # called each second: an answer is all that is wanted
COUNT: Final = "count"  # called: what has been counted, by one process or by all
STOP: Final = "stop"  # told: let nobody in any more, and end
STORED: Final = "stored"  # told each second: when the sweep last went through, by the machine's clock
CHANGED: Final = "changed"  # told both ways: an account is not what it was
WAKE: Final = "wake"  # told: a carrier's queue has something new, and whether it is urgent
CAME: Final = "came"  # told: there are new messages for customers
EXPAND: Final = "expand"  # told: there is a new bundle, or one to be ended


class Start(msgspec.Struct, frozen=True):
    """`sockets`: descriptors that are open in the new process, by how the settings call their listener."""

    version: str  # of Kavle
    settings: Settings
    sockets: dict[str, list[int]]


def name_of(number: int) -> str:
    """As logs and metrics call it."""
    return f"north-{number}"


ENGINE: Final = "engine"
