"""The rows by which links are shared out, in memory, with a clock that is set."""

from __future__ import annotations

from datetime import timedelta

from kavle.clock import SetClock
from kavle.store.errors import StoreUnavailable
from kavle.store.sharing import Contender, LinkRow, Sharing
from kavle.store.types import LinkKey, LinkShare, LinkTurn

CARRIER = 7
LIFE = 15_000


class Tables:
    """What a store keeps of links. `now` is in milliseconds."""

    def __init__(self, binds: int) -> None:
        self.binds = binds
        self.now = 1_000_000
        self.links: dict[int, LinkRow] = {}
        self.contenders: dict[int, Contender] = {}
        self.down_since: int | None = None
        self.reachable = True

    def turn(self, node: int, *, leaving: bool = False) -> LinkShare:
        """As a well-behaved node's: what is over its share is closed, and given back, at once."""
        share = self._turn(node, (), leaving)
        closed = sorted(hold.key for hold in share.held)[share.shares[CARRIER] :]
        return self._turn(node, tuple(closed), leaving) if closed else share

    def _turn(self, node: int, closed: tuple[LinkKey, ...], leaving: bool) -> LinkShare:
        life, at = timedelta(milliseconds=LIFE), SetClock().now()
        return self.take(LinkTurn(node, {CARRIER: self.binds}, life, at, closed, leaving))

    def take(self, turn: LinkTurn) -> LinkShare:
        sharing = Sharing(turn, self.now, LIFE)
        sharing.take_turn(self.links.values(), self.contenders.values(), {CARRIER: self.down_since})
        self.links |= {row.number: row for row in sharing.links}
        for _, gone in sharing.gone:
            del self.contenders[gone]
        self.down_since = sharing.down.get(CARRIER, self.down_since)
        self.contenders |= {one.node_id: one for one in sharing.contenders}
        return sharing.share

    def held(self, node: int) -> int:
        return sum(row.node_id == node for row in self.links.values())

    async def share_links(self, turn: LinkTurn) -> LinkShare:
        """As a store does."""
        if not self.reachable:
            raise StoreUnavailable("the wire is cut")
        return self.take(turn)
