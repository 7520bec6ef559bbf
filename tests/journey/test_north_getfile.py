"""`/api/current/mms/getfile.php`: a customer's server fetches what a phone sent, and nobody else does."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest

from kavle.model.account import AccountSettings
from kavle.model.mms import IncomingFile
from support.north import NAME, NEIGHBOUR, PASSWORD, Answer, Gateway, gateway

PATH = "/api/current/mms/getfile.php"
OCTETS = b"\xff\xd8\xff\r\n--boundary\0" + bytes(range(256))
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
ASKED = {"username": NAME, "password": PASSWORD, "mmsid": "4000", "filename": "Bild-1.jpg"}
FILE = {"mmsid": "4000", "filename": "Bild-1.jpg"}


@pytest.fixture
def north() -> Iterator[Gateway]:
    with gateway() as north:
        north.core.files["4000", "Bild-1.jpg"] = IncomingFile("Bild-1.jpg", "image/jpeg", "1", OCTETS)
        north.core.files["4000", "text.html"] = IncomingFile(
            "text.html", "text/html; charset=utf-8", "", b"<b>"
        )
        yield north


def basic(name: str = NAME, password: str = PASSWORD) -> str:
    return f"Authorization: Basic {b64encode(f'{name}:{password}'.encode()).decode()}\r\n"


def get(
    north: Gateway, asked: dict[str, str], headers: str = "", path: str = PATH, method: str = "GET"
) -> Answer:
    return north.get(f"{path}?{urlencode(asked)}", method, headers)


def check_file(answer: Answer) -> None:
    assert (answer.status, answer.body) == (200, OCTETS)
    told = answer.headers
    assert told["content-type"] == "image/jpeg"
    assert told["content-disposition"] == 'attachment; filename="Bild-1.jpg"'
    assert told["x-content-type-options"] == "nosniff"
    assert told["cache-control"] == "no-store"
    assert told["content-security-policy"].startswith("sandbox;")
    assert told["referrer-policy"] == "no-referrer"


def test_by_query_form_and_basic_authentication(north: Gateway) -> None:
    check_file(get(north, ASKED))
    check_file(get(north, {name.upper(): value for name, value in ASKED.items()}))
    check_file(get(north, ASKED, path="/API/current/MMS/GetFile.php"))
    check_file(get(north, FILE, basic()))
    check_file(get(north, FILE, basic().replace("Basic", "basic")))
    check_file(north.post(urlencode(ASKED), FORM, PATH))
    check_file(north.post(urlencode(FILE), FORM + basic(), PATH))
    check_file(north.post("", basic(), f"{PATH}?{urlencode(FILE)}"))


def test_a_head_tells_of_it_without_its_octets(north: Gateway) -> None:
    answer = get(north, ASKED, method="HEAD")
    assert (answer.status, answer.headers["content-length"], answer.body) == (200, str(len(OCTETS)), b"")
    assert north.core.pieces_read == 0


def test_one_without_octets_is_whole(north: Gateway) -> None:
    north.core.files["4000", "empty.bin"] = IncomingFile("empty.bin", "application/octet-stream", "", b"")
    answer = get(north, ASKED | {"filename": "empty.bin"})
    assert (answer.status, answer.headers["content-length"], answer.body) == (200, "0", b"")


def test_what_is_erased_while_it_is_fetched_is_cut_off(
    north: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever fetches it sees that it is not whole, by the length that was told."""
    north.core.erased_from = 0
    assert get(north, ASKED).status == 503
    north.core.erased_from = 150
    with pytest.raises(AssertionError, match=r"closed after b'\\xff\\xd8"):
        get(north, ASKED)
    assert "bug" not in caplog.text


WRONG = {
    "an unknown id": ASKED | {"mmsid": "4001"},
    "another's id": ASKED | {"mmsid": "1000"},
    "no id": ASKED | {"mmsid": ""},
    "an unknown name": ASKED | {"filename": "x.jpg"},
    "a path": ASKED | {"filename": "../4000/Bild-1.jpg"},
    "a wrong password": ASKED | {"password": "wrong"},
    "a wrong account": ASKED | {"username": "other"},
}


def test_unknown_foreign_and_wrong_are_the_same(north: Gateway) -> None:
    told = [get(north, asked) for asked in WRONG.values()]
    told.append(get(north, FILE, basic(password="wrong")))
    assert {(answer.status, answer.body) for answer in told} == {(404, b"404 Not Found\n")}
    heads = [{name: value for name, value in one.headers.items() if name != "date"} for one in told]
    assert all(head == heads[0] for head in heads)


@pytest.mark.parametrize(
    "headers", ["", "Authorization: Basic !\r\n", "Authorization: Bearer x\r\n", basic("")]
)
def test_who_gives_no_credentials_is_asked_for_them(north: Gateway, headers: str) -> None:
    answer = get(north, FILE, headers)
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith('Basic realm="')


def test_what_a_browser_might_run_is_kept_by_it(north: Gateway) -> None:
    answer = get(north, ASKED | {"filename": "text.html"})
    assert answer.headers["content-disposition"] == 'attachment; filename="text.html"'
    assert answer.headers["content-security-policy"].startswith("sandbox;")


def test_ids_can_not_be_found_by_trying(north: Gateway) -> None:
    for id in range(100):
        assert get(north, ASKED | {"mmsid": str(5000 + id)}).status == 404
    assert get(north, ASKED).status == 404
    north.clock.forward(minutes=1)
    check_file(get(north, ASKED))


def test_who_tries_too_many_keeps_no_neighbour_from_its_files(north: Gateway) -> None:
    for _ in range(101):
        assert get(north, ASKED | {"username": NEIGHBOUR}).status == 404
    check_file(get(north, ASKED))


def test_passwords_can_not_be_found_by_trying(north: Gateway) -> None:
    for _ in range(10):
        assert get(north, ASKED | {"password": "wrong"}).status == 404
    assert get(north, ASKED).status == 404


def test_a_disabled_account_gets_nothing(north: Gateway) -> None:
    north.core.settings = AccountSettings(disabled=True)
    assert get(north, ASKED).status == 404


def test_an_outage_is_told_as_one(north: Gateway) -> None:
    north.core.down = True
    assert get(north, ASKED).status == 503
    assert north.get(PATH, "PUT").status == 405


def test_nothing_that_was_asked_stands_in_a_log(
    north: Gateway, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    get(north, ASKED)
    get(north, ASKED | {"password": "wrong-secret"})
    get(north, ASKED | {"mmsid": "x" * 100, "filename": quote("\0å")})
    north.core.files["4000", "odd.bin"] = IncomingFile("a\r\nb", "x\r\ny: z", "", b"1")
    odd = get(north, ASKED | {"filename": "odd.bin"})
    assert odd.headers["content-type"] == "application/octet-stream"
    assert odd.headers["content-disposition"] == 'attachment; filename="file"'
    said = caplog.text + "".join(capfd.readouterr())
    assert PASSWORD not in said
    assert "wrong-secret" not in said
    assert "getfile" not in said
