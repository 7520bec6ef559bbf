"""A command's question to the gateway, or to its database."""

from __future__ import annotations

import asyncio
import os
import pwd

import click

from kavle.cli.config import Settings
from kavle.cli.control import Order, run
from kavle.cli.database import file_of
from kavle.cli.options import opening
from kavle.clock import SystemClock
from kavle.core.desk import Command
from kavle.core.reply import Reply


def ask(settings: Settings, command: Command) -> Reply:
    """Raises `click.ClickException` and `StoreError`, which `telling_errors` tells, for what went wrong."""
    with opening(file_of(settings.database)):
        order = Order(_user(), command)
        reply = asyncio.run(run(settings.database, SystemClock(), settings.gateway.region, order))
    if reply.error is not None:
        raise click.ClickException(reply.error)
    return reply


def _user() -> str:
    """As the system knows who runs this; a user id that has no name stays a number."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
