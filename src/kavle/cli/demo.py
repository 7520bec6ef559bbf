"""`kavle demo`: a gateway, simulated networks with their phones, and an account to try, in one process on
loopback."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import click
import structlog

from kavle import logs
from kavle.cli.app import Gateway
from kavle.cli.config import MmsPriceSettings, PriceSettings, RouteSettings, Settings
from kavle.cli.options import listening, opening, telling_errors, this_command
from kavle.cli.runner import printer, run_until_stopped
from kavle.clock import SystemClock
from kavle.core.accounts import ChangeAccount, CreateAccount
from kavle.core.numbers import AddNumber, ChangeNumber, Numbers
from kavle.core.sweep import LOOP_LOG
from kavle.model.money import UNIT
from kavle.model.number import NumberSettings
from kavle.north.auth import hash_password
from kavle.north.settings import HttpSettings
from kavle.north.web.phones import Guest
from kavle.simulator.customer import CUSTOMER
from kavle.simulator.face import Face
from kavle.simulator.mmsc.desk import MmscDesk
from kavle.simulator.mmsc.mmsc import Mmsc
from kavle.simulator.mmsc.settings import MmscSettings
from kavle.simulator.screen import Screen
from kavle.simulator.settings import SmscSettings
from kavle.simulator.smsc import Smsc
from kavle.simulator.smsc_desk import SmscDesk
from kavle.south.callback.settings import CallbackSettings
from kavle.south.mm7.settings import Mm7Settings
from kavle.south.smpp.settings import SmppSettings
from kavle.store.errors import DatabaseInUse, StoreError

ACCOUNT: Final = "test"
PASSWORD: Final = "1234"  # noqa: S105 -- the manual's example
CREDITS: Final = 1000 * UNIT
NUMBER: Final = "46701740699"
"""The account's, of the series that is kept for fiction, so that nobody else has it."""
STEP: Final = 1.0
"""Seconds from 10 to 21, and from 21 to 22, so that a status can be watched."""

LOOPBACK: Final = "127.0.0.1"


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
    """Try Kavle: a gateway with the account test/1234 and simulated networks, on loopback only.

    Nothing leaves this machine: SMS go by real SMPP, and MMS by real MM7, to phones that do not exist.
    """
    logs.configure("warning")
    # Between the phones' lines nobody wants to know how busy the machine is; /metrics tells it.
    logging.getLogger(LOOP_LOG).setLevel(logging.ERROR)
    _check_free(port)
    run_until_stopped(lambda stop: _demo(data, port, stop))


async def _demo(data: Path, port: int, stop: asyncio.Event) -> None:
    log, screen = structlog.get_logger("kavle.simulator"), Screen(printer(stop))
    smsc = Smsc(SmscSettings(response_delay=STEP, receipt_delay=STEP), log, screen=screen)
    mmsc = Mmsc(MmscSettings(response_delay=STEP, report_delay=STEP), log, screen=screen)
    _, smpp_port = await smsc.start(LOOPBACK, 0)
    _, mm7_port = await mmsc.start(LOOPBACK, 0)
    face = Face(MmscDesk(mmsc), SmscDesk(smsc))
    face_url = f"http://{LOOPBACK}:{await face.start(0)}"
    sms, mms = _smpp(smpp_port, smsc.settings), _mm7(mm7_port)
    gateway = Gateway(
        _settings(data, port, face_url, sms, mms), SystemClock(), guest=Guest(ACCOUNT, PASSWORD)
    )
    await _start(gateway, data, port)
    try:
        await _make_account(gateway)
        await _make_number(gateway, face_url + CUSTOMER)
        mmsc.deliveries.reach(f"http://{LOOPBACK}:{gateway.http.port}{mms.path}")
        click.echo(_welcome(gateway.http.port, smpp_port, mm7_port, data))
        await gateway.run(stop)
    finally:
        await gateway.stop()
        face.stop()
        await mmsc.stop()
        await smsc.stop()
    click.echo(f"The demo has stopped; its database stays in {data}.")


