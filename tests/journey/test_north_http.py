"""The HTTP server among clients that are slow, greedy, old, or out to harm."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from kavle.model.errors import OutcomeUnknown
from kavle.north.http import App, Receive, Scope, Send, reply
from support.north import QUERY, Client, Gateway, gateway, raw, texts, with_text

LIMIT = 64 * 1024
BODY_LIMIT = 4 * 1024 * 1024
HEAD = f"POST /sendsms.aspx?{QUERY} HTTP/1.1\r\nHost: g\r\n"


@pytest.fixture(scope="module")
def running() -> Iterator[Gateway]:
    with gateway() as running:
        yield running


@pytest.fixture
def north(running: Gateway) -> Gateway:
    running.core.orders.clear()
    return running


def dribble(client: Client, data: bytes, size: int) -> None:
    """In pieces that the server is sure to read one by one."""
    client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    pause = threading.Event()
    for at in range(0, len(data), size):
        client.send(data[at : at + size])
        pause.wait(0.0005)


# --- requests in pieces, in rows, and raw -------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_raw_latin_1_in_pieces(north: Gateway, size: int) -> None:
    request = (
        raw(with_text("Blåbär+[{|}]")) + b"\r\n"
    )  # old clients end a request with an empty line too many
    with north.client() as client:
        for _ in range(2):
            dribble(client, request, size)
        assert [client.answer().status, client.answer().status] == [200, 200]
    assert texts(north.core) == ["Blåbär [{|}]"] * 2


def test_a_row_of_requests_is_answered_in_order(north: Gateway) -> None:
    row = [f"Nummer {number} åäö" for number in range(200)]
    with north.client() as client:
        client.send(b"".join(raw(with_text(text.replace(" ", "+"))) for text in row))
        assert [client.answer().body for _ in row] == [b"%d" % (1000 + at) for at, _ in enumerate(row)]
    assert texts(north.core) == row


CHUNKED = b"POST /sendsms.aspx?%s HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n" % QUERY.encode()
BODIES = {
    "one chunk": b"3\r\nabc\r\n0\r\n\r\n",
    "empty": b"0\r\n\r\n",
    "empty lines inside": b"8\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n",
    "a head inside": b"19\r\nGET /\xe5 HTTP/1.1\r\nA: b\r\n\r\n\r\n0\r\n\r\n",
    "an extension and a trailer": b"3;x=y\r\nabc\r\n0\r\nX-T: 1\r\n\r\n",
}


@pytest.mark.parametrize("size", [1, 5, 10_000])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_raw_request_right_behind_a_chunked_one(north: Gateway, body: bytes, size: int) -> None:
    with north.client() as client:
        dribble(client, CHUNKED + body + raw(with_text("Blåbär")), size)
        assert [client.answer().status, client.answer().status] == [200, 200]
    assert texts(north.core) == ["Testar", "Blåbär"]


def test_wherever_the_reads_part(north: Gateway) -> None:
    stream = CHUNKED + BODIES["an extension and a trailer"] + raw(with_text("Blåbär"))
    for cut in range(len(CHUNKED), len(stream)):
        with north.client() as client:
            client.send(stream[:cut])
            north.settle()
            client.send(stream[cut:])
            assert [client.answer().status, client.answer().status] == [200, 200]


def test_a_raw_request_right_behind_a_sized_one(north: Gateway) -> None:
    first = b"POST /sendsms.aspx?%s HTTP/1.1\r\nContent-Length: 6\r\n\r\n\xe5\r\n\r\n\xe5" % QUERY.encode()
    with north.client() as client:
        client.send(first + raw(with_text("Blåbär")))
        assert [client.answer().status, client.answer().status] == [200, 200]
    assert texts(north.core) == ["Testar", "Blåbär"]


def test_a_client_that_asks_for_another_protocol_is_answered_in_this_one(north: Gateway) -> None:
    upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    with north.client() as client:
        client.send(
            f"POST /sendsms.aspx?{QUERY} HTTP/1.1\r\nHost: g\r\n{upgrade}Content-Length: 4\r\n\r\nGET "
        )
        client.send(raw(with_text("två")))
        assert [client.answer().status, client.answer().status] == [200, 200]
    assert texts(north.core) == ["Testar", "två"]


def test_a_client_that_waits_to_be_told_to_go_on(north: Gateway) -> None:
    with north.client() as client:
        client.send(HEAD + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert client.answer().status == 100
        client.send("{}")
        assert client.answer().body == b"1000"


def test_the_absolute_form_of_a_target(north: Gateway) -> None:
    assert north.get(f"http://web.smscom.se/sendsms.aspx?{QUERY}").body == b"1000"


def test_a_client_that_has_said_all_still_hears_the_answer(north: Gateway) -> None:
    with north.client() as client:
        north.core.gate.clear()
        client.send(raw())
        client.half_close()
        north.settle()
        north.core.gate.set()
        assert client.closed().endswith(b"1000")


def test_a_client_that_leaves_in_the_middle_has_asked_for_nothing(north: Gateway) -> None:
    with north.client() as client:
        client.send(raw()[:-2])
        client.half_close()
        assert client.closed() == b""
    with north.client() as client:
        client.send(f"POST /sendsms.aspx?{QUERY} HTTP/1.1\r\nHost: g\r\nContent-Length: 9\r\n\r\nabc")
        client.half_close()
        assert client.closed() == b""
    assert north.core.orders == []


# --- what is refused ----------------------------------------------------------------------------------------

REFUSED = {
    "two framings": HEAD + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two framings, the other way": HEAD + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "a length with a sign": HEAD + "Content-Length: +3\r\n\r\nabc",
    "a length in hex": HEAD + "Content-Length: 0x3\r\n\r\nabc",
    "a coding behind chunked": HEAD + "Transfer-Encoding: chunked, identity\r\n\r\nabc",
    "a coding before chunked": HEAD + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "two hosts": HEAD + "Host: g\r\n\r\n",
    "a coding that is not chunked": HEAD + "Transfer-Encoding: gzip\r\n\r\nabc",
    "a space before the colon": HEAD + "Content-Length : 3\r\n\r\nabc",
    "a folded header": HEAD + "A: b\r\n Content-Length: 3\r\n\r\n",
    "a chunk's size that is none": HEAD + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "a chunk longer than its size": HEAD + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
    "bare line feeds": f"GET /sendsms.aspx?{QUERY} HTTP/1.1\nHost: g\n\n",
    "a space in the target": "GET /sendsms.aspx?msg=a b HTTP/1.1\r\n\r\n",
    "a control character in the target": "GET /sendsms.aspx?msg=a\x01b HTTP/1.1\r\n\r\n",
    "raw Latin-1 in a method": "G\xc5T / HTTP/1.1\r\n\r\n",
    "a tunnel": "CONNECT g:80 HTTP/1.1\r\nHost: g\r\n\r\n",
    "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "noise": "\x00\xff" * 50 + "\r\n\r\n",
}


@pytest.mark.parametrize("request_", REFUSED.values(), ids=REFUSED)
def test_what_is_no_request_is_refused_and_the_connection_closed(north: Gateway, request_: str) -> None:
    with north.client() as client:
        client.send(request_.encode("latin-1") + raw())
        answer = client.answer()
        assert answer.status == 400
        assert answer.headers["connection"] == "close"
        assert client.closed() == b""
    assert north.core.orders == []


def test_bare_line_feeds_are_refused_at_once(north: Gateway) -> None:
    assert north.ask("GET /healthz HTTP/1.0\n\n").status == 400


def test_an_answer_to_a_request_that_went_bad_goes_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    gate = asyncio.Event()

    async def late(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/late":
            await gate.wait()
        await reply(send, 200, (), b"late")

    with gateway(lambda _: late) as north, north.client() as client:
        client.send("POST /late HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnoise\r\n")
        assert client.answer().status == 400
        north.do(gate.set)
        assert client.closed() == b""
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_bad_request_does_not_spoil_the_answer_before_it(north: Gateway) -> None:
    with north.client() as client:
        client.send(raw() + b"noise\r\n\r\n")
        assert [client.answer().body, client.answer().status] == [b"1000", 400]
        assert client.closed() == b""


# --- sizes --------------------------------------------------------------------------------------------------


def test_a_head_of_64_kb_is_taken_whole(north: Gateway) -> None:
    request = raw(with_text("å" * (LIMIT - len(raw(with_text(""))))))
    assert len(request) == LIMIT
    assert north.ask(request).body == b"1000"
    padded = raw(headers="Cookie: " + "x" * (LIMIT - len(raw()) - len("Cookie: \r\n")) + "\r\n")
    assert len(padded) == LIMIT
    assert north.ask(padded).body == b"1001"


TOO_LONG = {
    "a line one byte too long": (raw(with_text("a" * (LIMIT - len(raw(with_text(""))) + 1))), 413),
    "a line": (raw(with_text("a" * LIMIT)), 414),
    "a line without an end": (b"GET /" + b"a" * LIMIT, 414),
    "headers": (raw(headers="A: b\r\n" * (LIMIT // 6)), 413),
    "one header without an end": (raw()[:-2] + b"Cookie: " + b"a" * LIMIT, 413),
}


@pytest.mark.parametrize(("request_", "status"), TOO_LONG.values(), ids=TOO_LONG)
def test_a_longer_head_is_refused(north: Gateway, request_: bytes, status: int) -> None:
    with north.client() as client:
        client.send(request_)
        answer = client.answer()
        assert (answer.status, answer.headers["connection"]) == (status, "close")
        assert client.closed() == b""
    assert north.core.orders == []


@pytest.mark.parametrize("path", ["/sendsms.aspx?" + QUERY, "/sendSms/sendSms.asmx"])
def test_a_body_that_is_too_long_is_refused_by_its_head(north: Gateway, path: str) -> None:
    with north.client() as client:
        client.send(f"POST {path} HTTP/1.1\r\nHost: g\r\nContent-Length: {BODY_LIMIT + 1}\r\n\r\n")
        answer = client.answer()
        assert (answer.status, answer.headers["connection"]) == (413, "close")
    assert north.core.orders == []


def test_who_sends_such_a_body_all_the_same_gets_to_read_why_not(north: Gateway) -> None:
    body = b"x" * (3 * BODY_LIMIT)
    answer = north.ask(
        b"POST /sendSms/sendSms.asmx HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    assert answer.status == 413


def test_a_chunked_body_is_counted(north: Gateway) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with north.client() as client:
        client.send(b"POST /sendSms/sendSms.asmx HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.send(chunk * (BODY_LIMIT // 0x10000 + 1))
        assert client.answer().status == 413


ENDLESS = {
    "a trailer": b"0\r\nA: " + b"b" * 2 * LIMIT,
    "trailers": b"0\r\n" + b"A: b\r\n" * LIMIT,
    "an extension": b"0;" + b"a" * 2 * LIMIT,
}


@pytest.mark.parametrize("framing", ENDLESS.values(), ids=ENDLESS)
def test_framing_without_end_is_not_kept(north: Gateway, framing: bytes) -> None:
    head = b"POST /sendSms/sendSms.asmx HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    with north.client() as client:
        client.send(head + framing)
        assert client.answer().status == 413


async def what_it_was_told(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive())["more_body"]:
        pass
    await reply(send, 200, (), b" ".join(name for name, _ in scope["headers"]))


def test_a_trailer_is_no_header() -> None:
    trailer = b"0\r\nX-Forwarded-For: 192.0.2.7\r\nAuthorization: Basic eDp5\r\n\r\n"
    with gateway(lambda north: what_it_was_told) as north:
        assert north.ask(CHUNKED + trailer).body == b"host transfer-encoding"


# --- time ---------------------------------------------------------------------------------------------------


WAITING = {
    "nothing at all": (b"", b""),
    "empty lines": (b"\r\n\r\n", b""),
    "half a head": (raw()[:-2], b"HTTP/1.1 408 "),
    "half a sized body": (HEAD.encode() + b"Content-Length: 9\r\n\r\nabc", b"HTTP/1.1 408 "),
    "half a chunked body": (HEAD.encode() + b"Transfer-Encoding: chunked\r\n\r\n9\r\nabc", b"HTTP/1.1 408 "),
}


@pytest.mark.parametrize(("sent", "said"), WAITING.values(), ids=WAITING)
def test_who_keeps_us_waiting_is_let_go(north: Gateway, sent: bytes, said: bytes) -> None:
    with north.client() as client:
        client.send(sent)
        north.settle()
        north.later(61)
        north.later(120)  # the moment that it may still talk is over too
        heard = client.closed()
        assert heard.startswith(said)
        assert bool(heard) == bool(said)
    assert north.core.orders == []


def test_a_head_that_comes_byte_by_byte_has_no_more_time_than_another(north: Gateway) -> None:
    with north.client() as client:
        deadlines = set()
        for byte in raw()[:20]:
            dribble(client, bytes([byte]), 1)
            north.settle()
            (one,) = north.do(lambda: [c.deadline for c in north.server.connections if c._heads.begun])
            deadlines.add(one)
        assert len(deadlines) == 1


def test_an_idle_connection_is_let_go_and_a_busy_one_is_not() -> None:
    with gateway(answer_seconds=7200) as north, north.client() as idle, north.client() as busy:
        idle.send(raw())
        assert idle.answer().status == 200
        north.core.gate.clear()
        busy.send(raw())
        north.settle()
        north.later(3600)
        assert idle.closed() == b""
        north.core.gate.set()
        assert busy.answer().status == 200


def test_who_does_not_read_its_answers_is_let_go() -> None:
    async def flood(scope: Scope, receive: Receive, send: Send) -> None:
        await reply(send, 200, (), b"x" * 50_000_000)

    with gateway(lambda _: flood) as north, north.client() as client:
        client.send(raw())
        assert client.socket.recv(1)
        north.later(3600)
        assert len(client.closed()) < 50_000_000


# --- numbers ------------------------------------------------------------------------------------------------


def under_way(north: Gateway, *clients: Client) -> None:
    """Each has a request that is not answered before the core's gate opens."""
    north.core.gate.clear()
    for client in clients:
        client.send(raw())
    while north.do(lambda: sum(not one.waits for one in north.server.connections)) < len(clients):
        pass


