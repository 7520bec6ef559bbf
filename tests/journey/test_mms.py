"""MMS both ways, through a whole gateway and a network of its own: MM7 and HTTP over real sockets, on both
engines. What is in a file survives every path, octet by octet."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import aiohttp
import pytest

from kavle.core.numbers import AddNumber, Numbers
from kavle.model.number import NumberSettings
from kavle.simulator.mmsc.faults import MmscFaults
from kavle.simulator.mmsc.magic import MAGIC
from kavle.simulator.mmsc.mmsc import Mmsc
from kavle.simulator.mmsc.mo import GivenFile, MmText
from kavle.south.callback.settings import CallbackSettings
from mms import mms_files as files
from support.books import Place
from support.patience import PATIENCE
from support.processes import kavle
from support.receivers import Receiver, receiver, says
from support.running import Running, running, soap

PHONE, NUMBER, ECHO = "46701740605", "46701740699", "46701740622"
# All that a careless reader of MIME, XML or HTTP would take for its own.
PASSWORD = "1234"
AWKWARD = files.png(8, 8) + b"\r\n--kavle-0\r\n\r\n\0\r\r\n\n]]></a>--" + bytes(range(256)) * 3 + b"--\r\n"
LARGE = files.JPEG + bytes(range(256)) * 1199 + bytes(307_200 - len(files.JPEG) - 256 * 1199)


@pytest.fixture
async def customer() -> AsyncIterator[Receiver]:
    """His web application, which answers OK."""
    async with receiver() as web:
        yield web


@pytest.fixture
async def world(place: Place, customer: Receiver) -> AsyncIterator[Running]:
    callbacks = CallbackSettings(allow=["127.0.0.0/8"])
    async with running(place, mms=True, callbacks=callbacks) as run:
        numbers = Numbers(run.gateway.store, run.gateway.clock)
        settings = NumberSettings(f"{customer.url}/sms", mms_callback=f"{customer.url}/mms?who=me")
        await numbers.add(AddNumber(NUMBER, "test", settings))
        yield run


def mmsc_of(world: Running) -> Mmsc:
    assert world.mmsc is not None
    return world.mmsc


def order(to: str, *sent: tuple[str, bytes], text: str = "Titta!") -> dict[str, str]:
    """What the web service is asked."""
    inline = "".join(
        f"<InlineFile><name>{name}</name><contentType/><data>{b64encode(data).decode()}</data></InlineFile>"
        for name, data in sent
    )
    return {"acc": "test", "pass": "1234", "msg": escape(text), "to": to, "from": NUMBER, "files": inline}


async def send(world: Running, to: str, *sent: tuple[str, bytes], text: str = "Titta!") -> str:
    """By the web service; its answer."""
    return await world.soap("sendMMS", "/mms/mms.asmx", **order(to, *sent, text=text))


async def until(world: Running, mms_id: str, *statuses: str) -> str:
    async with asyncio.timeout(PATIENCE):
        while (status := await world.soap("status", "/mms/mms.asmx", mmsId=mms_id)) not in statuses:
            await asyncio.sleep(0.02)
        return status


async def fetched(world: Running, mms_id: str, name: str, password: str = PASSWORD) -> tuple[int, bytes]:
    query = urlencode({"username": "test", "password": password, "mmsid": mms_id, "filename": name})
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{world.url}/api/current/mms/getfile.php?{query}") as answer,
    ):
        return answer.status, await answer.read()


def contents(world: Running, number: str) -> list[list[bytes]]:
    """Of the MMS on a phone, without their presentations."""
    return [[file.data for file in mm.files] for mm in mmsc_of(world).album.of(number)]


def told(call: dict[str, bytes]) -> list[tuple[str, str]]:
    """The names and content types of a callback's files."""
    return [
        (call[f"file[{place}]"].decode(), call[f"filecontent[{place}]"].decode())
        for place in range(int(call["filecount"]))
    ]


async def test_an_mms_goes_to_a_phone_octet_by_octet(world: Running) -> None:
    before = await world.balance()
    mms_id = await send(world, PHONE, ("bild.png", AWKWARD), ("ljud.amr", files.AMR), text="Hej å%0a<&>")
    assert int(mms_id) >= 1000
    assert await until(world, mms_id, "22") == "22"
    assert contents(world, PHONE) == [["Hej å\n<&>".encode(), AWKWARD, files.AMR]]
    (mm,) = mmsc_of(world).album.of(PHONE)
    assert (mm.other, [file.content_type for file in mm.files]) == (
        NUMBER,
        ["text/plain", "image/png", "audio/amr"],
    )
    assert float(before) - float(await world.balance()) == 2.5


async def test_as_much_as_there_may_be_and_an_octet_more(world: Running) -> None:
    assert await send(world, PHONE, ("stor.jpg", LARGE + b"\0")) == "2"
    before = await world.balance()
    mms_id = await send(world, PHONE, ("stor.jpg", LARGE))
    await until(world, mms_id, "22")
    assert contents(world, PHONE) == [[b"Titta!", LARGE]]
    assert float(before) - float(await world.balance()) == 2.5


async def test_each_number_ends_as_its_table_says(world: Running) -> None:
    ends = {
        number: does.status.removeprefix("stays ").rpartition(" ")[2]
        for number, does in MAGIC.items()
        if not does.response_delay
    }
    ids = {number: await send(world, number, ("bild.gif", files.GIF)) for number in ends}
    for number, mms_id in ids.items():
        await until(world, mms_id, ends[number])
    world.complete = False  # some of these never end


