"""How one link to a network is doing."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kavle.model.why import Why


class LinkReport(msgspec.Struct, frozen=True):
    """As the node that has it tells it, for an operator to read."""

    state: str  # in words: "bound as transceiver"
    since: datetime
    window: int
    in_flight: int  # segments that await their response
    submits: int  # segments handed to the network
    reconnects: int
    error: str = ""  # the last one, in English; none: empty
    error_at: datetime | None = None
    node: str = ""  # host and process
    rate: float | None = None  # submit_sm a second at present; None: as fast as it goes
    slowed: bool = False  # the network asks for less than the settings say
    why: Why | None = None  # the same, for pages; None: none, or its node is of a version that does not say
    bound: bool | None = None  # it takes messages; None: its node is of a version that does not say
    failing: datetime | None = None
    """Since when each message that it tried has failed by the network, though that may have let us in
    meanwhile; None: the last one has not, or its node is of a version that does not say."""
