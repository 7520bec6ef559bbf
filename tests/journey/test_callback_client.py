"""One call to a customer's web application, over real sockets: what arrives there, what counts as an answer,
and where it does not go."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from kavle.core.caller import Answer
from kavle.model.callback import CallbackLease, LeasedCallback
from kavle.model.number import NumberSettings
from kavle.south.callback import dial, pool
from kavle.south.callback.client import Client
from kavle.south.callback.dial import Dial
from kavle.south.callback.names import AddressInfo
from kavle.south.callback.settings import CallbackSettings
from kavle.south.callback.trust import Trust
from support.patience import PATIENCE
from support.receivers import Behaviour, Receiver, endless, receiver, redirects, says, silent, writes
from support.tls import CERTIFICATES
from support.tls import server_context as tls_server

LOOPBACK = ["127.0.0.1"]


@asynccontextmanager
async def client(names: Names | None = None, **settings: Any) -> AsyncIterator[Client]:
    one = Client(CallbackSettings(**{"allow": LOOPBACK, "timeout": 60.0, **settings}), Trust(), names)
    try:
        yield one
    finally:
        one.close()


async def get(url: str, *, private: bool = True, verify: bool = True, **settings: Any) -> Answer:
    async with client(**settings) as one:
        return await one.get(url, private=private, verify=verify)


class Names:
    """A name server that says what a test tells it, one answer after another."""

    def __init__(self, answers: Mapping[str, list[list[str]]]) -> None:
        self.answers = {name: list(addresses) for name, addresses in answers.items()}

    async def addresses(self, host: str, port: int) -> list[AddressInfo]:
        told = self.answers[host]
        addresses = told.pop(0) if len(told) > 1 else told[0]
        return [info for one in addresses for info in _numeric(one, port)]

    def close(self) -> None:
        pass


def _numeric(address: str, port: int) -> list[AddressInfo]:
    return socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)


# --- the first calls ----------------------------------------------------------------------------------------


async def test_calls_that_come_at_once_read_the_authorities_certificates_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = []

    def reads() -> Trust:
        read.append(1)
        return Trust()

    monkeypatch.setattr(dial, "Trust", reads)
    async with receiver() as there:
        callback = LeasedCallback(
            lease=CallbackLease(1, 1, 1, 1),
            account_id=1,
            host=f"127.0.0.1:{there.port}",
            sender="46702617396",
            text="hej",
            recipient="46737494123",
            received_at=datetime(2026, 1, 1, tzinfo=UTC),
            settings=NumberSettings(there.url),
        )
        one = Dial(CallbackSettings(allow=LOOPBACK, timeout=60.0))
        answers = await asyncio.gather(*(one.call(callback, 1000) for _ in range(20)))
        one.close()
    assert {answer.ok for answer in answers} == {True}
    assert len(read) == 1


# --- what arrives -------------------------------------------------------------------------------------------


async def test_the_request_is_the_url_byte_for_byte() -> None:
    async with receiver() as there:
        target = "/cb.php?someparam=some%20value&a=%2F%C3%A5&text=R%E4ksm%F6rg%E5s%20%80%2B~&to=46737494123"
        assert await get(there.url + target) == Answer(True, 200, "OK")
        head = there.heads[0].decode("ascii")
    line, *headers = head.split("\r\n")
    assert line == f"GET {target} HTTP/1.1"
    assert f"Host: 127.0.0.1:{there.port}" in headers
    assert not any(
        header.lower().startswith(("cookie", "authorization", "accept-encoding: gzip")) for header in headers
    )


async def test_one_connection_serves_many_calls_and_keeps_no_cookie() -> None:
    async with receiver(says(b"OK", "200 OK", "Set-Cookie: a=b")) as there, client() as one:
        for _ in range(5):
            assert (await one.get(there.url + "/?a=b", private=True, verify=True)).ok
        assert there.connections == 1
        assert not any(b"cookie" in head.lower() for head in there.heads)


async def test_connections_to_ever_new_hosts_are_not_all_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who leads us from name to name would have all open files of the process."""
    monkeypatch.setattr(pool, "MOST_IDLE", 2)
    hosts = [f"h{number}.example" for number in range(5)]
    async with receiver() as there, client(Names({host: [LOOPBACK] for host in hosts})) as one:
        for host in (*hosts, hosts[4], hosts[3]):
            assert (await one.get(f"http://{host}:{there.port}/", private=True, verify=True)).ok
        assert there.connections == 5, "the newest two are used again"
        assert (await one.get(f"http://{hosts[0]}:{there.port}/", private=True, verify=True)).ok
        assert there.connections == 6, "the oldest were closed"


async def test_a_connection_that_was_closed_meanwhile_is_made_anew() -> None:
    async with receiver() as there, client() as one:
        assert (await one.get(there.url + "/", private=True, verify=True)).ok
        there.hang_up()
        assert (await one.get(there.url + "/", private=True, verify=True)).ok


