"""What a process without customers still listens at: `[http] host` and `port`, for whoever runs it."""

from __future__ import annotations

import msgspec

from kavle.cli.roles.node import Node
from kavle.north.app import operations
from kavle.north.server import HttpServer


class Operations:
    """`/healthz`, `/readyz` and `/metrics`, and nothing else."""

    def __init__(self, node: Node) -> None:
        http = msgspec.structs.replace(node.settings.http, listener=[])
        self.http = HttpServer(operations(node.metrics), http, node.clock)

    async def start(self) -> None:
        """Raises OSError for an address that can't be had."""
        await self.http.start()

    async def stop(self) -> None:
        await self.http.stop()
