"""How the schema's simple types are written (XML Schema part 2 §3.2), read with forbearance: what a peer
wrote in some other way, and is not vital, counts as not given."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

Moment = datetime | timedelta
"""When, or how long from now: the schema's relativeOrAbsoluteDateType."""

_DURATION: Final = re.compile(
    r"P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,6})D)?"
    r"(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,10})(?:\.\d*)?S)?)?",
    re.IGNORECASE,
)
_BOOLS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def read_bool(text: str) -> bool | None:
    """The standard's own examples write True."""
    return _BOOLS.get(text.lower())


def write_bool(value: bool) -> str:
    return "true" if value else "false"


def read_time(text: str) -> datetime | None:
    """Without a zone it is UTC."""
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo is not None else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def write_time(time: datetime) -> str:
    return time.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def read_moment(text: str) -> Moment | None:
    found = _DURATION.fullmatch(text)
    if found is None:
        return read_time(text)
    years, months, days, hours, minutes, seconds = (int(group or 0) for group in found.groups())
    # Years and months have no length of their own: as on bills, 365 and 30 days.
    return timedelta(days=365 * years + 30 * months + days, hours=hours, minutes=minutes, seconds=seconds)


def write_moment(moment: Moment) -> str:
    if isinstance(moment, datetime):
        return write_time(moment)
    seconds = max(0, int(moment.total_seconds()))
    days, rest = divmod(seconds, 86_400)
    return f"P{days}D" if not rest else f"P{days}DT{rest}S"