async def test_what_comes_behind_an_answer_is_not_taken_for_the_next_one() -> None:
    ok = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"
    for behind in (ok, b"HTTP/1.1 200 OK\r\nCont", b"x"):

        async def twice(writer: asyncio.StreamWriter, behind: bytes = behind) -> None:
            writer.write(ok + behind)

        async with receiver(twice) as there, client() as one:
            assert (await one.get(there.url + "/", private=True, verify=True)).ok
            there.behaviour = says(b"no")
            found = await one.get(there.url + "/", private=True, verify=True)
            assert (found.ok, found.head) == (False, "no")
            assert there.connections == 2


async def test_an_interim_answer_is_not_the_answer() -> None:
    async with receiver(
        writes(b"HTTP/1.1 103 Early Hints\r\nLocation: /x\r\n\r\nHTTP/1.1 200 OK\r\n\r\nOK")
    ) as there:
        assert await get(there.url + "/") == Answer(True, 200, "OK")


async def test_a_user_in_the_address_is_basic_authentication_and_not_led_elsewhere() -> None:
    async with receiver() as there, receiver() as other:
        there.behaviour = redirects(other.url + "/")
        await get(there.url.replace("//", "//me:secret@") + "/")
        assert b"authorization: basic bwu6c2vjcmv0" in there.heads[0].lower()
        assert not any(b"authorization" in head.lower() for head in other.heads)


async def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiver() as there, receiver() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert (await get(there.url + "/")).ok
        assert there.heads
        assert not proxy.heads


