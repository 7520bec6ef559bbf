"""`kavle simulate mmsc`: a network for MMS."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import click
import structlog
import uvloop

from kavle.cli.faults import fault_options, taken_faults
from kavle.cli.network import opened_journal, run_network, tls_context
from kavle.cli.runner import printer
from kavle.logs import configure
from kavle.simulator.face import Face
from kavle.simulator.magic import outcomes
from kavle.simulator.mmsc.desk import MmscDesk
from kavle.simulator.mmsc.faults import MmscFaults
from kavle.simulator.mmsc.magic import MAGIC
from kavle.simulator.mmsc.mmsc import Mmsc
from kavle.simulator.mmsc.settings import MmscSettings
from kavle.simulator.screen import Screen
from kavle.wire.mm7 import SCHEMAS

_SECONDS: Final = click.FloatRange(min=0)
_PORT: Final = click.IntRange(0, 65535)
_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_DEFAULT: Final = MmscSettings()

_HELP: Final = f"""Run a simulated network for MMS: an MMSC that speaks MM7 over HTTP (3GPP TS 23.140).

It takes every MMS at any path, shows it on a phone that does not exist (a line here), and tells the gateway,
at the address given by --vasp, what became of it and what phones send. Some recipients, of a series that is
reserved for fiction, fare otherwise:

\b
{outcomes(MAGIC)}

What goes wrong with it from the start, the options say; shares are from 0 to 1. With --http-port all of that
can be ordered while it runs (POST /mms/faults), phones send MMS (POST /mms/mo, or kavle simulate mms), and it
tells its counters and what the phones show (GET /mms/counts, GET /mms/phones/NUMBER).
"""


@click.command(help=_HELP, short_help="A network for MMS, that speaks MM7.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=_PORT, default=8070, show_default=True, help="0 takes any free one.")
@click.option(
    "--vasp", metavar="URL", default="", help="The gateway's address for reports and MMS from phones."
)
@click.option("--vasp-id", default="", help="The only VASPID that may submit; else any.")
@click.option("--username", default="", help="Of the gateway, by HTTP basic authentication; else anybody.")
@click.option("--password", default=_DEFAULT.password, show_default=True, help="Its password.")
@click.option(
    "--schema", type=click.Choice(tuple(SCHEMAS)), help="Of what it says unasked; else as it is spoken to."
)
@click.option("--certificate", type=_FILE, help="Speak TLS, and show this certificate: a PEM file.")
@click.option("--key", type=_FILE, help="Its private key, where that is in a file of its own.")
@click.option("--client-ca", type=_FILE, help="Demand a certificate of these authorities: a PEM file.")
@click.option("--response-delay", type=_SECONDS, default=0.0, help="Seconds before each SubmitRsp.")
@click.option("--report-delay", type=_SECONDS, default=0.0, help="Seconds from the response to the report.")
@click.option(
    "--retry",
    type=click.FloatRange(min=0.01),
    default=_DEFAULT.retry,
    show_default=True,
    help="Seconds until what the gateway did not take is sent again.",
)
@click.option(
    "--journal",
    type=_FILE,
    help="Append what the network saw to this file, as JSON lines; numbers included, files by their hashes.",
)
@click.option("--http-port", type=_PORT, help="Take orders and tell of phones, by HTTP on loopback.")
@click.option("--seed", type=int, help="Of the dice that say whom a fault meets.")
@fault_options(MmscFaults, but=MmscSettings.__struct_fields__)
@click.option("--quiet", is_flag=True, help="Print no line for each MMS.")
@click.option("--verbose", is_flag=True, help="Log what the gateway refuses and mistakes to standard error.")
def mmsc(
    host: str,
    port: int,
    schema: str | None,
    certificate: Path | None,
    key: Path | None,
    client_ca: Path | None,
    journal: Path | None,
    http_port: int | None,
    quiet: bool,
    verbose: bool,
    **settings: Any,
) -> None:
    configure("info" if verbose else "warning")
    faults = taken_faults(MmscFaults, settings)
    try:
        network_settings = MmscSettings(schema=schema or "", **settings)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    tls = tls_context(certificate, key, client_ca)
    with opened_journal(journal) as opened:
        stop = asyncio.Event()
        screen = None if quiet else Screen(printer(stop))
        network = Mmsc(network_settings, structlog.get_logger("kavle.simulator"), opened, screen=screen)
        face = Face(MmscDesk(network))
        uvloop.run(run_network("MMSC", network, faults, face, stop, host, port, tls, http_port))
