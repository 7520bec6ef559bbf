"""What may be wrong with a message that a peer sent."""

from __future__ import annotations

from kavle.wire.mm7.status import Code
from kavle.wire.mm7.versions import Version, version


class Unreadable(Exception):
    """The text says why, with nothing of the message in it. `code`, `transaction` and `version` are what the
    peer is to be answered with, as far as they could be read."""

    def __init__(
        self,
        code: Code,
        why: str,
        transaction: str = "",
        version: Version = version(),  # noqa: B008 -- frozen
    ) -> None:
        super().__init__(why)
        self.code = code
        self.transaction = transaction
        self.version = version
