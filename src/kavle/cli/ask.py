"""A command's question to the gateway, or to its database."""

from __future__ import annotations

import asyncio

import click

from kavle.cli.config import Settings
from kavle.cli.control import Command, Reply, run
from kavle.cli.database import file_of
from kavle.cli.options import opening
from kavle.clock import SystemClock


def ask(settings: Settings, command: Command) -> Reply:
    """Raises `click.ClickException` and `StoreError`, which `telling_errors` tells, for what went wrong."""
    with opening(file_of(settings.database)):
        reply = asyncio.run(run(settings.database, SystemClock(), settings.gateway.region, command))
    if reply.error is not None:
        raise click.ClickException(reply.error)
    return reply
