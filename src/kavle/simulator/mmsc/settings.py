"""What a simulated MMSC is like."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from kavle.wire.mm7 import SCHEMAS, Version, version

_URL: Final = re.compile(r"https?://[!-~]+")


class MmscSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Delays are seconds. Raises ValueError for what can't be."""

    vasp_id: str = ""  # the only one that may submit; none: anybody
    username: str = ""  # of HTTP basic authentication; none: without
    password: str = "secret"  # noqa: S105 (of a network that does not exist)
    relay_server_id: str = "simulator"
    vasp: str = ""  # address that reports and MMs from phones go to; none: they wait
    schema: str = ""  # of what it says unasked, "REL-6-MM7-1-4"; none: that of the last submission
    response_delay: float = 0.0
    report_delay: float = 0.0  # from the response
    window: int = 20  # requests at once that await their answer
    retry: float = 5.0  # until what was not taken is sent again
    attempts: int = 100
    patience: float = 30.0  # for an answer
    most_reports: int = 100_000  # that wait; beyond, MMs are refused with 4006
    seed: int | None = None  # of the dice that say whom a fault meets; None: another each time

    def __post_init__(self) -> None:
        if self.vasp and not _URL.fullmatch(self.vasp):
            raise ValueError("the gateway's address begins with http:// or https://")
        if self.schema and self.schema not in SCHEMAS:
            raise ValueError(f"the schema is one of {', '.join(SCHEMAS)}")

    @property
    def version(self) -> Version | None:
        """Of what it says unasked."""
        return version(self.schema) if self.schema else None

    def __repr__(self) -> str:  # so that no log ever shows the password, or the secret in an address
        return f"MmscSettings(vasp_id={self.vasp_id!r})"
