"""What a load balancer is told."""

from __future__ import annotations

import math
from typing import Any

import pytest

from kavle.north.ops import PATIENCE, readyz


@pytest.mark.parametrize(
    ("seconds", "status", "body"),
    [
        (0.5, 200, b"ready"),
        (PATIENCE, 200, b"ready"),
        (PATIENCE + 5, 503, b"the database has taken nothing for 20 s: see the log"),
        (math.inf, 503, b"starting: the database has taken nothing yet"),
    ],
)
async def test_it_is_ready_while_the_database_takes_what_it_is_given(
    seconds: float, status: int, body: bytes
) -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(dict(message))

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    await readyz(lambda: seconds)({"type": "http", "method": "GET", "headers": []}, receive, send)
    assert sent[0]["status"] == status
    assert b"".join(one.get("body", b"") for one in sent) == body
