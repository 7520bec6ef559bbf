"""`kavle serve` as `bench` measures it on PostgreSQL: several gateways on one database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.child import Child
from bench.gateway import Gateway, Server
from bench.network import Network
from bench.ours import create_account, serve, settings
from bench.postgres import Database, postgres
from bench.shapes import Shape
from kavle.model.status import Status


class Nodes(Gateway):
    name = "Kavle"

    def __init__(self, ports: Sequence[int], processes: Sequence[Child], database: Database) -> None:
        super().__init__(ports, processes)
        self._database = database
        self._empty = database.size()

    def shape(self, interface: str, *, receipts: bool, told: bool) -> Shape:
        return Shape.SOAP if interface == "SOAP" else Shape.URL

    def reports(self) -> None:
        return None

    def delivered(self) -> int:
        sql = "SELECT count(*) FROM message WHERE status = $1"
        return int(self._database.ask(sql, int(Status.DELIVERED)))

    def stop(self) -> None:
        for process in self.processes:
            process.stop()

    def disk(self) -> int:
        return self._database.size() - self._empty

    def server(self) -> Server:
        return Server(self._database.cpu(), self._database.log())


@contextmanager
def nodes(count: int, folder: Path, network: Network) -> Iterator[Nodes]:
    with postgres(folder) as database, ExitStack() as stack:
        config = settings(folder, network.port, database.url, count)
        create_account(config)
        started = [stack.enter_context(serve(f"kavle-{number}", config, folder)) for number in range(count)]
        yield Nodes([port for port, _ in started], [process for _, process in started], database)