# --- what counts as an answer -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "answer"),
    [
        (says(b"\xef\xbb\xbf OK\r\n"), Answer(True, 200, "\ufeff OK  ")),
        (writes(b"HTTP/1.0 200 OK\r\n\r\nOK"), Answer(True, 200, "OK")),
        (
            writes(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nO\r\n1\r\nK\r\n0\r\n\r\n"),
            Answer(True, 200, "OK"),
        ),
        (says(b"ok"), Answer(False, 200, "ok")),
        (says(b"OK<br>"), Answer(False, 200, "OK<br>")),
        (says(b"", "204 No Content"), Answer(False, 204)),
        (says(b"OK", "500 Internal Server Error"), Answer(False, 500, "OK")),
        (says(b"a\x00\x1b[31m\xff" + b"b" * 900), Answer(False, 200, "a  [31m" + "\ufffd" + "b" * 192)),
    ],
    ids=["bom", "http/1.0", "chunked", "ok", "OK<br>", "nothing", "500", "control characters"],
)
async def test_an_answer(behaviour: Behaviour, answer: Answer) -> None:
    async with receiver(behaviour) as there:
        found = await get(there.url + "/")
    assert (found.ok, found.status, found.head.replace("\ufeff", " ")) == (
        answer.ok,
        answer.status,
        answer.head.replace("\ufeff", " "),
    )
    assert found.error is None


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (writes(b""), "closed without an answer"),
        (writes(b"SSH-2.0-OpenSSH_9.2\r\n"), "no HTTP"),
        (writes(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nOK"), "in the middle"),
        (writes(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\nOK"), "16384 octets"),
        (writes(b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 10_000 + b"\r\nOK"), "16384 octets"),
        (silent, "no whole answer within"),
        (writes(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nOK"), "no HTTP"),
        (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100), "16384 octets"),
        (endless(b"HTTP/1.1 200 OK\r\n", b"X: a\r\n" * 100), "16384 octets"),
        (endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1"), ""),
        (endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: a\r\n" * 100), ""),
    ],
    ids=["closes", "no http", "cut", "long header", "many headers", "silent", "101", "100 for ever",
         "endless head", "endless chunk size", "endless trailers"],
)  # fmt: skip
async def test_no_answer(behaviour: Behaviour, error: str) -> None:
    async with receiver(behaviour) as there:
        found = await get(there.url + "/", timeout=1.0 if behaviour is silent or not error else PATIENCE)
    assert not found.ok
    assert found.error is not None
    assert any(one in str(found.error) for one in error.split("|")), found


async def test_of_endless_data_only_the_beginning_is_read() -> None:
    async with receiver(endless(b"HTTP/1.1 200 OK\r\n\r\nOK ", b" " * 1000)) as there:
        found = await get(there.url + "/")
    assert (found.ok, found.status, found.error) == (False, 200, None)


async def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        found = await get(f"http://127.0.0.1:{taken.getsockname()[1]}/?text=hemligt")
    assert found.status is None
    assert found.error is not None
    assert "no connection" in str(found.error)
    assert "hemligt" not in str(found.error)


# --- TLS ----------------------------------------------------------------------------------------------------


async def test_a_certificate_that_nobody_vouches_for_wants_a_setting() -> None:
    async with receiver(tls=tls_server("rsa")) as there:
        found = await get(there.url + "/")
        assert not found.ok
        assert "certificate" in str(found.error).lower()
        assert not there.heads
        assert (await get(there.url + "/", verify=False)).ok


async def test_one_that_is_vouched_for_is_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "rsa.pem"))
    async with receiver(tls=tls_server("rsa")) as there:
        names = Names({"localhost": [["127.0.0.1"]], "other.example": [["127.0.0.1"]]})
        async with client(names) as one:
            assert (await one.get(f"https://localhost:{there.port}/", private=True, verify=True)).ok
            wrong = await one.get(f"https://other.example:{there.port}/", private=True, verify=True)
        assert not wrong.ok
        assert "certificate" in str(wrong.error).lower()


# --- redirects ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
async def test_a_redirect_is_followed(status: str) -> None:
    async with receiver() as there:
        first = says(b"moved", status, "Location: /new?a=%E5")

        async def behave(writer: asyncio.StreamWriter) -> None:
            await (first if len(there.heads) == 1 else says(b"OK"))(writer)

        there.behaviour = behave
        assert (await get(there.url + "/old?text=hej")).ok
        assert there.targets == ["/old?text=hej", "/new?a=%E5"]


async def test_not_for_ever() -> None:
    async with receiver(redirects("/again")) as there:
        found = await get(there.url + "/", redirects=3)
        assert (found.ok, found.status, str(found.error)) == (False, 302, "more than 3 redirects")
        assert len(there.heads) == 4


@pytest.mark.parametrize(
    "to", ["ftp://127.0.0.1/", "file:///etc/passwd", "javascript:1", "http://[::1", "//"]
)
async def test_nor_to_what_is_no_web_address(to: str) -> None:
    async with receiver(redirects(to)) as there:
        found = await get(there.url + "/")
        assert not found.ok
        assert found.error


async def test_a_redirect_inside_is_refused_where_it_is_dialled() -> None:
    async with receiver(host="127.0.0.2") as inside, receiver() as there:
        there.behaviour = redirects(f"http://127.0.0.2:{inside.port}/")
        found = await get(there.url + "/")
        assert not found.ok
        assert "127.0.0.2" in str(found.error)
        # An entry is for what the operator set; where the receiver leads us is its own choice.
        assert not (await get(there.url + "/", allow=["127.0.0.1", "127.0.0.2"])).ok
        assert not inside.heads


# --- addresses ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost", "0.0.0.0", "127.1", "2130706433",
     "0x7f000001", "0177.0.0.1", "LOCALHOST.", "[::]", "[::127.0.0.1]"],
)  # fmt: skip
@pytest.mark.parametrize("private", [False, True])
async def test_loopback_is_not_dialled_however_it_is_written(host: str, private: bool) -> None:
    async with receiver() as there:
        found = await get(f"http://{host}:{there.port}/", private=private, allow=["0.0.0.0/0", "::/0"])
        assert not found.ok
        assert there.connections == 0


async def test_an_entry_opens_it_to_what_the_operator_set_alone() -> None:
    async with receiver() as there, client() as one:
        assert (await one.get(there.url + "/", private=True, verify=True)).ok
        # Not by the connection that is open for the other, either.
        found = await one.get(there.url + "/", private=False, verify=True)
        assert "not a global address" in str(found.error) or "own" in str(found.error)
        assert there.connections == 1


async def test_a_name_that_leads_elsewhere_the_second_time_is_looked_at_each_time() -> None:
    async with receiver() as there:
        names = Names({"rebind.example": [["127.0.0.1"], ["127.0.0.2"], ["169.254.169.254"]]})
        async with client(names) as one:
            url = f"http://rebind.example:{there.port}/"
            assert (await one.get(url, private=True, verify=True)).ok
            for address in ("127.0.0.2", "169.254.169.254"):
                there.hang_up()
                found = await one.get(url, private=True, verify=True)
                assert not found.ok
                assert address in str(found.error)
        assert there.connections == 1


async def test_of_several_addresses_the_allowed_ones_are_dialled() -> None:
    async with receiver() as there:
        names = Names({"many.example": [["169.254.169.254", "::ffff:127.0.0.2", "127.0.0.1"]]})
        async with client(names) as one:
            assert (await one.get(f"http://many.example:{there.port}/", private=True, verify=True)).ok


async def test_this_machines_own_address_is_not_dialled() -> None:
    """As our own listeners are reached from outside: the one that a packet to the world would leave by."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("1.1.1.1", 53))
        except OSError:
            pytest.skip("this machine has no address but loopback")
        own = probe.getsockname()[0]
    async with receiver(host=own) as there:
        url = f"http://{own}:{there.port}/"
        assert not (await get(url, allow=["0.0.0.0/0"])).ok
        assert not (await get(url, allow=["0.0.0.0/0"], private=False)).ok
        assert (await get(url, allow=[own])).ok


async def test_names_are_really_looked_up() -> None:
    async with receiver() as there:
        assert (await get(f"http://localhost:{there.port}/", allow=["127.0.0.1", "::1"])).ok
        found = await get("http://no-such-name.invalid/")
        assert found.error


async def test_receivers_do_not_wait_for_each_other() -> None:
    async with receiver(silent) as hanging, receiver() as there, client() as one:
        stuck = [
            asyncio.create_task(one.get(hanging.url + "/", private=True, verify=True)) for _ in range(50)
        ]
        await hanging.asked(50)
        assert (await one.get(there.url + "/", private=True, verify=True)).ok
        assert not any(task.done() for task in stuck)
        for task in stuck:
            task.cancel()
        await asyncio.wait(stuck)


def test_receivers_know_themselves() -> None:
    assert Receiver().targets == []