def test_connections_over_the_limit_are_told_so() -> None:
    with gateway(connections=2) as north, north.client() as one, north.client() as two:
        under_way(north, one, two)
        with north.client() as three:
            three.send(raw())
            answer = three.answer()
            assert (answer.status, answer.body) == (503, b"Service Unavailable")
            assert three.closed() == b""
        north.core.gate.set()
        assert [client.answer().status for client in (one, two)] == [200, 200]
        one.send(raw())
        assert one.answer().status == 200
    assert len(north.core.orders) == 3


def test_far_over_the_limit_they_are_cut_off() -> None:
    with gateway(connections=1) as north, north.client() as busy:
        under_way(north, busy)
        clients = [Client(north.port) for _ in range(70)]
        with contextlib.suppress(OSError):
            clients[-1].send(raw())
        assert clients[-1].closed() == b""
        for client in clients:
            client.socket.close()
        north.core.gate.set()
        assert busy.answer().status == 200


BEGUN = {
    "silent": b"",
    "between requests": raw(),
    "in its head": HEAD.encode(),
    "in its body": HEAD.encode() + b"Content-Length: 5\r\n\r\nabc",
}


@pytest.mark.parametrize("begun", BEGUN.values(), ids=BEGUN)
def test_who_keeps_us_waiting_the_longest_gives_way_at_the_limit(begun: bytes) -> None:
    with gateway(connections=2) as north, north.client() as slow, north.client() as busy:
        slow.send(begun)
        if begun == raw():
            assert slow.answer().status == 200
        under_way(north, busy)
        with north.client() as another, north.client() as one_more:
            slow.closed()
            assert another.closed() == b""  # though it came later, the other one is being served
            north.core.gate.set()
            one_more.send(raw())
            assert one_more.answer().status == 200
        assert busy.answer().status == 200


