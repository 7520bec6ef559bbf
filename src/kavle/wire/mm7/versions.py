"""The schemas that MM7 was published with, and the versions that go with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

_ARCHIVE: Final = "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/"

SCHEMAS: Final[Mapping[str, str]] = {
    "REL-5-MM7-1-0": "5.3.0",
    "REL-5-MM7-1-2": "5.3.0",
    "REL-5-MM7-1-3": "5.3.0",
    "REL-6-MM7-1-2": "6.8.0",
    "REL-6-MM7-1-3": "6.8.0",
    "REL-6-MM7-1-4": "6.8.0",
}
"""The MM7Version that is sent with each, where a network does not ask for another."""

NEWEST: Final = "REL-6-MM7-1-4"


class Version(msgspec.Struct, frozen=True):
    """What a message says that it is written in; a peer's own may be one that nobody has published."""

    namespace: str
    number: str  # MM7Version, "6.8.0"


NOT_MM7: Final = Version("", "none")
"""Of a fault of something that knows nothing of MM7."""


def version(schema: str = NEWEST, number: str = "") -> Version:
    """By a schema's name; `number` where it is not the one that goes with it."""
    return Version(_ARCHIVE + schema, number or SCHEMAS[schema])
