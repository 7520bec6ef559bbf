"""A gateway on one file, with processes beside the engine that let customers in: what any of them takes
arrives, and the money is exact, whichever of them dies."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import msgspec
import pytest
from structlog.testing import capture_logs

from kavle.cli.app import Gateway
from kavle.cli.config import check_can_serve, read
from kavle.cli.doctor import ways
from kavle.clock import SystemClock
from kavle.settings import SettingsError
from kavle.store.errors import StoreError
from support.accounts import make_operator
from support.books import one, reading
from support.invariants import invariants
from support.load import Load
from support.pages import browsing
from support.patience import PATIENCE
from support.processes import LOOPBACK, NetworkProcess, children_of, free_port, kavle, run, settings_file
from support.running import ENVELOPE, Running, running, settings_for
from support.tls import listener, trusting

ACCOUNT = ["account", "create", "test", "--password", "1234", "--credits", "1000000"]
OPEN = "SELECT count(*) FROM message WHERE status < 22"


async def until_both_take(two: Running) -> None:
    async with asyncio.timeout(PATIENCE):
        while not all(await accepted(two)):
            await asyncio.gather(*(two.send() for _ in range(8)))


async def accepted(two: Running) -> list[int]:
    """By each north process."""
    told = await two.get("/metrics")
    return [int(float(one)) for one in re.findall(r'accepted_total\{process="north-\d"\} (\S+)', told)]


async def until(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not fact():
            await asyncio.sleep(0.02)


# --- what customers see ------------------------------------------------------------------------------------


async def test_the_main_road_is_the_same_by_whichever_process(tmp_path: Path) -> None:
    async with running(tmp_path / "kavle.db", processes=2) as two:
        await until_both_take(two)
        before = float(await two.balance())
        answer = await two.send()
        assert await two.soap("status", id=answer) in {"10", "21", "22"}
        await two.until(answer, 22)
        assert await two.story(answer) == [10, 21, 22]
        assert float(await two.balance()) == before - 1
        await credit_for_10_is_spent_once(two)
        await the_checks_come_in_the_contracts_order(two)
        await a_bundle_is_expanded_by_the_engine(two)


async def credit_for_10_is_spent_once(two: Running) -> None:
    await two.account("poor", "1234", 10)
    answers = await asyncio.gather(*(two.send(acc="poor") for _ in range(64)))
    taken = [answer for answer in answers if int(answer) >= 1000]
    assert len(taken) == 10
    assert set(answers) - set(taken) == {"100"}
    for answer in taken:
        await two.until(answer, 22)


async def the_checks_come_in_the_contracts_order(two: Running) -> None:
    await two.account("empty", "1234", 0)
    everything = {"acc": "empty", "pass": "wrong", "prio": "9", "from": "", "msg": "", "to": "1"}
    assert await two.send(**{**everything, "acc": ""}) == "110"
    assert await two.send(**everything) == "101"
    everything["pass"] = "1234"
    assert await two.send(**everything) == "110"
    everything |= {"prio": "2", "from": "ip1"}
    assert await two.send(**everything) == "2"
    everything["msg"] = "Testar"
    assert await two.send(**everything) == "3"
    everything["to"] = "0702617396"
    assert await two.send(**everything) == "100"


async def a_bundle_is_expanded_by_the_engine(two: Running) -> None:
    numbers = ",".join(f"4670174{n:04}" for n in range(1000, 1300))
    call = {"konto": "test", "passwd": "1234", "from": "ip1", "prio": "1", "meddelande": "Hej"}
    bundle = await two.soap("smsBundle", **call, till=numbers)
    assert int(bundle) >= 1000
    delivered = "SELECT count(*) FROM message WHERE bundle_id IS NOT NULL AND status = 22"
    async with asyncio.timeout(PATIENCE):
        while await one(reading(database_of(two)), delivered) < 300:
            await asyncio.sleep(0.05)


def database_of(two: Running) -> Path:
    return Path(two.gateway.settings.database.removeprefix("sqlite:///"))


# --- what must hold over all of them -----------------------------------------------------------------------


async def test_what_one_knows_all_of_them_know(tmp_path: Path) -> None:
    async with running(tmp_path / "kavle.db", processes=2, listeners=[listener("modern")]) as two:
        await until_both_take(two)
        await all_are_ready_and_counted(two)
        await what_each_was_asked_is_added_up_by_the_doctor(two)
        await who_is_signed_in_is_so_in_all_of_them(two)
        await a_password_that_is_changed_is_the_old_one_nowhere(two, tmp_path)
        secure = two.gateway.http.listeners[1].url
        assert secure.startswith("https://")
        assert await asyncio.to_thread(fetch, Request(f"{secure}/healthz")) == "ok"  # noqa: S310


async def all_are_ready_and_counted(two: Running) -> None:
    sent = 'kavle_outcomes_total{outcome="accepted",process="engine"}'
    async with asyncio.timeout(PATIENCE):
        while sent not in (told := await two.get("/metrics")) or await ready(two) != 200:
            await asyncio.sleep(0.05)
    assert told.count("# TYPE kavle_accepted_total counter") == 1
    assert 'kavle_link_bound{carrier="simulated",process="engine"} 1.0' in told
    assert 'kavle_accepted_total{process="engine"} 0.0' in told
    assert sum(await accepted(two)) == len(two.answered)


async def what_each_was_asked_is_added_up_by_the_doctor(two: Running) -> None:
    old = "http://old.example/"
    envelope = ENVELOPE.format(op="status", children="<id>1</id>").replace("http://tempuri.org/", old)
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{old}status"'}
    asked = Request(f"{two.url}/sendSms/sendSms.asmx", envelope.encode(), headers)  # noqa: S310
    for _ in range(10):
        await asyncio.to_thread(fetch, asked)
    http = msgspec.structs.replace(two.gateway.settings.http, port=two.gateway.http.port)
    looked = ways.Gateway(msgspec.structs.replace(two.gateway.settings, http=http))
    said = [one.says for one in await asyncio.to_thread(lambda: list(looked.findings()))]
    assert f"10 calls came in {old}, which is not http.namespace" in said


async def ready(two: Running) -> int:
    try:
        await two.get("/readyz")
    except HTTPError as error:
        with error:
            return error.code  # the first sweep has not been, or was not told yet
    return 200


async def who_is_signed_in_is_so_in_all_of_them(two: Running) -> None:
    await make_operator(two.gateway.store, "anna", "a long password")
    async with browsing(two.url) as browser:
        await browser.get("/operator")
        await browser.post("/operator/log-in", operator="anna", password="a long password", next="/operator")
        cookie = "; ".join(f"{one.key}={one.value}" for one in browser.session.cookie_jar)
        for _ in range(20):  # each on a connection of its own, so to whichever
            asked = Request(f"{two.url}/operator/accounts", headers={"Cookie": cookie})  # noqa: S310
            assert "Log in as operator" not in await asyncio.to_thread(fetch, asked)
        await browser.get("/operator/account?name=test")
        await browser.post("/operator/account/credits", name="test", amount="5", do="give")
    audited = "SELECT count(*) FROM audit WHERE operator = 'anna' AND came = 1"
    assert await one(reading(database_of(two)), audited) == 1


def fetch(asked: Request) -> str:
    with urlopen(asked, timeout=PATIENCE, context=trusting()) as answer:  # noqa: S310
        return str(answer.read().decode())


async def a_password_that_is_changed_is_the_old_one_nowhere(two: Running, tmp_path: Path) -> None:
    """Each remembers whom it has let in; it is told to forget."""
    config = settings_file(tmp_path, 1, database=two.gateway.settings.database)
    code, *_ = await run("account", "password", "test", "--password", "4321", "--config", str(config))
    assert code == 0
    # The tidings go out before the command is answered, but each process hears them in its own time.
    async with asyncio.timeout(PATIENCE):
        while set(await asyncio.gather(*(two.send() for _ in range(4)))) != {"101"}:
            await asyncio.sleep(0.05)
    answers = await asyncio.gather(*(two.send(**{"pass": "4321"}) for _ in range(8)))
    assert all(int(answer) >= 1000 for answer in answers)


# --- what can't be begun -----------------------------------------------------------------------------------


async def test_a_certificate_that_can_not_be_used_stops_the_start(tmp_path: Path) -> None:
    without = listener("modern", certificate=str(tmp_path / "none.pem"))
    settings = settings_for(tmp_path / "kavle.db", 1, listeners=[without])
    settings = msgspec.structs.replace(settings, http=msgspec.structs.replace(settings.http, processes=2))
    gateway = Gateway(settings, SystemClock())
    ours = children_of(os.getpid())  # of tests before this one: servers, and who survives to end them
    with pytest.raises(SettingsError, match=r"http.listener\[0\]"):
        await gateway.start()
    assert set(children_of(os.getpid())) <= set(ours)


def test_on_postgresql_it_is_told_how_to_have_more_processes(tmp_path: Path) -> None:
    config = settings_file(tmp_path, 1, database="postgresql://kavle@db/kavle", processes=2)
    with pytest.raises(SettingsError, match=r"http.processes: is for a SQLite .*`kavle serve --role north"):
        check_can_serve(read(config))


async def test_an_address_that_is_taken_is_told_as_ever(tmp_path: Path) -> None:
    port = free_port()
    config = settings_file(tmp_path, 1, http_port=port, processes=1)
    with taken(port):
        code, _, errors = await run("serve", "--config", str(config))
    assert code == 1
    assert f"can't listen on {LOOPBACK}:{port}: address already in use" in errors


@contextmanager
def taken(port: int) -> Iterator[None]:
    with socket.create_server((LOOPBACK, port)):
        yield


async def test_the_process_of_a_north_says_who_starts_it(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kavle.cli.north", "1"),
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    assert process.returncode == 1
    assert "`kavle serve`" in errors.decode()


async def test_a_process_that_does_not_come_to_serve_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("kavle.cli.roles.child._LONGEST_START", 0.0)
    settings = settings_for(tmp_path / "kavle.db", 1)
    settings = msgspec.structs.replace(settings, http=msgspec.structs.replace(settings.http, processes=1))
    ours = children_of(os.getpid())
    with pytest.raises(StoreError, match="north-1 did not serve within 0 s"):
        await Gateway(settings, SystemClock()).start()
    assert set(children_of(os.getpid())) <= set(ours)


# --- one that stands still ----------------------------------------------------------------------------------


async def test_what_came_to_one_that_stands_still_is_answered_by_the_next(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours = children_of(os.getpid())
    async with running(tmp_path / "kavle.db", processes=1) as one:
        (north,) = set(children_of(os.getpid())) - set(ours)
        await one.send()
        with capture_logs() as logs:
            os.kill(north, signal.SIGSTOP)
            call = asyncio.create_task(one.send())
            with monkeypatch.context() as hasty:  # this one alone: its next has all the time it needs
                hasty.setattr("kavle.cli.roles.pulse.STILL", 3)
                await until(lambda: not alive(north))
            answer = await call
        assert int(answer) >= 1000
        await one.until(answer, 22)
    told = [line["event"] for line in logs if line.get("process") == "north-1"]
    assert told == ["a process stands still, and is killed", "a process died, and is started anew"]


# --- kill -9, and stopping in order ------------------------------------------------------------------------


@pytest.fixture
async def config(tmp_path: Path, network_process: NetworkProcess) -> str:
    config = str(settings_file(tmp_path, network_process.port, http_port=free_port(), processes=2))
    assert (await run(*ACCOUNT, "--config", config))[0] == 0
    return config


async def test_whichever_process_is_killed_nothing_is_lost_and_under_load_all_stop_in_order(
    config: str, network_process: NetworkProcess, tmp_path: Path
) -> None:
    database, log = tmp_path / "data" / "kavle.db", tmp_path / "gateway.log"
    serve = ["serve", "--config", config]
    async with kavle(*serve, log=log) as gateway:
        load = Load(gateway.port, callers=8, borne={"42"})
        await load.until_answered(30)
        norths = gateway.children
        os.kill(norths[0], signal.SIGKILL)
        await until(lambda: len(set(gateway.children) - {norths[0]}) == 2)
        assert norths[1] in gateway.children
        await load.until_answered(30)
        norths = gateway.children
        await gateway.kill()
        # As a service manager has it: nobody waits for the norths to be gone.
        async with kavle(*serve, log=log) as again:
            await load.until_answered(30)
            await until(lambda: not any(map(alive, norths)))
            norths = again.children
            assert len(norths) == 2
            refused = refusals(load)
            for pid in norths:
                os.kill(pid, signal.SIGTERM)  # as systemd does: all processes are told at once
            assert await again.stop() == 0
            assert not any(map(alive, norths))
    await load.stop()
    assert refusals(load) == refused, "nobody is refused by a stop"
    told = log.read_text()
    assert told.count("a process died, and is started anew") == 1
    assert told.count("the engine is gone, so this process ends") == 2
    assert "Traceback" not in told
    await one_process_ends_what_is_left(config, database, log)
    await invariants(database, network_process.seen(), load.answered, load.observed, asked=load.asked)


def refusals(load: Load) -> int:
    return sum(call.answer == "42" for call in load.calls)


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def one_process_ends_what_is_left(config: str, database: Path, log: Path) -> None:
    """Without norths, as it may be at any start."""
    path = Path(config)
    path.write_text(path.read_text().replace("processes = 2", "processes = 0"))
    async with kavle("serve", "--config", config, log=log) as gateway:
        assert gateway.children == []
        async with asyncio.timeout(PATIENCE):
            while await one(reading(database), OPEN):
                await asyncio.sleep(0.05)
        assert await gateway.stop() == 0
