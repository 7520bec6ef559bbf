"""What the commands of simulated networks share."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from kavle.simulator.journal import FileJournal


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
