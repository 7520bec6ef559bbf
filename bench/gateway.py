"""What is measured: a gateway, whichever it is, that has just been started on an empty folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from bench.child import Child
from bench.shapes import Shape


class Server(NamedTuple):
    cpu: float  # seconds, of all its processes
    log: int  # bytes written ahead


class Gateway(ABC):
    name: ClassVar[str]
    report_port: int | None = None
    """Where it has to bring its delivery reports by HTTP."""

    def __init__(self, ports: Sequence[int], processes: Sequence[Child]) -> None:
        """`ports`: that take requests; of several processes, those of each."""
        self.ports = ports
        self.processes = processes

    def cpu(self) -> float:
        return sum(process.cpu() for process in self.processes)

    def norths_cpu(self) -> float | None:
        """Of that, what processes took that only let customers in; None where there are none."""
        return None

    def memory(self) -> int:
        return sum(process.memory() for process in self.processes)

    def peak_memory(self) -> int:
        return sum(process.peak_memory() for process in self.processes)

    def check(self) -> None:
        for process in self.processes:
            process.check()

    @abstractmethod
    def shape(self, interface: str, *, receipts: bool, told: bool) -> Shape:
        """Of the requests by `interface` ("URL" or "SOAP"); `receipts`: final states are wanted; `told`: and
        told of by HTTP, where the gateway does that."""

    @abstractmethod
    def reports(self) -> int | None:
        """How many final states it has told of so far; None where it keeps them until it is asked."""

    @abstractmethod
    def delivered(self) -> int | None:
        """How many messages it knows to be delivered; None where it keeps no such thing."""

    def server(self) -> Server | None:
        """What the server that keeps its data has taken so far; None where it keeps them itself."""
        return None

    @abstractmethod
    def stop(self) -> None: ...

    @abstractmethod
    def disk(self) -> int | None:
        """Bytes that its messages take; to be asked after `stop`. None where none are kept."""