async def _make_account(gateway: Gateway) -> None:
    if await gateway.store.account(ACCOUNT) is None:
        password_hash = await asyncio.to_thread(hash_password, PASSWORD)
        await gateway.accounts.create(CreateAccount(ACCOUNT, password_hash, CREDITS))
        # What has no other sender can be answered.
        await gateway.accounts.change(ChangeAccount(ACCOUNT, {"sender": NUMBER}))


async def _make_number(gateway: Gateway, receiver: str) -> None:
    """Its callbacks go to the network's face, which has another port each time; but where somebody has given
    it another address, that one stays."""
    numbers = Numbers(gateway.store, gateway.clock)
    number = await gateway.store.inbox.number(NUMBER)
    if number is None:
        # In UTF-8, so that whatever is written on a phone is seen whole.
        await numbers.add(AddNumber(NUMBER, ACCOUNT, NumberSettings(receiver, charset="utf-8")))
    elif _is_ours(number.settings.callback):
        await numbers.change(ChangeNumber(NUMBER, None, {"callback": receiver}))


def _is_ours(callback: str) -> bool:
    return callback.startswith(f"http://{LOOPBACK}:") and callback.endswith(CUSTOMER)


def _listening(port: int) -> AbstractContextManager[None]:
    return listening(LOOPBACK, port, "`--port 8081`, or `make demo DEMO_PORT=8081`")


def _check_free(port: int) -> None:
    """Before anything is made on the disk."""
    with _listening(port), socket.create_server((LOOPBACK, port)):
        pass


async def _start(gateway: Gateway, data: Path, port: int) -> None:
    try:
        with opening(data / "kavle.db"), _listening(port):
            await gateway.start()
    except DatabaseInUse as error:
        raise StoreError(
            f"another demo runs in {data}; stop it, or give this one a folder of its own:"
            f" `{this_command()} demo --port {port} --data DIR`"
        ) from error


def _smpp(port: int, network: SmscSettings) -> SmppSettings:
    return SmppSettings(
        name="simulated",
        host=LOOPBACK,
        port=port,
        system_id=network.system_id,
        password=network.password,
    )


def _mm7(port: int) -> Mm7Settings:
    url, webhook = f"http://{LOOPBACK}:{port}/mm7", secrets.token_urlsafe(24)
    return Mm7Settings(name="simulated-mms", url=url, webhook=webhook)


def _settings(data: Path, port: int, face_url: str, sms: SmppSettings, mms: Mm7Settings) -> Settings:
    return Settings(
        database=f"sqlite:///{data / 'kavle.db'}",
        http=HttpSettings(host=LOOPBACK, port=port, phones=face_url),
        carrier=[sms, mms],
        route=[RouteSettings(carriers=[sms.name], mms=[mms.name])],
        price=PriceSettings(default="1.00", prefix={"47": "1.20"}, mms=MmsPriceSettings(default="2.50")),
        callbacks=CallbackSettings(allow=["127.0.0.0/8"]),
    )


def _welcome(port: int, smpp_port: int, mm7_port: int, data: Path) -> str:
    url = f"http://{LOOPBACK}:{port}"
    call = f"acc={ACCOUNT}&pass={PASSWORD}&msg=Testar&to=0702617396&from=ip1&prio=2"
    return f"""
  Kavle DEMO: a gateway on this machine only, and networks that are simulated.

  Phones       {url}/phones
  Portal       {url}/portal/send   account {ACCOUNT}, password {PASSWORD}

  Send an SMS there, or from another window (the answer is its id), and see it come to the phone:

    curl '{url}/sendsms.aspx?{call}'

  Answer on the phone, with a picture if you like: {ACCOUNT} has the number {NUMBER}, and its callback is
  seen beside the phone.

  Web services {url}/sendSms/sendSms.asmx   (?WSDL)
               {url}/mms/mms.asmx
  Metrics      {url}/metrics
  Networks     SMPP on {LOOPBACK}:{smpp_port}, MM7 on {LOOPBACK}:{mm7_port}
  Data         {data}

  Ctrl-C ends it. Below, what comes to the phones:
"""