async def test_the_demo_sends_and_takes_mms_with_nothing_else_done(tmp_path: Path) -> None:
    async with kavle(
        "demo", "--data", str(tmp_path / "demo"), "--port", "0", log=tmp_path / "log", ready="/phones"
    ) as demo:
        url = demo.said.split()[1].removesuffix("/phones")
        assert int(await soap(url, "sendMMS", "/mms/mms.asmx", **order(ECHO, ("bild.png", AWKWARD)))) >= 1000
        lines = []
        assert demo.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while not lines or "octets" not in lines[-1]:
                lines.append((await demo.process.stdout.readline()).decode())
        assert lines[-2:] == [
            f"  +{ECHO} got from {NUMBER}, MMS: Titta!\n",
            f"      | [image/png, {len(AWKWARD):,} octets]\n",
        ]
        async with asyncio.timeout(PATIENCE), aiohttp.ClientSession(url) as session:
            while True:
                async with session.get("/phones/calls") as answer:
                    if "mmsid" in (calls := await answer.text()):
                        break
        assert "bild.png" in calls
        assert await demo.stop() == 0


async def test_an_mms_from_a_phone_comes_to_its_customer_with_all_its_files(
    world: Running, customer: Receiver
) -> None:
    given = [
        GivenFile(AWKWARD, "Semester på Öland.png"),
        GivenFile(AWKWARD, "Semester på Öland.png"),
        GivenFile(files.AMR, "../../ljud.exe"),
        GivenFile(b"\x7fELF\2\1\1\0", "a.sh", "application/x-sh"),
    ]
    written = MmText(sender=PHONE, recipient=NUMBER, subject="Hälsning", text="Sol & bad", files=given)
    _, delivery = mmsc_of(world).mos.send(written)
    await customer.asked(1)
    await delivery.wait(PATIENCE)
    assert delivery.answers == [1000]
    assert customer.targets[0].startswith("/mms?who=me&mmsid=")
    (call,) = customer.calls
    assert (call["subject"].decode("latin-1"), call["from"], call["to"]) == (
        "Hälsning",
        PHONE.encode(),
        NUMBER.encode(),
    )
    assert (call["messageclass"], call["priority"]) == (b"0", b"1")
    sent = {"text/plain": [b"Sol & bad"], "image/png": [AWKWARD] * 2, "audio/amr": [files.AMR]}
    got: dict[str, list[bytes]] = {}
    names = set()
    for place, (name, kind) in enumerate(told(call)):
        status, data = await fetched(world, call["mmsid"].decode(), name)
        assert (status, len(data)) == (200, int(call[f"filesize[{place}]"]))
        names.add(name)
        got.setdefault(kind, []).append(data)
    assert {kind: got[kind] for kind in sent} == sent
    assert [b"\x7fELF\2\1\1\0"] in got.values()  # kept, but by no name that runs
    assert len(names) == len(told(call)) == int(call["filecount"])
    assert not any(name.endswith((".sh", ".exe")) for name in names)
    assert (await fetched(world, call["mmsid"].decode(), name, "4321"))[0] == 404
    assert (await fetched(world, "1000", name))[0] == 404


async def test_what_a_phone_sends_back_is_what_was_sent(world: Running, customer: Receiver) -> None:
    """There and back: web service, database, MM7, phone, MM7, database, callback, getfile.php."""
    mms_id = await send(world, ECHO, ("bild.png", AWKWARD), ("stor.jpg", LARGE[:200_000]), text="Eko\n")
    await customer.asked(1)
    (call,) = customer.calls
    back = {kind: (await fetched(world, call["mmsid"].decode(), name))[1] for name, kind in told(call)}
    assert back["image/png"] == AWKWARD
    assert back["image/jpeg"] == LARGE[:200_000]
    assert call["from"] == ECHO.encode()
    await until(world, mms_id, "22")


async def test_a_double_of_an_mms_is_kept_once(world: Running, customer: Receiver) -> None:
    mmsc = mmsc_of(world)
    mmsc.inflict(MmscFaults(duplicate_mo=1.0))
    mmsc.mos.send(MmText(sender=PHONE, recipient=NUMBER, text="en gång"))
    await mmsc.until(lambda counts: counts.mo.acked == 2)
    mmsc.inflict(MmscFaults(calm=True))
    mmsc.mos.send(MmText(sender=PHONE, recipient=NUMBER, text="en till"))
    await customer.asked(2)
    assert len({call["mmsid"] for call in customer.calls}) == 2


async def test_through_a_network_of_faults_every_mms_comes_whole(world: Running) -> None:
    mmsc = mmsc_of(world)
    mmsc.inflict(MmscFaults(lost_responses=0.3, garbled=0.3, early_reports=0.5, duplicate_reports=0.5))
    pictures = {f"4670174065{shade}": files.png(4, 4, shade) for shade in range(6)}
    ids = [await send(world, to, ("a.png", data)) for to, data in pictures.items()]
    await mmsc.until(lambda counts: counts.submits >= len(ids))
    mmsc.inflict(MmscFaults(calm=True))  # each try that is unsure puts the next one off for longer
    for mms_id in ids:
        await until(world, mms_id, "22")
    for to, data in pictures.items():
        assert {tuple(one) for one in contents(world, to)} == {(b"Titta!", data)}


async def test_a_customer_who_is_busy_is_called_again_with_the_same_id(
    world: Running, customer: Receiver
) -> None:
    customer.behaviour = says(b"later")
    mmsc_of(world).mos.send(MmText(sender=PHONE, recipient=NUMBER, files=[GivenFile(files.GIF, "a.gif")]))
    await customer.asked(1)
    (call,) = customer.calls
    names = [name for name, kind in told(call) if kind == "image/gif"]
    # Before it has said OK, too: it may fetch first and answer then.
    assert await fetched(world, call["mmsid"].decode(), names[0]) == (200, files.GIF)
