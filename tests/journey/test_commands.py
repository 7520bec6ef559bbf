"""The commands as a person meets them: what they print, what they exit with, what they do."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import gettempdir

import pytest

from support.patience import PATIENCE
from support.processes import KAVLE, LOOPBACK, Process, get, kavle, run, settings_file
from support.tls import CERTIFICATES

NOBODY = 65534


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[Process]:
    async with kavle("simulate", "smsc", "--port", "0", log=tmp_path / "network.log") as network:
        yield network


@pytest.fixture
def config(tmp_path: Path, network: Process) -> str:
    return str(settings_file(tmp_path, network.port))


async def test_accounts_are_made_filled_and_listed_without_a_gateway(config: str) -> None:
    code, out, _ = await run("account", "list", "--config", config)
    assert code == 0
    hint = (
        rf"There are no accounts yet; make one by `\S.* account create NAME --config {re.escape(config)}`\.\n"
    )
    assert re.fullmatch(hint, out)
    code, out, _ = await run(
        "account",
        "create",
        "alarm",
        "--password",
        "-",
        "--credits",
        "10",
        "--config",
        config,
        input="s3cret\n",
    )
    assert (code, out) == (0, "Account alarm is made, with 10.00 credits.\n")
    code, out, _ = await run("account", "topup", "alarm", "0.385", "--config", config)
    assert (code, out) == (0, "Account alarm has 10.38 credits now.\n")
    code, out, _ = await run("account", "list", "--config", config)
    head, line = out.splitlines()
    assert head.split() == ["account", "credits", "since"]
    assert line.split()[:2] == ["alarm", "10.38"]


async def test_commands_load_nothing_of_what_only_a_gateway_needs() -> None:
    """They start as often as somebody asks; each of these would take tens of milliseconds."""
    asking = "account, backup, carriers, held, incoming, migrate, number, operator, person, restore, stoplist"
    modules = ", ".join(f"kavle.cli.{name}" for name in asking.split(", "))
    code, out, err = await python(f"import sys, {modules}\nprint(*sys.modules)")
    assert code == 0, err
    loaded = set(out.split())
    assert "kavle.store.sqlite.store" in loaded
    gateways = {"asyncpg", "httptools", "jinja2", "kavle.wire.mm7", "prometheus_client", "starlette"}
    assert not loaded & gateways


async def test_and_while_the_gateway_runs(config: str, tmp_path: Path) -> None:
    async with kavle("serve", "--config", config, log=tmp_path / "gateway.log") as gateway:
        code, _, _ = await run("account", "create", "alarm", "--password", "1234", "--config", config)
        assert code == 0
        url = f"http://{LOOPBACK}:{gateway.port}/sendsms.aspx?acc=alarm&pass=1234&msg=Larm&to=0702617396&from=ip1"
        assert await get(url) == "100"
        await run("account", "topup", "alarm", "5", "--config", config)
        assert int(await get(url)) >= 1000
        _, out, _ = await run("account", "list", "--config", config)
        assert "alarm              4.00" in out
        assert await gateway.stop() == 0
    _, out, _ = await run("account", "list", "--config", config)
    assert "alarm              4.00" in out


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["account", "topup", "nobody", "5"], "there is no account named nobody"),
        (["account", "create", "a b", "--password", "x"], "no spaces"),
        (["account", "create", "a", "--password", ""], "the password is empty"),
        (["account", "create", "a", "--password", "x", "--credits", "1,5"], "is not an amount"),
        (["account", "create", "a"], "give a --password"),
        (["account", "topup", "a", "0"], "give more than 0"),
        (["account", "topup", "a", "-10"], "`kavle account correct` takes credits back"),
    ],
)
async def test_a_mistake_is_one_line_that_says_what_to_do(
    config: str, arguments: list[str], error: str
) -> None:
    code, out, err = await run(*arguments, "--config", config)
    assert code != 0
    assert out == ""
    assert error in err
    assert "Traceback" not in err


async def test_an_account_can_be_made_once(config: str) -> None:
    again = ["account", "create", "alarm", "--password", "x", "--config", config]
    assert (await run(*again))[0] == 0
    code, _, err = await run(*again)
    assert code == 1
    assert err == "Error: there is an account named alarm already\n"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (("[[carrier]]", "[[carriers]]"), "carriers: no such key; did you mean carrier?"),
        (("window = 20", "windw = 20"), "carrier.simulated.windw: no such key; did you mean window?"),
        (("window = 20", 'window = "many"'), "carrier.simulated.window"),
        (('carriers = ["simulated"]', 'carriers = ["telia"]'), "there is no carrier telia"),
        (("sqlite:///", "mysql://"), "database"),
        (
            ("[[carrier]]", '[[http.listener]]\nhost = "::"\nport = 1\ntls = "old"\n[[carrier]]'),
            ".tls: expected one of",
        ),
        (
            ("[[carrier]]", '[[http.listener]]\nhost = "::"\nport = 1\ntls = "modern"\n[[carrier]]'),
            "http.listener[0].certificate: TLS needs one",
        ),
        (
            ("[[carrier]]", '[[http.listener]]\nhost = "::"\nport = 1\nkey = "a"\n[[carrier]]'),
            "http.listener[0].tls: a certificate is for TLS",
        ),
        (
            ("[[carrier]]", '[[http.listener]]\nhost = "::"\nport = 1\naddresses = ["a"]\n[[carrier]]'),
            "http.listener[0].addresses: 'a' does not appear to be",
        ),
        (("[gateway]", '[gateway]\nregion = "XX"'), "gateway.region: not a region"),
        (("[http]", '[price]\ndefault = "1,00"\n[http]'), "price.default: '1,00' is not an amount"),
        (("[http]", '[price.prefix]\n47 = "x"\n[http]'), "price.prefix.47: 'x' is not an amount"),
        (("[http]", '[price.prefix]\n"+47" = "1"\n[http]'), "price.prefix.+47: a prefix is digits"),
    ],
)
async def test_a_wrong_setting_is_named(config: str, change: tuple[str, str], error: str) -> None:
    path = Path(config)
    path.write_text(path.read_text().replace(*change))
    code, _, err = await run("serve", "--config", config)
    assert code == 1
    assert error in err
    assert "Traceback" not in err


async def test_serve_does_not_start_without_a_carrier_or_a_route(tmp_path: Path) -> None:
    path = tmp_path / "kavle.toml"
    path.write_text(f'database = "sqlite:///{tmp_path}/kavle.db"\n')
    code, _, err = await run("serve", "--config", str(path))
    assert code == 1
    assert "there is no carrier to send by: add a [[carrier]] table" in err
    assert not (tmp_path / "kavle.db").exists()
    path.write_text(
        path.read_text() + '[[carrier]]\nname="a"\nkind="smpp"\nhost="h"\nsystem_id="s"\npassword="p"\n'
    )
    code, _, err = await run("serve", "--config", str(path))
    assert code == 1
    assert 'there is no route: add a [[route]] table such as prefix = "" and carriers = ["a"]' in err
    path.write_text(path.read_text() + '[[carrier]]\nname="b"\nkind="mm7"\nurl="http://127.0.0.1:1/"\n')
    code, _, err = await run("serve", "--config", str(path))
    assert code == 1
    assert 'such as prefix = "" and carriers = ["a"] and mms = ["b"]' in err


async def test_serve_without_its_file_says_which(tmp_path: Path) -> None:
    code, _, err = await run("serve", "--config", str(tmp_path / "none.toml"))
    assert code == 1
    assert "none.toml: no such file; copy kavle.toml.example to it" in err
    assert "--config" in err
    assert "kavle demo" in err


async def test_the_environment_is_enough_where_it_names_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = await run("account", "list")
    assert (code, "kavle.toml: no such file" in err) == (1, True)
    monkeypatch.setenv("KAVLE_DATABASE", f"sqlite:///{tmp_path}/kavle.db")
    code, out, _ = await run("account", "list")
    assert (code, "There are no accounts yet" in out) == (0, True)
    code, _, err = await run("account", "list", "--config", "other.toml")
    assert (code, "other.toml: no such file" in err) == (1, True)


@pytest.mark.parametrize(
    ("said", "told"), [("serv", "Did you mean serve?"), ("xyzzy", "There are serve, demo")]
)
async def test_a_command_that_there_is_not(said: str, told: str) -> None:
    code, _, err = await run(said)
    assert (code, told in err) == (2, True)


async def test_only_its_owner_may_give_a_gateway_commands(config: str, tmp_path: Path) -> None:
    """Who can open the socket is believed to be who he says."""
    async with kavle("serve", "--config", config, log=tmp_path / "log"):
        folder = tmp_path / "data"
        assert (folder / "kavle.db.sock").stat().st_mode & 0o777 == 0o600
        assert folder.stat().st_mode & 0o777 == 0o700


async def test_a_second_gateway_on_the_same_database_is_refused(config: str, tmp_path: Path) -> None:
    async with kavle("serve", "--config", config, log=tmp_path / "gateway.log"):
        code, _, err = await run("serve", "--config", config)
        assert code == 1
        assert "is in use by another Kavle" in err


async def test_a_taken_port_is_told_and_leaves_nothing_running(config: str, tmp_path: Path) -> None:
    async with kavle("serve", "--config", config, log=tmp_path / "gateway.log") as gateway:
        other = tmp_path / "other"
        other.mkdir()
        path = other / "kavle.toml"
        path.write_text(Path(config).read_text().replace(f"{tmp_path}/data", f"{other}/data"))
        code, _, err = await run("serve", "--config", str(path), "--port", str(gateway.port))
        assert code == 1
        assert err == (
            f"Error: can't listen on {LOOPBACK}:{gateway.port}: address already in use;"
            " stop what holds it, or take another: [http] port or --port\n"
        )


async def test_serve_says_all_its_addresses_and_which_of_them_it_can_not_have(
    config: str, tmp_path: Path
) -> None:
    files = f'certificate = "{CERTIFICATES}/rsa.pem"\nkey = "{CERTIFICATES}/rsa.key"'
    https = f'[[http.listener]]\nhost = "{LOOPBACK}"\nport = 0\ntls = "modern"\n{files}\n'
    path = Path(config)
    path.write_text(path.read_text().replace("[[carrier]]", f"{https}[[carrier]]"))
    async with kavle("serve", "--config", config, log=tmp_path / "gateway.log") as gateway:
        found = re.search(
            rf"ready on http://{LOOPBACK}:\d+ and https://{LOOPBACK}:(\d+)$", gateway.said.strip()
        )
        assert found is not None
        metrics = await get(f"http://{LOOPBACK}:{gateway.port}/metrics")
        assert 'kavle_certificate_seconds_left{listener="http.listener[0]"} ' in metrics
        other = tmp_path / "other.toml"
        text = path.read_text().replace(f"{tmp_path}/data", f"{tmp_path}/other")
        other.write_text(text.replace("port = 0\ntls", f"port = {found[1]}\ntls"))
        code, _, err = await run("serve", "--config", str(other))
        assert code == 1
        assert err == (
            f"Error: can't listen on {LOOPBACK}:{found[1]}: address already in use;"
            " stop what holds it, or take another: the port of http.listener[0]\n"
        )
        assert await gateway.stop() == 0
    path.write_text(path.read_text().replace("rsa.pem", "none.pem"))
    code, _, err = await run("serve", "--config", config)
    assert code == 1
    missing = f"{CERTIFICATES}/none.pem can't be read: No such file or directory"
    assert err == f"Error: http.listener[0].certificate: {missing}\n"


async def test_secrets_come_from_the_environment_or_from_files(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret\n")
    path = Path(config)
    path.write_text(path.read_text().replace('password = "secret"', 'password = "not so"'))
    monkeypatch.setenv("KAVLE_CARRIER_SIMULATED_PASSWORD_FILE", str(secret))
    async with kavle("serve", "--config", config, log=tmp_path / "gateway.log") as gateway:
        async with asyncio.timeout(PATIENCE):
            while 'kavle_link_bound{carrier="simulated"} 1.0' not in await get(
                f"http://{LOOPBACK}:{gateway.port}/metrics"
            ):
                await asyncio.sleep(0.05)


async def test_demo_leads_to_a_delivered_message_with_nothing_else_done(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    log = tmp_path / "demo.log"
    async with kavle("demo", "--data", str(data), "--port", "0", log=log, ready="sendsms.aspx") as demo:
        url = demo.said.strip().removeprefix("curl ").strip("'")
        assert "acc=test&pass=1234&msg=Testar&to=0702617396&from=ip1&prio=2" in url
        assert int(await get(url)) >= 1000
        assert demo.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while b"+46702617396 got from ip1: Testar" not in await demo.process.stdout.readline():
                pass
        assert await demo.stop() == 0
    assert (data / "kavle.db").exists()
    assert not os.path.exists(data / "kavle.db.sock")


async def test_a_region_may_be_in_small_letters(config: str) -> None:
    path = Path(config)
    path.write_text(path.read_text() + 'region = "no"\n')
    assert (await run("account", "list", "--config", config))[0] == 0


async def test_an_empty_secret_file_is_told(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("\n")
    monkeypatch.setenv("KAVLE_CARRIER_SIMULATED_PASSWORD_FILE", str(secret))
    code, _, err = await run("serve", "--config", config)
    assert code == 1
    assert "carrier.simulated.password: the file that it names is empty" in err


# --- passwords --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "error"),
    [("", "the password is empty"), ("\n", "the password is empty"), ("one\ntwo\n", "is one line")],
)
async def test_a_password_from_standard_input_is_one_line(config: str, given: str, error: str) -> None:
    code, _, err = await run("account", "create", "a", "--password", "-", "--config", config, input=given)
    assert code == 1
    assert error in err
    assert "no accounts" in (await run("account", "list", "--config", config))[1]


@pytest.mark.parametrize("option", [[], ["--password", "-"]])
async def test_on_a_terminal_the_password_is_asked_for_twice_and_not_shown(
    config: str, option: list[str]
) -> None:
    terminal, end = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *KAVLE, "account", "create", "alarm", *option, "--config", config, stdin=end, stdout=end, stderr=end
    )
    os.close(end)
    said = await until_said(terminal, b"Password: ")
    os.write(terminal, b"s3cret\n")
    said += await until_said(terminal, b"again: ")
    os.write(terminal, b"s3cret\n")
    said += await until_said(terminal, b"topup alarm")
    assert await process.wait() == 0
    os.close(terminal)
    assert b"Account alarm is made, with 0.00 credits." in said
    assert b"s3cret" not in said


async def until_said(terminal: int, words: bytes) -> bytes:
    def read() -> bytes:
        said = b""
        while words not in said:
            said += os.read(terminal, 1000)
        return said

    async with asyncio.timeout(PATIENCE):
        return await asyncio.to_thread(read)


# --- what can't be used -----------------------------------------------------------------------------------


async def test_a_file_that_is_no_database_is_named(config: str, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "kavle.db"
    path.write_text("This is a shopping list, and no database.\n" * 50)
    for command in (["serve"], ["account", "list"]):
        code, _, err = await run(*command, "--config", config)
        assert code == 1
        assert err.startswith(f"Error: {path} is no SQLite database;")
        assert len(err.splitlines()) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
@pytest.mark.parametrize("closed", ["data", "data/kavle.db.lock", "data/kavle.db"])
async def test_another_users_data_are_told_with_their_owner(config: str, tmp_path: Path, closed: str) -> None:
    assert (await run("account", "list", "--config", config))[0] == 0
    for place in (tmp_path, *tmp_path.parents):
        if place.is_relative_to(gettempdir()) and not place.samefile(gettempdir()):
            place.chmod(0o755)
    for place in (tmp_path / "data", *(tmp_path / "data").iterdir()):
        place.chmod(0o777)
    (tmp_path / closed).chmod(0o700)
    # Nobody may be unable to read the interpreter's own folder, so all is imported before.
    code, _, err = await python(
        "import os, kavle.cli.account, kavle.cli.main as it\n"
        f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        f"it.main(['account', 'list', '--config', {config!r}])"
    )
    assert code == 1
    assert f"{tmp_path / closed} belongs to user root: run this as that user" in err
    assert len(err.splitlines()) == 1


async def test_a_folder_that_is_none_is_told(config: str, tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    code, _, err = await run("account", "list", "--config", config)
    assert code == 1
    assert str(tmp_path / "data") in err
    assert len(err.splitlines()) == 1


# --- the demo ---------------------------------------------------------------------------------------------


async def test_a_demo_on_a_taken_port_says_how_to_take_another_and_makes_nothing(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        code, _, err = await run(
            "demo", "--data", str(tmp_path / "demo"), "--port", str(taken.getsockname()[1])
        )
    assert code == 1
    assert "address already in use" in err
    assert "make demo DEMO_PORT=8081" in err
    assert not (tmp_path / "demo").exists()


async def test_the_demo_tells_what_became_of_each_text_and_no_text_forges_a_line(tmp_path: Path) -> None:
    data, log = str(tmp_path / "demo"), tmp_path / "demo.log"
    async with kavle("demo", "--data", data, "--port", "0", log=log, ready="sendsms.aspx") as demo:
        url = demo.said.strip().removeprefix("curl ").strip("'")
        assert demo.process.stdout is not None
        while b"Ctrl-C" not in await demo.process.stdout.readline():
            pass
        await demo.process.stdout.readline()
        code, _, err = await run("demo", "--data", data, "--port", "0")
        assert code == 1
        assert "--data DIR" in err
        shown = []
        for message, to in (
            ("one%0D%0A%20%20%2B46702617396%20got%20from%20bank:%20two", "0702617396"),
            ("three", "46701740611"),
            ("four", "46701740617"),
        ):
            await get(url.replace("msg=Testar", f"msg={message}").replace("0702617396", to))
            async with asyncio.timeout(PATIENCE):
                shown.append((await demo.process.stdout.readline()).decode())
                if "one" in message:
                    shown.append((await demo.process.stdout.readline()).decode())
    assert shown == [
        "  +46702617396 got from ip1: one\n",
        "      |   +46702617396 got from bank: two\n",
        "  +46701740611 got nothing from ip1; undeliverable: receipt UNDELIV\n",
        "  +46701740617 got nothing from ip1; refused by the network: ESME_RINVDSTADR\n",
    ]


async def test_among_the_phones_lines_is_nothing_of_a_busy_machine(tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    data = str(tmp_path / "demo")
    async with kavle("demo", "--data", data, "--port", "0", log=log, ready="/metrics") as demo:
        metrics = demo.said.split()[-1]
        async with asyncio.timeout(PATIENCE):
            while "kavle_loop_stalls_total 0.0" in await get(metrics):
                demo.process.send_signal(signal.SIGSTOP)
                await asyncio.sleep(0.2)
                demo.process.send_signal(signal.SIGCONT)
    assert log.read_text() == ""


async def test_a_demo_that_nobody_reads_ends_without_complaint(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    log = tmp_path / "log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *KAVLE, "demo", "--data", str(tmp_path / "demo"), "--port", "0", stdout=writer, stderr=errors
        )
    os.close(writer)
    said = await until_said(reader, b"prio=2'")
    url = said.decode().split("curl '")[1].split("'")[0]
    os.close(reader)
    assert int(await get(url)) >= 1000
    async with asyncio.timeout(PATIENCE):
        await process.wait()
    assert log.read_text() == ""


# --- the simulated network --------------------------------------------------------------------------------


async def test_a_pair_of_binds_by_tls(tmp_path: Path) -> None:
    files = ("--certificate", str(CERTIFICATES / "ec.pem"), "--key", str(CERTIFICATES / "ec.key"))
    async with kavle("simulate", "smsc", "--port", "0", *files, log=tmp_path / "network.log") as network:
        config = settings_file(tmp_path, network.port)
        tls = f'mode = "transmitter+receiver"\ntls = true\nca = "{CERTIFICATES / "ec.pem"}"'
        config.write_text(config.read_text().replace('kind = "smpp"', f'kind = "smpp"\n{tls}'))
        await run("account", "create", "a", "--password", "b", "--credits", "9", "--config", str(config))
        async with kavle("serve", "--config", str(config), log=tmp_path / "gateway.log") as gateway:
            call = "sendsms.aspx?acc=a&pass=b&msg=Larm&to=0702617396&from=ip1"
            await get(f"http://{LOOPBACK}:{gateway.port}/{call}")
            assert network.process.stdout is not None
            async with asyncio.timeout(PATIENCE):
                assert await network.process.stdout.readline() == b"  +46702617396 got from ip1: Larm\n"
                while 'match="matched"' not in await get(f"http://{LOOPBACK}:{gateway.port}/metrics"):
                    await asyncio.sleep(0.05)


async def test_a_long_message_in_one_reaches_the_phone_by_one_receipt(tmp_path: Path) -> None:
    async with kavle("simulate", "smsc", "--port", "0", log=tmp_path / "network.log") as network:
        config = settings_file(tmp_path, network.port)
        whole = 'long_messages = "message_payload"\nreceipts = "whole message"'
        config.write_text(config.read_text().replace('kind = "smpp"', f'kind = "smpp"\n{whole}'))
        await run("account", "create", "a", "--password", "b", "--credits", "9", "--config", str(config))
        async with kavle("serve", "--config", str(config), log=tmp_path / "gateway.log") as gateway:
            url = f"http://{LOOPBACK}:{gateway.port}"
            text = "Larm" * 100
            id = await get(f"{url}/sendsms.aspx?acc=a&pass=b&msg={text}&to=0702617396&from=ip1")
            assert network.process.stdout is not None
            async with asyncio.timeout(PATIENCE):
                line = await network.process.stdout.readline()
                assert line.decode() == f"  +46702617396 got from ip1: {text}\n"
                while ">22<" not in await get(f"{url}/sendSms/sendSms.asmx/status?id={id}"):
                    await asyncio.sleep(0.05)
        _, out, _ = await run("account", "list", "--config", str(config))
    assert out.splitlines()[1].split()[1] == "6.00"  # three segments


async def test_a_gateway_does_not_start_without_the_files_of_its_tls(tmp_path: Path) -> None:
    config = settings_file(tmp_path, 1)
    config.write_text(
        config.read_text().replace('kind = "smpp"', 'kind = "smpp"\ntls = true\nca = "/no/ca.pem"')
    )
    code, _, error = await run("serve", "--config", str(config))
    assert code == 1
    assert "carrier.simulated.ca: /no/ca.pem can't be read: No such file or directory" in error
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--key", "x.pem"], "--key wants a --certificate"),
        (["--certificate", "/no/x.pem"], "/no/x.pem and its key can't be used"),
    ],
)
async def test_a_network_tells_what_its_tls_misses(options: list[str], problem: str) -> None:
    code, _, error = await run("simulate", "smsc", *options)
    assert code
    assert problem in error


@pytest.mark.parametrize("options", [[], ["--quiet"]])
async def test_the_network_prints_each_text_unless_it_is_to_be_quiet(
    tmp_path: Path, options: list[str]
) -> None:
    async with kavle("simulate", "smsc", "--port", "0", *options, log=tmp_path / "network.log") as network:
        config = str(settings_file(tmp_path, network.port))
        await run("account", "create", "a", "--password", "b", "--credits", "9", "--config", config)
        async with kavle("serve", "--config", config, log=tmp_path / "gateway.log") as gateway:
            url = (
                f"http://{LOOPBACK}:{gateway.port}/sendsms.aspx?acc=a&pass=b&msg=Larm&to=0702617396&from=ip1"
            )
            message_id = await get(url)
            assert int(message_id) >= 1000
            async with asyncio.timeout(PATIENCE):
                while (
                    "kavle_receipts_total"
                    not in (metrics := await get(f"http://{LOOPBACK}:{gateway.port}/metrics"))
                    or 'match="' not in metrics
                ):
                    await asyncio.sleep(0.05)
        await network.stop()
        assert network.process.stdout is not None
        printed = (await network.process.stdout.read()).decode()
    assert printed == ("" if options else "  +46702617396 got from ip1: Larm\n")


async def test_an_ipv6_address_is_written_as_in_a_url(config: str, tmp_path: Path) -> None:
    log = tmp_path / "gateway.log"
    async with kavle("serve", "--config", config, "--host", "::1", log=log) as gateway:
        assert "http://[::1]:" in gateway.said


# --- start ------------------------------------------------------------------------------------------------


async def python(code: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_nothing_heavy_is_imported_before_a_command_is_called_for() -> None:
    heavy = "'asyncio', 'uvloop', 'apsw', 'structlog', 'phonenumbers', 'httptools'"
    _, out, _ = await python(f"import sys, kavle.cli.main; print([x for x in [{heavy}] if x in sys.modules])")
    assert out == "[]\n"


async def test_ctrl_c_while_a_command_is_imported_is_no_traceback() -> None:
    code, _, err = await python(
        "import signal, kavle.cli.main as it\n"
        "it.import_module = lambda name: signal.raise_signal(signal.SIGINT)\n"
        "it.main(['demo'])"
    )
    assert code == 1
    assert err.strip() == "Aborted!"


@pytest.mark.parametrize(
    "command", [[], ["serve"], ["demo"], ["account"], ["account", "create"], ["simulate", "smsc"]]
)
async def test_every_command_explains_itself(command: list[str]) -> None:
    code, out, _ = await run(*command, "--help")
    assert code == 0
    assert out.startswith("Usage: ")
    assert len(out.splitlines()) > 6
