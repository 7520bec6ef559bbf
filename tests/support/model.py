"""The message's life once more, as small as it can be said: what the store is held against."""

from __future__ import annotations

from dataclasses import dataclass, field

FINAL = {3, 12, 22, 41, 42, 43, 50, 51, 52}
FAILED = FINAL - {22}
WEEK = 7 * 24 * 3600.0


@dataclass
class Message:
    total: int
    expires: float
    unsent: set[int]
    status: int = 10
    handed: set[int] = field(default_factory=set)
    unsure: set[int] = field(default_factory=set)
    held: set[int] = field(default_factory=set)
    doubts: list[int] = field(default_factory=list)  # the segment, for each time that the link was unsure
    attempt: int = 0
    until: float = 0.0  # a lease's end, or when it is ready again
    whole: bool = False  # the network said of the whole of it that it is delivered
    parts: dict[int, int] = field(default_factory=dict)  # segment → 21, or its final status
    queued: bool = True
    priority: int = 2
    due: float | None = None  # time controlled
    mms: bool = False  # of carriers of its own; else it is as the others

    def leased(self) -> bool:
        return bool(self.handed)

    def waits(self) -> bool:
        return bool(self.queued and not self.handed and self.unsent)

    def become(self, status: int) -> None:
        self.status = self.status if self.status in FINAL else status


@dataclass
class Model:
    credits: int
    hold: bool = False  # what is unsure waits for an operator
    whole: bool = False  # a receipt is about all segments
    messages: dict[int, Message] = field(default_factory=dict)
    bundles: dict[int, list[int]] = field(default_factory=dict)
    open: dict[str, tuple[int, int]] = field(default_factory=dict)  # network id → message, segment
    early: dict[str, int] = field(default_factory=dict)

    def accept(self, id: int, total: int, priority: int, now: float, *, mms: bool = False) -> None:
        self.credits -= total
        segments = set(range(1, total + 1))
        self.messages[id] = Message(total, now + 48 * 3600, segments, priority=priority, mms=mms)

    def schedule(self, id: int, total: int, due: float) -> None:
        self.credits -= total
        segments = set(range(1, total + 1))
        self.messages[id] = Message(total, due + 48 * 3600, segments, 11, until=due, due=due)

    def bundle(self, id: int, total: int, due: float | None, good: dict[int, bool], now: float) -> None:
        """`good`: of each message, whether its recipient leads anywhere."""
        self.bundles[id] = list(good)
        for message, leads in good.items():
            if not leads:
                self.messages[message] = Message(total, 0, set(), 3, queued=False)
            elif due is None:
                self.accept(message, total, 2, now)
            else:
                self.schedule(message, total, due)

    def cancellable(self, id: int, now: float) -> bool:
        m = self.messages.get(id)
        return m is not None and m.queued and not m.attempt and m.due is not None and m.due > now

    def cancel(self, ids: list[int]) -> None:
        for id in ids:
            self.drop(self.messages[id])
            self.messages[id].become(12)

    def ready(self, now: float, priority: int, *, mms: bool) -> set[int]:
        waiting = {id for id, m in self.messages.items() if m.waits() and m.until <= now and m.mms == mms}
        return {id for id in waiting if self.messages[id].priority == priority}

    def waiting_for_an_operator(self) -> list[int]:
        return [id for id, m in self.messages.items() if m.held and not m.unsent and not m.leased()]

    def lease(self, id: int, until: float) -> None:
        m = self.messages[id]
        m.handed, m.until, m.attempt = set(m.unsent), until, m.attempt + 1

    def outcome(self, id: int, part: int, kind: str, network_id: str, now: float) -> None:
        m = self.messages[id]
        returned = kind == "unsent" and m.handed == m.unsent == {part}
        m.handed.discard(part)
        if kind == "accepted":
            m.unsent.discard(part)
            m.unsure.discard(part)
            m.parts[part] = 21
            self.open[network_id] = (id, part)
        elif kind == "refused":
            m.unsent.discard(part)
            self.credits += part not in m.unsure
            m.become(51)
        elif kind == "unsure" and self.hold:
            m.unsent.discard(part)
            m.unsure.add(part)
            m.held.add(part)
        elif kind in ("retry", "unsure"):
            m.become(11)
            m.doubts += [part] if kind == "unsure" and network_id else []
            if m.doubts.count(part) == 4:
                m.unsent.discard(part)  # taken to be with the network
            m.unsure |= {part} if kind == "unsure" else set()
        if not m.handed:
            self.end_lease(m, now)
            m.attempt -= returned
        if kind == "accepted" and network_id in self.early:
            self.receipt(network_id, self.early.pop(network_id), now)

    def end_lease(self, m: Message, now: float) -> None:
        if m.status in FINAL:
            self.drop(m)
        if not m.unsent:
            m.queued = bool(m.held)
            m.become(21)
            self.delivered_whole(m)
        m.until = now + min(2 ** (m.attempt - 1), 300) if m.status == 11 else 0.0

    def lose(self, id: int, now: float) -> None:
        for part in sorted(self.messages[id].handed):
            self.outcome(id, part, "unsure", "", now)

    def receipt(self, network_id: str, status: int, now: float) -> None:
        if network_id not in self.open:
            self.early.setdefault(network_id, status)
            return
        id, part = self.open.pop(network_id)
        m = self.messages[id]
        m.parts[part] = status
        if self.whole:
            self.open = {other: place for other, place in self.open.items() if place[0] != id}
            m.whole = m.whole or status == 22
        if status in FAILED:
            m.become(status)
            if m.queued and not m.leased():
                self.drop(m)
        elif self.whole:
            self.delivered_whole(m)
        elif all(m.parts.get(n) == 22 for n in range(1, m.total + 1)):
            m.become(22)

    def delivered_whole(self, m: Message) -> None:
        if m.whole and m.status == 21:
            m.become(22)
            if not m.leased():
                self.drop(m)

    def drop(self, m: Message) -> None:
        self.credits += len(m.unsent - m.unsure)  # the network may have the others
        m.unsent.clear()
        m.held.clear()
        m.queued = False

    def release(self, id: int, now: float) -> None:
        m = self.messages[id]
        m.unsent, m.held, m.until = m.held, set(), now

    def fail(self, id: int, now: float) -> None:
        m = self.messages[id]
        self.credits += len(m.held)
        self.drop(m)
        m.become(51)

    def keep(self, id: int, now: float) -> None:
        self.drop(self.messages[id])

    def expire(self, now: float) -> None:
        for m in self.messages.values():
            if m.waits() and m.expires <= now:
                self.drop(m)
                m.become(43)
