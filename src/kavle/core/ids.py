"""Public ids as callers write them."""

from __future__ import annotations

from typing import Final

from kavle.store.store import Store

_LONGEST: Final = 10  # digits of 2^31


async def internal(store: Store, public_id: str) -> int | None:
    """The internal id; None for what is no id, or was never given out. Raises `StoreUnavailable`."""
    written = public_id.strip()
    if not (written.isascii() and written.isdigit() and len(written) <= _LONGEST):
        return None
    return store.public_ids.internal(int(written), await store.newest_id())