def test_requests_that_are_left_behind_are_bounded() -> None:
    with gateway(connections=5) as north:
        north.core.gate.clear()
        for number in range(10):
            with north.client() as client:
                client.send(raw())
                while north.do(lambda: len(north.server.tasks)) <= number:
                    pass
                reset(client)
            while north.do(lambda: len(north.server.connections)):
                pass
        assert north.get("/healthz").status == 503
        north.core.gate.set()
        while north.do(lambda: len(north.server.tasks)):
            pass
        assert north.sms() == b"1010"


def reset(client: Client) -> None:
    """Leave so that the other end knows: who closes might still be listening."""
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("request_", [raw(), HEAD.encode() + b"Content-Length: 1\r\n\r\nx"])
def test_who_pipelines_without_end_is_not_kept_in_memory(north: Gateway, request_: bytes) -> None:
    def pour(client: Client) -> None:
        with contextlib.suppress(OSError):
            while True:
                client.send(request_ * 1000)

    with north.client() as client:
        thread = threading.Thread(target=pour, args=[client])
        thread.start()
        for _ in range(500):
            assert client.answer().status == 200
        held = north.do(lambda: max(len(c.waiting) for c in north.server.connections))
        assert held <= 512 * 1024  # what one read can bring, twice
        client.socket.shutdown(socket.SHUT_RDWR)
        thread.join()


