"""What the commands of simulated networks share."""

from __future__ import annotations

import asyncio
import signal
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

import click

from kavle.cli.options import address, listening
from kavle.simulator.face import LOOPBACK, Face
from kavle.simulator.journal import FileJournal

_Faults = TypeVar("_Faults", contravariant=True)


class Network(Protocol[_Faults]):
    """One that is simulated."""

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> tuple[str, int]: ...

    def inflict(self, faults: _Faults) -> None: ...

    async def stop(self) -> None: ...


def tls_context(certificate: Path | None, key: Path | None, client_ca: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        if key is not None or client_ca is not None:
            raise click.UsageError(f"{'--client-ca' if key is None else '--key'} wants a --certificate")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError) as error:
        raise click.ClickException(f"{certificate} and its key can't be used: {error}") from None
    if client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        try:
            context.load_verify_locations(client_ca)
        except (ssl.SSLError, OSError) as error:
            raise click.ClickException(f"{client_ca} can't be used: {error}") from None
    return context


@contextmanager
def opened_journal(path: Path | None) -> Iterator[FileJournal | None]:
    if path is None:
        yield None
        return
    try:
        journal = FileJournal(path)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None
    try:
        yield journal
    finally:
        journal.close()


async def run_network(
    name: str,
    network: Network[_Faults],
    faults: _Faults,
    face: Face,
    stop: asyncio.Event,
    host: str,
    port: int,
    tls: ssl.SSLContext | None,
    http_port: int | None,
) -> None:
    """Until `stop`, or a signal; `name` is what its line says is ready. No `http_port`: no face."""
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with listening(host, port, "--port"):
        host, port = await network.start(host, port, tls)
    network.inflict(faults)
    ready = f"{name} ready on {address(host, port)}"
    if http_port is not None:
        with listening(LOOPBACK, http_port, "--http-port"):
            ready += f", HTTP on {address(LOOPBACK, await face.start(http_port))}"
    click.echo(ready)
    await stop.wait()
    face.stop()
    await network.stop()
