"""What an envelope holds."""

from __future__ import annotations

import msgspec

from kavle.wire.soap.items import Item
from kavle.wire.soap.version import Version


class Envelope(msgspec.Struct, frozen=True):
    """`wrapper` and `namespace` are those of the first element in the body, `parameters` its children's own
    texts by local name in lower case, the first of doubled ones. `lists`: those that are lists of objects,
    doubled ones together."""

    version: Version
    wrapper: str
    namespace: str
    parameters: dict[str, str]
    lists: dict[str, list[Item]] = {}
