"""The statuses that are asked for at once: pure, and the same on every engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from kavle.model.service import Service
from kavle.model.status import Status
from kavle.store.bundling import Pending

Asked = tuple[int, Service]
"""A message's id, and whose it is to be: an id of one service is unknown to the other."""


class Known(msgspec.Struct, array_like=True, frozen=True):
    """What an id is of: a message; or an SMS that is still a recipient in a part of its bundle, by the last
    four; or nothing."""

    id: int
    status: int | None
    service: int | None
    carrier_id: int | None
    accepted_at: int | None
    due_at: int | None
    cancelled_at: int | None

    def status_of(self, service: Service) -> Status | None:
        if self.status is not None:
            return Status(self.status) if self.service == service else None
        if self.carrier_id is None or self.accepted_at is None or service is not Service.SMS:
            return None
        return Pending(self.carrier_id, self.accepted_at, self.due_at, self.cancelled_at).status


def told(asked: Sequence[Asked], found: Iterable[Known]) -> list[Status | None]:
    """One for each of `asked`; `found`: what each id is of."""
    known = {one.id: one for one in found}
    return [known[id].status_of(service) for id, service in asked]
