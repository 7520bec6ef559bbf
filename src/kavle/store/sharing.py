"""How a carrier's links are shared out among the nodes that serve it: pure, and the same on every engine.
What all nodes hold is decided by one of them at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from kavle.model.link import LinkReport
from kavle.store.rows import from_ms, to_ms
from kavle.store.types import CarrierState, LinkHold, LinkKey, LinkShare, LinkTurn

RENEW_AT: Final = 2 / 3
"""Of a life: what has less left is renewed."""


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(LinkReport).decode


class LinkRow(msgspec.Struct, array_like=True, frozen=True):
    """A row of `link`; times are milliseconds of the database's clock."""

    carrier_id: int
    number: int
    node_id: int | None
    token: int
    expires_at: int
    report: str | None = None  # its node's LinkReport, as JSON


class Contender(msgspec.Struct, array_like=True, frozen=True):
    """A row of `contender`."""

    carrier_id: int
    node_id: int
    expires_at: int


class Sharing:
    """One node's turn. `take_turn` once; then `links`, `contenders` and `down` are to be written, `gone`
    deleted, and `share` is the answer."""

    def __init__(self, turn: LinkTurn, now: int, life: int) -> None:
        self._turn = turn
        self._now = now
        self._life = life
        self._until = now + life
        self._closed = frozenset(turn.closed)
        self._reports = {key: _encode(report).decode() for key, report in turn.reports.items()}
        self._links: dict[LinkKey, LinkRow] = {}
        self.contenders: list[Contender] = []
        self.gone: list[tuple[int, int]] = []  # a carrier's id, and a node's
        self.down: dict[int, int | None] = {}  # since when carriers have no link, where that has changed
        self.share = LinkShare([], {})

    @property
    def links(self) -> list[LinkRow]:
        """Those that have changed."""
        return list(self._links.values())

    def take_turn(
        self,
        links: Iterable[LinkRow],
        contenders: Iterable[Contender],
        down_since: Mapping[int, int | None],
    ) -> None:
        """All of the turn's carriers."""
        all_links, all_nodes = list(links), list(contenders)
        for carrier_id, binds in self._turn.binds.items():
            rows = {row.number: row for row in all_links if row.carrier_id == carrier_id}
            nodes = {row.node_id: row.expires_at for row in all_nodes if row.carrier_id == carrier_id}
            tried = any(expires_at > self._now for expires_at in nodes.values())
            self._share(carrier_id, binds, rows, nodes)
            down = bool(nodes) and not any(self._bound(row) for row in rows.values())
            first = self._failing(rows.values()) if down and tried else self._now
            self._watch(carrier_id, down_since.get(carrier_id), first, tried=tried, down=down)

    def _share(
        self, carrier_id: int, binds: int, rows: dict[int, LinkRow], contenders: dict[int, int]
    ) -> None:
        node = self._turn.node_id
        self._give_back(rows)
        renew = self._contend(carrier_id, contenders)
        held = [number for number, row in rows.items() if row.node_id == node]
        share = 0 if self._turn.leaving else self._fair(binds, rows, contenders)
        free = [number for number in range(1, binds + 1) if self._free(rows.get(number))]
        for number in free[: max(0, share - len(held))]:
            token = rows[number].token if number in rows else 0
            self._write(rows, LinkRow(carrier_id, number, node, token + 1, self._until))
        for number in held:
            self._keep(rows, rows[number], renew)
        self.share.shares[carrier_id] = share
        self.share.held.extend(self._hold(row) for row in rows.values() if row.node_id == node)

    def _keep(self, rows: dict[int, LinkRow], row: LinkRow, renew: bool) -> None:
        until = self._until if renew or self._due(row.expires_at) else row.expires_at
        report = self._reports.get((row.carrier_id, row.number), row.report)
        if (until, report) != (row.expires_at, row.report):
            self._write(rows, msgspec.structs.replace(row, expires_at=until, report=report))

    def _give_back(self, rows: dict[int, LinkRow]) -> None:
        for row in list(rows.values()):
            if row.node_id == self._turn.node_id and (row.carrier_id, row.number) in self._closed:
                self._write(rows, msgspec.structs.replace(row, node_id=None, expires_at=0, report=None))

    def _contend(self, carrier_id: int, contenders: dict[int, int]) -> bool:
        """Keep this node among the contenders, or take it out, and those that are dead. Whether this renews
        it: then its links are renewed with it, so that they end together."""
        node = self._turn.node_id
        leave = {other for other, expires_at in contenders.items() if expires_at <= self._now}
        leave = leave - {node} | ({node} & contenders.keys() if self._turn.leaving else set())
        self.gone.extend((carrier_id, other) for other in sorted(leave))
        for other in leave:
            del contenders[other]
        if self._turn.leaving or not self._due(contenders.get(node, 0)):
            return False
        contenders[node] = self._until
        self.contenders.append(Contender(carrier_id, node, self._until))
        return True

    def _fair(self, binds: int, rows: Mapping[int, LinkRow], contenders: Iterable[int]) -> int:
        held = Counter(row.node_id for row in rows.values() if not self._free(row))
        return fair_share(self._turn.node_id, binds, {node: held[node] for node in contenders})

    def _free(self, row: LinkRow | None) -> bool:
        if row is None or row.node_id is None:
            return True
        return row.expires_at <= self._now and row.node_id != self._turn.node_id

    def _bound(self, row: LinkRow) -> bool:
        """As far as its node tells: one whose version does not say so is taken to be."""
        if self._free(row) or row.report is None:
            return False
        report = report_of(row.report)
        return report is None or report.bound is not False

    def _failing(self, rows: Iterable[LinkRow]) -> int:
        """Since when a carrier that is down takes nothing: now, or before, where each of its links was bound
        on trial alone since it last took a message."""
        reports = [report_of(row.report) for row in rows if not self._free(row)]
        told = [None if report is None else report.failing for report in reports]
        times = [self._now if failing is None else to_ms(failing) for failing in told]
        return min(self._now, max(times, default=self._now))

    def _watch(self, carrier_id: int, before: int | None, first: int, *, tried: bool, down: bool) -> None:
        """`tried`: some node was at it before this turn. Without one it had no chance, and is not down but
        from now on. `first`: since when, where it was up `before`."""
        since = (before if tried and before is not None else first) if down else None
        if since != before:
            self.down[carrier_id] = since

    def _due(self, expires_at: int) -> bool:
        return expires_at - self._now <= self._life * RENEW_AT

    def _write(self, rows: dict[int, LinkRow], row: LinkRow) -> None:
        rows[row.number] = row
        self._links[row.carrier_id, row.number] = row

    def _hold(self, row: LinkRow) -> LinkHold:
        return LinkHold(row.carrier_id, row.number, row.token, (row.expires_at - self._now) / 1000)


def fair_share(node: int, binds: int, held: Mapping[int, int]) -> int:
    """How many of `binds` links that node is to have. `held`: how many each contender has, itself among them.
    Where they can't be shared out evenly, who has more now may keep one more: nothing moves without need."""
    each, over = divmod(binds, len(held))
    before = sum((-count, other) < (-held[node], node) for other, count in held.items())
    return each + (before < over)


def carrier_state(id: int, name: str, since: int | None, now: int, served: bool) -> CarrierState:
    """Of a row of `carrier`, and the clock by which its time was written. Of one that nobody serves it is not
    known for how long: they may all have been away."""
    if not served:
        return CarrierState(id, name, served=False)
    if since is None:
        return CarrierState(id, name)
    return CarrierState(id, name, from_ms(since), max(0, now - since) / 1000)


def report_of(text: str | None) -> LinkReport | None:
    """None, too, for what another version wrote and this one can't read."""
    try:
        return None if text is None else _decode(text)
    except msgspec.DecodeError:
        return None
