"""`kavle simulate`: networks to try a gateway on."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import click
import structlog
import uvloop

from kavle.cli.faults import fault_options, taken_faults
from kavle.cli.group import Group
from kavle.cli.mms import mms
from kavle.cli.mmsc import mmsc
from kavle.cli.mo import mo
from kavle.cli.network import opened_journal, run_network, tls_context
from kavle.cli.runner import printer
from kavle.logs import configure
from kavle.simulator.face import Face
from kavle.simulator.faults import Faults
from kavle.simulator.ids import IdFormat
from kavle.simulator.magic import outcomes
from kavle.simulator.screen import Screen
from kavle.simulator.settings import SmscSettings
from kavle.simulator.smsc import Smsc
from kavle.simulator.smsc_desk import SmscDesk
from kavle.wire.smpp.timers import Timers

_SECONDS: Final = click.FloatRange(min=0)
_PORT: Final = click.IntRange(0, 65535)
_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_DEFAULT: Final = SmscSettings()

_HELP: Final = f"""Run a simulated network: an SMSC that speaks SMPP 3.4 over TCP.

It takes every message, shows it on a phone that does not exist (a line here), and sends a delivery receipt if
one was asked for. Some recipients, of a series that is reserved for fiction, fare otherwise:

\b
{outcomes()}

What goes wrong with it from the start, the options say; shares are from 0 to 1. With --http-port all of that
can be ordered while it runs (POST /faults), phones send texts (POST /mo, or kavle simulate mo), and it tells
its counters and what the phones show (GET /counts, GET /phones).
"""


@click.group(cls=Group)
def simulate() -> None:
    """Networks to try a gateway on."""


simulate.add_command(mo)
simulate.add_command(mmsc)
simulate.add_command(mms)


@simulate.command(help=_HELP, short_help="A network that speaks SMPP 3.4.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=_PORT, default=2775, show_default=True, help="0 takes any free one.")
@click.option("--system-id", default=_DEFAULT.system_id, show_default=True, help="Who may bind.")
@click.option("--password", default=_DEFAULT.password, show_default=True, help="At most 8 characters.")
@click.option("--certificate", type=_FILE, help="Speak TLS, and show this certificate: a PEM file.")
@click.option("--key", type=_FILE, help="Its private key, where that is in a file of its own.")
@click.option("--client-ca", type=_FILE, help="Demand a certificate of these authorities: a PEM file.")
@click.option("--response-delay", type=_SECONDS, default=0.0, help="Seconds before each submit_sm_resp.")
@click.option("--receipt-delay", type=_SECONDS, default=0.0, help="Seconds from the response to the receipt.")
@click.option("--receipts/--no-receipts", default=True, help="Whether delivery receipts are sent.")
@click.option(
    "--receipt-tlvs/--no-receipt-tlvs", default=True, help="Whether they have TLVs beside the text."
)
@click.option(
    "--receipt-window",
    type=click.IntRange(min=1),
    default=_DEFAULT.receipt_window,
    show_default=True,
    help="Unanswered receipts on each link.",
)
@click.option(
    "--receipt-retry",
    type=click.FloatRange(min=0.01),
    default=_DEFAULT.receipt_retry,
    show_default=True,
    help="Seconds until what the gateway did not take is sent again.",
)
@click.option(
    "--id-format",
    type=click.Choice([form.value for form in IdFormat]),
    default=_DEFAULT.id_format.value,
    show_default=True,
    help="How message ids are written.",
)
@click.option(
    "--journal",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Append what the network saw to this file, as JSON lines; numbers and texts included.",
)
@click.option("--http-port", type=_PORT, help="Take orders and tell of phones, by HTTP on loopback.")
@click.option("--seed", type=int, help="Of the dice that say whom a fault meets.")
@fault_options(Faults, but=SmscSettings.__struct_fields__)
@click.option(
    "--unbind-idle",
    type=click.FloatRange(min=0.1),
    help="Unbind who has sent and got no message for so many seconds.",
)
@click.option("--quiet", is_flag=True, help="Print no line for each text.")
@click.option("--verbose", is_flag=True, help="Log binds, lost links and mistakes to standard error.")
def smsc(
    host: str,
    port: int,
    certificate: Path | None,
    key: Path | None,
    client_ca: Path | None,
    id_format: str,
    journal: Path | None,
    http_port: int | None,
    unbind_idle: float | None,
    quiet: bool,
    verbose: bool,
    **settings: Any,
) -> None:
    configure("info" if verbose else "warning")
    faults = taken_faults(Faults, settings)
    try:
        timers = Timers() if unbind_idle is None else Timers(inactivity=unbind_idle)
        network_settings = SmscSettings(id_format=IdFormat(id_format), timers=timers, **settings)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    tls = tls_context(certificate, key, client_ca)
    with opened_journal(journal) as opened:
        stop = asyncio.Event()
        screen = None if quiet else Screen(printer(stop))
        network = Smsc(network_settings, structlog.get_logger("kavle.simulator"), opened, screen=screen)
        face = Face(SmscDesk(network))
        uvloop.run(run_network("SMSC", network, faults, face, stop, host, port, tls, http_port))
