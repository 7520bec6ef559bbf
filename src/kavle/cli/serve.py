"""`kavle serve`: the gateway."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import click
import msgspec

from kavle import logs
from kavle.cli.app import Gateway
from kavle.cli.config import Settings, check_can_serve, read
from kavle.cli.database import file_of
from kavle.cli.options import call, config_option, listening, opening, telling_errors
from kavle.cli.restore import told_of_copy
from kavle.cli.roles.role import ALL, Role, check_roles, roles_of, told
from kavle.cli.runner import run_until_stopped, spare_the_collector
from kavle.clock import SystemClock
from kavle.core.restoring import Restoring
from kavle.store.errors import DatabaseInUse, StoreError, StoreUnavailable


@click.command()
@config_option
@click.option("--host", help="Listen at this address instead of [http] host.")
@click.option("--port", type=click.IntRange(0, 65535), help="Listen at this port instead of [http] port.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="ROLE",
    help="north (let customers in), south (the links to the networks), callbacks (tell customers what has"
    " come), or all, which is the default. May be repeated, or be a list: north,callbacks.",
)
@telling_errors
def serve(config: Path, host: str | None, port: int | None, roles: tuple[str, ...]) -> None:
    """Run the gateway until it gets SIGINT or SIGTERM.

    On PostgreSQL any number of processes share one database, each with the roles that it is given. One
    without north listens at [http] host and port alone, with /healthz, /readyz and /metrics.

    It then stops in order: what was accepted is stored, what is with the network is awaited, and the rest
    stays in the queue for the next start.
    """
    settings = read(config)
    check_can_serve(settings)
    http = msgspec.structs.replace(
        settings.http,
        host=settings.http.host if host is None else host,
        port=settings.http.port if port is None else port,
    )
    settings = msgspec.structs.replace(settings, http=http)
    chosen = roles_of(roles)
    check_roles(chosen, settings.database)
    logs.configure(settings.log_level)
    run_until_stopped(lambda stop: _serve(settings, chosen, stop))


async def _serve(settings: Settings, roles: frozenset[Role], stop: asyncio.Event) -> None:
    gateway = Gateway(settings, SystemClock(), roles)
    http = settings.http
    with opening(file_of(settings.database)), listening(http.host, http.port, "[http] port or --port"):
        try:
            await gateway.start()
        except DatabaseInUse as error:
            raise StoreError(f"{error}, or give this one a database of its own") from error
    spare_the_collector()
    try:
        listeners = " and ".join(listener.url for listener in gateway.http.listeners)
        alone = "" if roles == ALL else f", as {told(roles)}"
        click.echo(f"Kavle is ready on {listeners}{alone}")
        with suppress(StoreUnavailable):  # it runs, and waits for its database
            await _tell_what_is_missing(gateway)
            await _tell_of_a_copy(gateway)
        await gateway.run(stop)
        click.echo("Kavle is stopping: waiting for what is with the network …")
    finally:
        await gateway.stop()
    click.echo("Kavle has stopped.")


async def _tell_of_a_copy(gateway: Gateway) -> None:
    if (view := await Restoring(gateway.store, gateway.clock).show()) is not None:
        click.echo(told_of_copy(view))


async def _tell_what_is_missing(gateway: Gateway) -> None:
    if not await gateway.accounts.list():
        click.echo(f"There is no account yet; make one by `{call('account create NAME')}`.")
