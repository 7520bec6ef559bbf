"""What a look at a gateway finds: where all is well, and where something is not."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from kavle.simulator.smsc import Smsc
from support.accounts import open_accounts
from support.books import reading
from support.patience import PATIENCE
from support.processes import LOOPBACK, free_port, kavle, run, settings_file

OLD = "http://old.example.com/sms"
CALL = f"""<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
<balans xmlns="{OLD}"><Konto>test</Konto><Passwd>1234</Passwd></balans></s:Body></s:Envelope>"""


async def doctor(config: Path, *more: str) -> tuple[int, str]:
    code, out, err = await run("doctor", "--config", str(config), *more)
    assert err == "", err
    return code, out


def found(out: str, about: str) -> list[str]:
    """What was found about that, each by its level."""
    return [line.split()[0] for line in out.splitlines() if line[6:19].strip() == about]


async def test_a_gateway_that_runs_is_well(
    tmp_path: Path, database: str, network: Smsc, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, port = await network.start(LOOPBACK, 0)
    config = settings_file(tmp_path, port, http_port=free_port(), database=database)
    config.chmod(0o600)
    async with kavle("serve", "--config", str(config), log=tmp_path / "log") as gateway:
        await network.until(lambda counts: counts.binds > 0)
        url = f"http://{LOOPBACK}:{gateway.port}/sendSms/sendSms.asmx"
        await asyncio.to_thread(_post, url)
        read = reading(tmp_path / "data" / "kavle.db" if database.startswith("sqlite") else database)
        async with asyncio.timeout(PATIENCE):
            while '"bound":true' not in str(await read("SELECT report FROM link")):
                await asyncio.sleep(0.05)
        monkeypatch.setenv("http_proxy", f"http://{LOOPBACK}:{free_port()}")  # which is not asked
        code, out = await doctor(config)
        assert (code, found(out, "database"), found(out, "gateway")) == (0, ["ok"], ["ok"]), out
        assert f"1 calls came in {OLD}" in out
        assert "WRONG" not in out
        assert await gateway.stop() == 0
    code, out = await doctor(config)
    assert (code, found(out, "gateway"), found(out, "links")) == (0, ["hint"], ["ok"]), out
    assert (await doctor(config, "--strict"))[0] == 1
    quiet = (await doctor(config, "--quiet"))[1]
    assert not any(line.startswith("ok") for line in quiet.splitlines())


def _post(url: str) -> None:
    call = Request(url, CALL.encode(), {"Content-Type": "text/xml", "SOAPAction": '"balans"'})  # noqa: S310
    with urlopen(call) as answer:  # noqa: S310 -- loopback
        assert b"100.00" in answer.read()


async def test_what_is_wrong_is_said_with_what_mends_it(tmp_path: Path) -> None:
    config = settings_file(tmp_path, free_port(), http_port=free_port())  # nobody is at either port
    await open_accounts(f"sqlite:///{tmp_path}/data/kavle.db", {})
    with config.open("a") as more:
        more.write(f"""
[callbacks]
allow = ["0.0.0.0/0"]
[[http.listener]]
host = "{LOOPBACK}"
port = {free_port()}
tls = "modern"
certificate = "{tmp_path}/none.pem"
""")
    (tmp_path / "data").chmod(0o755)
    assert (await run("restore", "mark", "--config", str(config)))[0] == 0
    number = ("46737494123", "--account", "test", "--callback", "http://127.0.0.1:1/")
    await open_accounts(f"sqlite:///{tmp_path}/data/kavle.db", {"test": 1})
    assert (await run("number", "add", *number, "--config", str(config)))[0] == 0
    code, out = await doctor(config)
    assert code == 1
    assert found(out, "links") == ["WRONG"], out
    assert "no connection to" in out
    assert found(out, "certificate") == ["WRONG"]
    assert found(out, "database") == ["ok", "WRONG"]
    assert "it is a copy: an operator said so" in out
    assert found(out, "callbacks") == ["hint", "WRONG"]
    assert "46737494123 can't be called" in out
    assert "hint" in found(out, "disk")
    for line, below in zip(out.splitlines(), out.splitlines()[1:], strict=False):
        assert line.startswith(("ok", " ")) or below.startswith("      ") or below == "", line


async def test_an_mmsc_that_is_not_there_is_told_of_like_an_smsc(tmp_path: Path) -> None:
    config = settings_file(tmp_path, free_port(), http_port=free_port())
    with config.open("a") as more:
        for name, where in (("near", f"{LOOPBACK}:{free_port()}"), ("far", "mmsc.example.invalid")):
            more.write(f"""
[[carrier]]
name = "{name}"
kind = "mm7"
url = "http://{where}/mm7"
user = "kavle"
user_password = "bud"
""")
    await open_accounts(f"sqlite:///{tmp_path}/data/kavle.db", {})
    code, out = await doctor(config)
    assert code == 1
    assert found(out, "links") == ["WRONG", "WRONG", "WRONG", "hint"], out
    assert f"near: no connection to {LOOPBACK}:" in out
    assert "far: no connection to mmsc.example.invalid:80" in out
    assert "far: its password goes to mmsc.example.invalid by plain http" in " ".join(out.split())


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("nothing", "no such file"),
        ("key", "colour: no such key"),
        ("text", "is no SQLite database"),
        ("none", "is not there yet"),
        ("server", "can't be reached"),
    ],
)
async def test_without_settings_or_a_database_it_says_so(tmp_path: Path, wrong: str, says: str) -> None:
    file = tmp_path / "data" / "kavle.db"
    database = "postgresql://kavle@127.0.0.1:1/none" if wrong == "server" else None
    config = settings_file(tmp_path, free_port(), database=database)
    if wrong == "nothing":
        config.unlink()
    elif wrong == "key":
        config.write_text("colour = 1\n" + config.read_text())
    elif wrong == "text":
        file.parent.mkdir(mode=0o700)
        file.write_text("no database")
    code, out = await doctor(config)
    assert code == 1
    assert says in out, out
    assert "→" in out
    assert file.exists() == (wrong == "text"), "it makes nothing"


async def test_an_older_schema_is_not_touched(tmp_path: Path) -> None:
    from kavle.store.sqlite.connection import open_checkpointer

    await open_accounts(f"sqlite:///{tmp_path}/data/kavle.db", {})
    db = open_checkpointer(tmp_path / "data" / "kavle.db")
    db.pragma("user_version", 3)
    db.close()
    config = settings_file(tmp_path, free_port())
    out = (await doctor(config))[1]
    assert "has the schema of step 3 of" in out
    assert "run `kavle migrate`" in out
