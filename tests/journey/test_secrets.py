"""All that a gateway says of its work, at its most talkative: no password and nothing of a text is in it, in
whatever shape. The calls that are told about are good, bad, and cut short on their way."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
import structlog

from kavle.simulator.faults import Faults
from kavle.simulator.magic import MAGIC
from kavle.simulator.mmsc.magic import MAGIC as MAGIC_OF_MMS
from kavle.simulator.mmsc.mmsc import Mmsc
from kavle.simulator.mmsc.mo import GivenFile, MmText
from kavle.simulator.mmsc.settings import MmscSettings
from kavle.simulator.mo_pdus import MoText
from kavle.simulator.settings import SmscSettings
from kavle.simulator.smsc import Smsc
from mms import mms_files as files
from support.books import Place
from support.pages import browsing
from support.patience import PATIENCE
from support.postgres import said
from support.processes import LOOPBACK, MMSC_PATH, kavle, run, settings_file
from support.receivers import OK, Receiver, receiver, redirects, says
from support.renderings import found
from support.running import ENVELOPE

PHONE, NUMBER, NOBODYS = "46701740605", "46701740699", "46701740698"
PASSWORDS = {
    name: f"{name}-7Kq"
    for name in ("account", "wrong", "portal", "operator", "made", "user", "query", "smsc", "mmsc")
}
TEXT = "strictly-private-7f3a"
"""In every text, subject and file, behind what is told apart by."""
SECRETS = [*PASSWORDS.values(), MMSC_PATH.rpartition("/")[2], TEXT]
STEPS = ("accepted", "handed over", "receipt", "called")
Network = tuple[Smsc, Mmsc]


@pytest.fixture
async def customer() -> AsyncIterator[Receiver]:
    async with receiver() as web:
        yield web


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[Network]:
    log = structlog.get_logger()
    smsc = Smsc(SmscSettings(password=PASSWORDS["smsc"]), log)
    mmsc = Mmsc(MmscSettings(retry=0.05, username="kavle", password=PASSWORDS["mmsc"]), log)
    yield smsc, mmsc
    await smsc.stop()
    await mmsc.stop()


class Ear:
    """Asks the gateway, and remembers what it answers."""

    def __init__(self, url: str = "") -> None:
        self.url = url
        self.heard: list[bytes] = []

    async def command(self, config: Path, *arguments: str, input: str = "") -> None:
        _, out, err = await run(*arguments, "--config", str(config), input=input)
        self.heard.append((out + err).encode())

    async def ask(self, path: str, data: bytes | None = None, **headers: str) -> str:
        def answer() -> bytes:
            request = Request(self.url + path, data, {n.replace("_", "-"): v for n, v in headers.items()})  # noqa: S310
            try:
                with urlopen(request, timeout=PATIENCE) as told:  # noqa: S310 -- loopback
                    return bytes(told.read())
            except HTTPError as error:
                return error.read()

        self.heard.append(await asyncio.to_thread(answer))
        return self.heard[-1].decode("utf-8", "replace")

    async def url_call(self, **parameters: str) -> str:
        call = {
            "acc": "test",
            "pass": PASSWORDS["account"],
            "msg": TEXT,
            "to": PHONE,
            "from": "ip1",
            **parameters,
        }
        return await self.ask(f"/sendsms.aspx?{urlencode(call)}")

    async def soap(
        self, operation: str, path: str = "/sendSms/sendSms.asmx", end: str = "", **children: str
    ) -> str:
        told = "".join(f"<{name}>{value}</{name}>" for name, value in children.items())
        body = ENVELOPE.format(op=operation, children=told) + end
        return await self.ask(path, body.encode(), Content_Type="text/xml; charset=utf-8")


async def programs_call(ear: Ear) -> None:
    account = {
        "konto": "test",
        "passwd": PASSWORDS["account"],
        "meddelande": f"Ж {TEXT}",
        "from": "ip1",
        "prio": "2",
    }
    for number in MAGIC:
        await ear.url_call(to=number, msg=f"{number} {TEXT * 9}")
    await ear.soap("smsBundle", till=f"{PHONE},{NOBODYS},{TEXT}", **account)
    for wrong in (
        *(
            {"pass": PASSWORDS["wrong"]},
            {"acc": "nobody"},
            {"prio": TEXT},
            {"to": TEXT},
            {"from": "\r" + TEXT},
        ),
        *(
            {"type": TEXT},
            {"sendAt": TEXT},
            {"Ok": f"http://{TEXT}@x/\n"},
            {"msg": TEXT * 200},
            {"msg": TEXT + "\0"},
        ),
        {"padding": TEXT * 5000},
    ):
        await ear.url_call(**wrong)
    for wrong in (
        {"till": TEXT},
        {"till": f"<!DOCTYPE {TEXT}>"},
        {"end": TEXT},
        {"passwd": PASSWORDS["wrong"]},
    ):
        await ear.soap("sms", **(account | {"till": PHONE} | wrong))
    await ear.ask(f"/sendSms/sendSms.asmx/nothing?passwd={PASSWORDS['account']}")
    await ear.ask("/sendSms/sendSms.asmx", b"<x/>", SOAPAction="nothing", Authorization=PASSWORDS["account"])


async def mms_are_sent(ear: Ear) -> None:
    data = b64encode(f"{TEXT}\n".encode()).decode()
    file = f"<InlineFile><name>{TEXT}.txt</name><contentType/><data>{data}</data></InlineFile>"
    call = {"acc": "test", "pass": PASSWORDS["account"], "msg": TEXT, "from": NUMBER, "files": file}
    for number in MAGIC_OF_MMS:
        await ear.soap("sendMMS", "/mms/mms.asmx", to=number, **call)
    await ear.soap("sendMMS", "/mms/mms.asmx", to=PHONE, **(call | {"files": f"<data>{TEXT}!</data>"}))
    await ear.soap("sendMMS", "/mms/mms.asmx", to=PHONE, **(call | {"pass": PASSWORDS["wrong"]}))
    for body in (TEXT.encode(), f"<{TEXT}>".encode(), f'--a\r\nContent-ID: "{TEXT}\r\n\r\n{TEXT}'.encode()):
        await ear.ask(MMSC_PATH, body, Content_Type=f"multipart/related; boundary=a; x={TEXT}")
    for password in (PASSWORDS["account"], PASSWORDS["wrong"]):
        asked = {"username": "test", "password": password, "mmsid": "1", "filename": TEXT}
        await ear.ask(f"/api/current/mms/getfile.php?{urlencode(asked)}")


async def phones_write(network: Network, customer: Receiver) -> None:
    smsc, mmsc = network
    for behaviour in (
        *(
            says(TEXT.encode(), f"500 {TEXT}"),
            redirects(f"http://169.254.169.254/?{TEXT}"),
            redirects(f"ftp:{TEXT}"),
        ),
        OK,
    ):
        customer.behaviour = behaviour
        before = len(customer.heads)
        await smsc.mos.send(MoText(sender=PHONE, recipient=NUMBER, text=f"Ж {TEXT * 20}")).wait()
        await customer.asked(before + 1)
    for more in (
        {"data_coding": 4},
        {"data_coding": 240, "charset": "latin-1"},
        {"concatenation": "payload"},
    ):
        await smsc.mos.send(MoText(sender=PHONE, recipient=NUMBER, text=TEXT, **more)).wait()  # type: ignore[arg-type]
    await smsc.mos.send(MoText(sender=PHONE, recipient=NOBODYS, text=TEXT)).wait()
    given = [GivenFile(files.png(8, 8) + TEXT.encode(), f"{TEXT}.png")]
    for to in (NUMBER, NOBODYS):
        mm = MmText(sender=PHONE, recipient=to, subject=TEXT, text=TEXT, files=given)
        await mmsc.mos.send(mm)[1].wait()


async def people_log_in(url: str) -> None:
    async with browsing(url) as browser:
        await browser.sign_in(password=PASSWORDS["wrong"])
        await browser.sign_in(password=PASSWORDS["account"])
        await browser.get("/portal/send")
        await browser.post("/portal/send", to=PHONE, sender="ip1", text=TEXT, priority="2", at="")
        await browser.post("/portal/send", to=TEXT, sender="ip1", text=TEXT, priority=TEXT, at=TEXT)
        await browser.post("/portal/send", token=TEXT, to=PHONE, text=TEXT)
        new = PASSWORDS["portal"]
        await browser.get("/portal/account")
        await browser.post(
            "/portal/account/portal-password", current=PASSWORDS["account"], new=new, again=new
        )
        for page in ("/visastatus.aspx", "/portal/messages.csv", "/portal/incoming", f"/portal/{TEXT}"):
            await browser.get(page)
    async with browsing(url) as browser:
        for password in (PASSWORDS["wrong"], PASSWORDS["operator"]):
            await browser.get("/operator")
            await browser.post("/operator/log-in", operator="anna", password=password, next="/operator")
        await browser.post("/operator/accounts", name="new", password=PASSWORDS["made"], credits="5")
        await browser.post("/operator/accounts", name="new", password=PASSWORDS["made"], credits="5")
        await browser.post("/operator/account/password", name="test", password=PASSWORDS["account"])


async def test_nothing_that_is_told_of_messages_holds_a_password_or_a_text(
    tmp_path: Path, place: Place, network: Network, customer: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    smsc, mmsc = network
    ports = [(await one.start(LOOPBACK, 0))[1] for one in network]
    database = place if isinstance(place, str) else None  # else a file beside the settings
    config = settings_file(tmp_path, ports[0], mmsc=ports[1], database=database)
    config.write_text(config.read_text() + '[callbacks]\nallow = ["127.0.0.0/8"]\ninterval = 0.05\n')
    for name, value in {
        "LOG_LEVEL": "debug",
        "CARRIER_SIMULATED_PASSWORD": PASSWORDS["smsc"],
        "CARRIER_MMSC_USER": "kavle",
        "CARRIER_MMSC_USER_PASSWORD": PASSWORDS["mmsc"],
    }.items():
        monkeypatch.setenv(f"KAVLE_{name}", value)
    ear, log = Ear(), tmp_path / "gateway.log"
    made = ("account", "create", "test", "--password", "-", "--credits", "1000")
    await ear.command(config, *made, input=PASSWORDS["account"])
    await ear.command(config, "operator", "create", "anna", "--password", "-", input=PASSWORDS["operator"])
    where = f"http://me:{PASSWORDS['user']}@{LOOPBACK}:{customer.port}/?key={PASSWORDS['query']}"
    await ear.command(config, "number", "add", NUMBER, "--account", "test", "--callback", where)
    async with kavle("serve", "--config", str(config), log=log) as gateway:
        ear.url = f"http://{LOOPBACK}:{gateway.port}"
        mmsc.deliveries.reach(ear.url + MMSC_PATH)
        await programs_call(ear)
        smsc.inflict(Faults(drop_links=True))
        await mms_are_sent(ear)
        await smsc.until(lambda counts: counts.binds > 1)
        await phones_write(network, customer)
        await people_log_in(ear.url)
        async with asyncio.timeout(PATIENCE):
            while not all(f'"{step}"' in log.read_text() for step in STEPS):
                await asyncio.sleep(0.05)
        for path in ("/metrics", "/readyz", "/healthz"):
            await ear.ask(path)
        for command in (
            ("account", "list"),
            ("number", "list"),
            ("held", "list"),
            ("carriers",),
            ("doctor",),
        ):
            await ear.command(config, *command)
        assert await gateway.stop() == 0
    told = log.read_bytes() + b"\n".join(ear.heard)
    if isinstance(place, str):
        told += said().encode()  # what the database's server tells of its work, and of errors
    assert b"kavle_accepted" in told
    assert len([json.loads(line) for line in log.read_text().splitlines()]) > len(MAGIC)
    assert found(SECRETS, told) == []


def test_a_secret_is_seen_in_whatever_shape() -> None:
    secret = b"--" + TEXT.encode()
    shapes = (secret, secret.hex().encode(), b64encode(secret), b64encode(b"." + secret), secret[::-1])
    for shape in (*shapes, TEXT.encode("utf-16-be"), TEXT.encode("utf-16-be").hex().encode()):
        assert found([TEXT], b"x" + shape + b"x"), shape
    assert found([TEXT], TEXT[:-1].encode()) == []
