"""Where a list goes on, as it stands in a page's address."""

from __future__ import annotations

from starlette.requests import Request

from kavle.model.listing import Keys


def id_of(written: str | None) -> int | None:
    """None for what is none."""
    return int(written) if written and written.isascii() and written.isdigit() and len(written) < 12 else None


def keys_of(request: Request, limit: int) -> Keys:
    before = id_of(request.query_params.get("before"))
    after = None if before is not None else id_of(request.query_params.get("after"))
    return Keys(limit, before, after)
