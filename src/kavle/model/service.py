"""Which of the two services a message is of: each has routes, prices and status codes of its own."""

from __future__ import annotations

from enum import IntEnum


class Service(IntEnum):
    SMS = 0
    MMS = 1