# --- the end ------------------------------------------------------------------------------------------------


def test_at_the_end_requests_under_way_are_answered_and_no_others() -> None:
    with gateway() as north:
        north.core.gate.clear()
        with north.client() as busy, north.client() as idle, north.client() as halfway:
            busy.send(raw() + raw(with_text("two")))
            halfway.send(raw()[:-2])
            north.settle()
            stopping = threading.Thread(target=lambda: north.run(north.server.stop()))
            stopping.start()
            assert idle.closed() == b""
            assert halfway.closed() == b""
            with pytest.raises(ConnectionRefusedError):
                Client(north.port)
            north.core.gate.set()
            answer = busy.answer()
            assert answer.body == b"1000"
            assert busy.closed() == b""
        stopping.join()
        assert texts(north.core) == ["Testar"]


def test_at_the_end_what_takes_too_long_is_cut_off_without_an_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with gateway(stop_seconds=0.05) as north:
        north.core.gate.clear()
        with north.client() as client:
            client.send(raw())
            north.settle()
            north.run(north.server.stop())
            assert client.closed() == b""
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


# --- applications -------------------------------------------------------------------------------------------


def test_the_head_alone(north: Gateway) -> None:
    with north.client() as client:
        client.send(b"HEAD /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert client.closed().endswith(b"content-length: 2\r\nconnection: close\r\n\r\n")


def test_who_asks_on_without_reading_is_not_answered_on() -> None:
    asked = []

    async def wide(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        await reply(send, 200, (), b"x" * 100_000)

    with gateway(lambda _: wide) as north, north.client() as client:
        client.send(b"GET / HTTP/1.1\r\n\r\n" * 2000)
        while north.do(lambda: [c.flow.write_paused for c in north.server.connections]) != [True]:
            pass
        settled_at = len(asked)
        for _ in range(100):
            north.do(lambda: None)
        assert len(asked) <= settled_at + 1 < 2000
        for _ in range(2000):
            assert client.answer().status == 200


def test_an_application_learns_that_it_is_done_and_can_smuggle_nothing_into_the_head() -> None:
    told = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        value = b"a\r\nb: c" if scope["path"] == "/split" else b"a"
        assert await receive() == {"type": "http.request", "body": b"", "more_body": False}
        waiting = asyncio.create_task(receive())
        await asyncio.sleep(0)
        await reply(send, 200, [(b"x", value)], b"done")
        told.append((await waiting)["type"])

    with gateway(lambda _: app) as north, north.client() as client:
        client.send(b"GET / HTTP/1.1\r\n\r\nGET /split HTTP/1.1\r\n\r\n")
        assert client.answer().body == b"done"
        answer = client.answer()
        assert (answer.status, "b" in answer.headers) == (500, False)
        assert told == ["http.disconnect"]


def test_a_streamed_answer_and_one_that_breaks_off() -> None:
    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        length = [(b"content-length", b"2")] if scope["path"] == "/sized" else []
        await send({"type": "http.response.start", "status": 200, "headers": length})
        for piece in (b"a", b"b"):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if scope["path"] == "/broken":
            raise OutcomeUnknown
        await send({"type": "http.response.body"})

    def app(_: App) -> App:
        return stream

    chunks = b"1\r\na\r\n1\r\nb\r\n"
    with gateway(app) as north:
        with north.client() as client:
            client.send(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
            assert client.closed().endswith(b"\r\n\r\n" + chunks + b"0\r\n\r\n")
        with north.client() as client:
            client.send(b"GET /sized HTTP/1.1\r\n\r\nGET /sized HTTP/1.1\r\n\r\n")
            assert [client.answer().body, client.answer().body] == [b"ab", b"ab"]
        with north.client() as client:
            client.send(b"GET /broken HTTP/1.1\r\n\r\n")
            assert client.closed().endswith(b"\r\n\r\n" + chunks)


def test_who_waits_too_long_for_a_commit_is_left_without_an_answer(north: Gateway) -> None:
    """42 would mean that nothing was stored, and that is not known."""
    with north.client() as client:
        north.core.gate.clear()
        client.send(raw())
        north.settle()
        north.later(3600)
        assert client.closed() == b""
        north.core.gate.set()


# --- answers that are not there at once ---------------------------------------------------------------------


async def in_pieces(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for piece in (b"one ", b"", b"two"):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def test_an_answer_of_unknown_length_comes_in_chunks() -> None:
    with gateway(lambda north: in_pieces) as north, north.client() as client:
        for _ in range(2):  # and the connection goes on
            client.send(raw())
            assert client.answer().headers["transfer-encoding"] == "chunked"
            while not client._seen.endswith(b"0\r\n\r\n"):
                client._more()
            assert client._seen == b"4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n"
            client._seen = b""


def test_http_1_0_knows_no_chunks_and_reads_to_the_end() -> None:
    with gateway(lambda north: in_pieces) as north, north.client() as client:
        client.send(raw().replace(b"HTTP/1.1", b"HTTP/1.0"))
        head, _, body = client.closed().partition(b"\r\n\r\n")
        assert b"transfer-encoding" not in head
        assert body == b"one two"


async def too_short(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
    await send({"type": "http.response.body", "body": b"four"})


async def silent(scope: Scope, receive: Receive, send: Send) -> None:
    return


@pytest.mark.parametrize("app", [too_short, silent])
def test_an_application_that_breaks_its_word_is_a_bug_that_the_client_is_told_of(app: App) -> None:
    with gateway(lambda north: app) as north:
        assert (north.ask(raw()).status, north.ask(raw()).body) == (500, b"Internal Server Error")


async def asks_on(scope: Scope, receive: Receive, send: Send) -> None:
    """What an application is told when all of the request was told."""
    first, then = await receive(), asyncio.ensure_future(receive())
    await asyncio.sleep(0)
    waits = not then.done()
    then.cancel()
    await reply(send, 200, (), f"{first['body'].decode()} {first['more_body']} {waits}".encode())


def test_who_asks_for_more_than_the_request_waits() -> None:
    with gateway(lambda north: asks_on) as north:
        assert north.post("body").body == b"body False True"
