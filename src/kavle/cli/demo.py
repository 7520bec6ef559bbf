"""`kavle demo`: a gateway, a simulated network and an account to try, in one process on loopback."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Final

import click
import structlog

from kavle import logs
from kavle.cli.app import Gateway
from kavle.cli.config import PriceSettings, RouteSettings, Settings
from kavle.cli.options import telling_errors
from kavle.cli.runner import run_until_stopped
from kavle.clock import SystemClock
from kavle.core.accounts import CreateAccount
from kavle.model.money import UNIT
from kavle.north.auth import hash_password
from kavle.north.settings import HttpSettings
from kavle.simulator.counts import Counts
from kavle.simulator.smsc import Smsc, SmscSettings
from kavle.south.smpp.settings import SmppSettings

ACCOUNT: Final = "test"
PASSWORD: Final = "1234"  # noqa: S105 -- the manual's example
CREDITS: Final = 1000 * UNIT
STEP: Final = 1.0
"""Seconds from 10 to 21, and from 21 to 22, so that a status can be watched."""

LOOPBACK: Final = "127.0.0.1"
PHONES_WATCHED: Final = 20


@click.command()
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("kavle-demo"),
    show_default=True,
    help="Where the demo keeps its database.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes any free one."
)
@telling_errors
def demo(data: Path, port: int) -> None:
    """Try Kavle: a gateway with the account test/1234 and a simulated network, on loopback only.

    Nothing leaves this machine: the messages go by real SMPP to phones that do not exist.
    """
    logs.configure("warning")
    run_until_stopped(lambda stop: _demo(data, port, stop))


async def _demo(data: Path, port: int, stop: asyncio.Event) -> None:
    network = Smsc(
        SmscSettings(response_delay=STEP, receipt_delay=STEP), structlog.get_logger("kavle.simulator")
    )
    _, smpp_port = await network.start(LOOPBACK, 0)
    gateway = Gateway(_settings(data, port, smpp_port, network.settings), SystemClock())
    await gateway.start()
    showing = asyncio.create_task(_show_phones(network))
    try:
        if await gateway.store.account(ACCOUNT) is None:
            password_hash = await asyncio.to_thread(hash_password, PASSWORD)
            await gateway.accounts.create(CreateAccount(ACCOUNT, password_hash, CREDITS))
        click.echo(_welcome(gateway.http.port, smpp_port, data))
        await gateway.run(stop)
    finally:
        showing.cancel()
        await gateway.stop()
        await network.stop()
    click.echo(f"The demo has stopped; its database stays in {data}.")


def _settings(data: Path, port: int, smpp_port: int, network: SmscSettings) -> Settings:
    carrier = SmppSettings(
        name="simulated",
        host=LOOPBACK,
        port=smpp_port,
        system_id=network.system_id,
        password=network.password,
    )
    return Settings(
        database=f"sqlite:///{data / 'kavle.db'}",
        http=HttpSettings(host=LOOPBACK, port=port),
        carrier=[carrier],
        route=[RouteSettings(carriers=[carrier.name])],
        price=PriceSettings(default="1.00", prefix={"47": "1.20"}),
    )


def _welcome(port: int, smpp_port: int, data: Path) -> str:
    url = f"http://{LOOPBACK}:{port}"
    call = f"acc={ACCOUNT}&pass={PASSWORD}&msg=Testar&to=0702617396&from=ip1&prio=2"
    return f"""
  Kavle DEMO: a gateway on this machine only, and a network that is simulated.

  Send an SMS (the answer is its id; the phone shows it below):

    curl '{url}/sendsms.aspx?{call}'

  Ask for its status (10 received, 21 in the network, 22 on the phone; a step a second):

    curl '{url}/sendSms/sendSms.asmx' -H 'Content-Type: text/xml' -H 'SOAPAction: "status"' \\
      -d '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><status><id>ID</id></status></Body></Envelope>'

  Account      {ACCOUNT} / {PASSWORD}
  Web service  {url}/sendSms/sendSms.asmx   (?WSDL)
  Metrics      {url}/metrics
  Network      SMPP on {LOOPBACK}:{smpp_port}; numbers with other outcomes: kavle simulate smsc --help
  Data         {data}

  Ctrl-C ends it.
"""


async def _show_phones(network: Smsc) -> None:
    """A line for each text that reaches a phone."""
    seen = SystemClock().now()
    happened = 0
    while True:
        await network.until(partial(_more_than, happened))
        happened = _happened(network.counts)
        new = [
            (text, phone.number)
            for phone in network.phones.newest(PHONES_WATCHED)
            for text in phone.texts
            if text.at > seen
        ]
        for text, number in sorted(new, key=lambda one: one[0].at):
            flash = ", flash" if text.flash else ""
            click.echo(f"  +{number} got from {text.sender}{flash}: {text.text}")
            seen = text.at


def _happened(counts: Counts) -> int:
    return counts.submits + counts.receipts


def _more_than(before: int, counts: Counts) -> bool:
    return _happened(counts) > before
