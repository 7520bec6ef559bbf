"""Settings from a file and the environment, and what is said when they are wrong."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from kavle.settings import SettingsError, load

SECRET = "s3cret-Zx9"


class Http(msgspec.Struct):
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8080
    public_url: str | None = None
    hosts: list[str] = []
    tls: bool = False


class Carrier(msgspec.Struct):
    name: str
    kind: Literal["smpp", "mm7"]
    password: str
    system_id: str = "kavle"
    window: int = 100
    speed: float | None = None

    def __post_init__(self) -> None:
        if self.window < 1:
            raise ValueError("the window has room for one PDU at least")


class Route(msgspec.Struct):
    prefix: str
    carriers: list[str]


class Price(msgspec.Struct):
    default: str = "1.00"
    prefix: dict[str, str] = {}


class Language(StrEnum):
    ENGLISH = "en"
    SWEDISH = "sv"


class Proxy(msgspec.Struct):
    address: str


class Settings(msgspec.Struct):
    database: str = "sqlite:///kavle.db"
    http: Http = msgspec.field(default_factory=Http)
    carrier: list[Carrier] = []
    route: list[Route] = []
    price: Price = msgspec.field(default_factory=Price)
    language: Language = Language.ENGLISH
    proxy: Proxy | None = None


FILE = f"""
database = "sqlite:///kavle-data/kavle.db"
[http]
port = 8081
[[carrier]]
name = "telia"
kind = "smpp"
password = "{SECRET}"
[[carrier]]
name = "tele-2"
kind = "mm7"
password = "{SECRET}"
window = 10
[[route]]
prefix = ""
carriers = ["telia", "tele-2"]
[price]
default = "1.00"
[price.prefix]
"47" = "1.20"
"""


@pytest.fixture
def write(tmp_path: Path):
    def written(text: str, name: str = "kavle.toml") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode())
        return path

    return written


def refusal(path: Path | None, **environ: str) -> str:
    """What the caller is told, with the file's name cut to its last part; never the password."""
    with pytest.raises(SettingsError) as refused:
        load(Settings, path, environ)
    assert SECRET not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    return str(refused.value).replace(f"{path and path.parent}/", "")


def test_a_file_is_read_and_what_it_leaves_out_has_its_default(write):
    settings = load(Settings, write(FILE), {})
    assert settings == Settings(
        database="sqlite:///kavle-data/kavle.db",
        http=Http(port=8081),
        carrier=[
            Carrier("telia", "smpp", SECRET),
            Carrier("tele-2", "mm7", SECRET, window=10),
        ],
        route=[Route("", ["telia", "tele-2"])],
        price=Price("1.00", {"47": "1.20"}),
    )


def test_neither_file_nor_environment_is_all_defaults():
    assert load(Settings, None, {"PATH": "/bin", "KAVLES": "1"}) == Settings()


def carrier(settings: Settings, name: str) -> Carrier:
    return next(carrier for carrier in settings.carrier if carrier.name == name)


@pytest.mark.parametrize(
    ("variable", "text", "read", "value"),
    [
        ("KAVLE_DATABASE", "sqlite:///x.db", lambda s: s.database, "sqlite:///x.db"),
        ("KAVLE_HTTP_PORT", "9090", lambda s: s.http.port, 9090),
        ("KAVLE_HTTP_HOST", "8080", lambda s: s.http.host, "8080"),
        ("KAVLE_HTTP_PUBLIC_URL", "https://sms.example", lambda s: s.http.public_url, "https://sms.example"),
        ("KAVLE_HTTP_TLS", "true", lambda s: s.http.tls, True),
        ("KAVLE_HTTP_HOSTS", "a.example, b.example", lambda s: s.http.hosts, ["a.example", "b.example"]),
        ("KAVLE_HTTP_HOSTS", "", lambda s: s.http.hosts, []),
        ("KAVLE_LANGUAGE", "sv", lambda s: s.language, Language.SWEDISH),
        ("KAVLE_PROXY_ADDRESS", "10.0.0.1", lambda s: s.proxy, Proxy("10.0.0.1")),
        ("KAVLE_CARRIER_TELIA_PASSWORD", "other", lambda s: carrier(s, "telia").password, "other"),
        ("KAVLE_CARRIER_TELIA_PASSWORD", "null", lambda s: carrier(s, "telia").password, "null"),
        ("KAVLE_CARRIER_TELIA_PASSWORD", "123", lambda s: carrier(s, "telia").password, "123"),
        ("KAVLE_CARRIER_TELIA_SYSTEM_ID", "esme", lambda s: carrier(s, "telia").system_id, "esme"),
        ("KAVLE_CARRIER_TELE_2_WINDOW", "7", lambda s: carrier(s, "tele-2").window, 7),
        ("KAVLE_CARRIER_TELIA_SPEED", "2.5", lambda s: carrier(s, "telia").speed, 2.5),
        ("KAVLE_PRICE_DEFAULT", "2.00", lambda s: s.price.default, "2.00"),
        ("KAVLE_PRICE_PREFIX_47", "1.30", lambda s: s.price.prefix, {"47": "1.30"}),
        ("KAVLE_PRICE_PREFIX_358", "1.40", lambda s: s.price.prefix, {"47": "1.20", "358": "1.40"}),
        ("KAVLE_CONFIG", "elsewhere.toml", lambda s: s.http.port, 8081),
        ("KAVLE_CHAOS_ROUNDS", "200", lambda s: s.http.port, 8081),
        ("KAVLE_CHAOS_MESSAGES", "20000", lambda s: s.http.port, 8081),
        ("KAVLE_CHAOS_SEED", "1", lambda s: s.http.port, 8081),
    ],
)
def test_the_environment_lies_over_the_file(write, variable: str, text: str, read, value: Any):
    assert read(load(Settings, write(FILE), {variable: text})) == value


@pytest.mark.parametrize("content", [SECRET, SECRET + "\n", SECRET + "\r\n"])
def test_a_value_may_lie_in_a_file_of_its_own(write, content: str):
    secret = write(content, "secret")
    settings = load(Settings, write(FILE), {"KAVLE_CARRIER_TELIA_PASSWORD_FILE": str(secret)})
    assert carrier(settings, "telia").password == SECRET


def test_any_value_may_and_only_one_newline_is_taken_off(write):
    environ = {
        "KAVLE_HTTP_PORT_FILE": str(write("99\n", "port")),
        "KAVLE_HTTP_HOST_FILE": str(write(" a\n\n", "host")),
        "KAVLE_PRICE_PREFIX_45_FILE": str(write("3", "price")),
    }
    settings = load(Settings, None, environ)
    assert (settings.http.port, settings.http.host, settings.price.prefix) == (99, " a\n", {"45": "3"})


def test_a_required_key_may_come_from_the_environment_alone(write):
    path = write('[[carrier]]\nname = "telia"\nkind = "smpp"')
    assert refusal(path) == "kavle.toml: carrier.telia.password: missing"
    settings = load(Settings, path, {"KAVLE_CARRIER_TELIA_PASSWORD": SECRET})
    assert settings.carrier == [Carrier("telia", "smpp", SECRET)]


TELIA = f'[[carrier]]\nname = "telia"\nkind = "smpp"\npassword = "{SECRET}"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TELIA + "windw = 3", "carrier.telia.windw: no such key; did you mean window?"),
        ("[htttp]\nport = 1", "htttp: no such key; did you mean http?"),
        ("[http]\nzzz = 1", "http.zzz: no such key; there are host, port, public_url, hosts, tls"),
        ('[http]\nport = "8080"', "http.port: expected int, got str"),
        ("[http]\nport = 70000", "http.port: expected int <= 65535"),
        ("http = 8080", "http: expected a table"),
        ("[[http]]\nport = 1", "http: expected a table"),
        ("[carrier]\nname = 'telia'", "carrier: expected tables, each under [[carrier]]"),
        ("carrier = ['telia']", "carrier[0]: expected a table"),
        ("[[carrier]]\nkind = 'smpp'", "carrier[0].name: missing"),
        ("[[carrier]]\nname = 3", "carrier[0].kind: missing"),
        (
            "[[carrier]]\nname = 3\nkind = 'smpp'\npassword = ''",
            "carrier[0].name: expected str, got int; write it in quotes",
        ),
        (TELIA + TELIA, "carrier.telia: given twice"),
        (TELIA + "window = 0", "carrier.telia: the window has room for one PDU at least"),
        (TELIA.replace("smpp", SECRET), "carrier.telia.kind: expected one of smpp, mm7"),
        (
            TELIA.replace(f'"{SECRET}"', "5"),
            "carrier.telia.password: expected str, got int; write it in quotes",
        ),
        (TELIA.replace("password", "pasword"), "carrier.telia.pasword: no such key; did you mean password?"),
        (f'language = "{SECRET}"', "language: expected one of en, sv"),
        ("[price]\nprefix = 3", "price.prefix: expected object, got int"),
        ("[price.prefix]\n47 = 1.2", "price.prefix.47: expected str, got float; write it in quotes"),
        ("[[route]]\nprefix = ''\ncarriers = [3]", "route[0].carriers: expected str, got int"),
        (
            "[[route]]\nprefix = ''\ncarriers = 'telia'",
            "route[0].carriers: expected array, got str; write it in brackets, as a list",
        ),
        ("[proxy]", "proxy.address: missing"),
        (f'password = "{SECRET}', "not TOML: Illegal character '\\n' (at line 1, column 23)"),
        (f"password = {SECRET}", "not TOML: Invalid value (at line 1, column 12)"),
    ],
)
def test_a_wrong_file_is_told_where(write, text: str, told: str):
    assert refusal(write(text + "\n")) == f"kavle.toml: {told}"


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path):
    (tmp_path / "bad.toml").write_bytes(b"a = '\xff'")
    assert refusal(tmp_path / "kavle.toml") == "kavle.toml: No such file or directory"
    assert refusal(tmp_path / "bad.toml") == "bad.toml: not UTF-8"


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"KAVLE_HTTP_PROT": "1"}, "KAVLE_HTTP_PROT: no such setting; did you mean KAVLE_HTTP_PORT?"),
        (
            {"KAVLE_CARRIER_TELLIA_PASSWORD": SECRET},
            "KAVLE_CARRIER_TELLIA_PASSWORD: no such setting; did you mean KAVLE_CARRIER_TELIA_PASSWORD?",
        ),
        ({"KAVLE_": "1"}, "KAVLE_: no such setting; did you mean KAVLE_LANGUAGE?"),
        ({"KAVLE_HTTP": "1"}, "KAVLE_HTTP: no such setting; did you mean KAVLE_HTTP_TLS?"),
        ({"KAVLE_HTTP_PORT": SECRET}, "KAVLE_HTTP_PORT: http.port: expected int, got str"),
        ({"KAVLE_HTTP_PORT": "-1"}, "KAVLE_HTTP_PORT: http.port: expected int >= 0"),
        ({"KAVLE_HTTP_PORT": ""}, "KAVLE_HTTP_PORT: http.port: expected int, got str"),
        ({"KAVLE_HTTP_TLS": "yes"}, "KAVLE_HTTP_TLS: http.tls: expected bool, got str"),
        (
            {"KAVLE_CARRIER_TELIA_KIND": SECRET},
            "KAVLE_CARRIER_TELIA_KIND: carrier.telia.kind: expected one of smpp, mm7",
        ),
        ({"KAVLE_LANGUAGE": SECRET}, "KAVLE_LANGUAGE: language: expected one of en, sv"),
        (
            {"KAVLE_CARRIER_TELIA_PASSWORD": SECRET, "KAVLE_CARRIER_TELIA_PASSWORD_FILE": "x"},
            "KAVLE_CARRIER_TELIA_PASSWORD and KAVLE_CARRIER_TELIA_PASSWORD_FILE say the same; "
            "give one of them",
        ),
        (
            {"KAVLE_CARRIER_TELIA_PASSWORD_FILE": SECRET},
            "KAVLE_CARRIER_TELIA_PASSWORD_FILE: the file that it names: No such file or directory",
        ),
        ({"KAVLE_HTTP_HOST_FILE": "/"}, "KAVLE_HTTP_HOST_FILE: the file that it names: Is a directory"),
        ({"KAVLE_NAME_FILE": "x"}, "KAVLE_NAME_FILE: no such setting"),
    ],
)
def test_a_wrong_variable_is_named(write, environ: dict[str, str], told: str):
    assert refusal(write(FILE), **environ) == told


def test_names_that_look_the_same_in_a_variable_are_told_apart_by_a_refusal(write):
    path = write(TELIA.replace("telia", "tele-2") + TELIA.replace("telia", "tele_2"))
    assert len(load(Settings, path, {}).carrier) == 2
    assert refusal(path, KAVLE_CARRIER_TELE_2_WINDOW="1") == (
        "KAVLE_CARRIER_TELE_2_WINDOW fits several keys: carrier.0.window, carrier.1.window"
    )


def test_the_environment_does_not_hide_what_is_wrong_in_the_file(write):
    assert refusal(write("http = 3\n"), KAVLE_HTTP_PORT="1") == "kavle.toml: http: expected a table"


class Smpp(msgspec.Struct, tag_field="kind", tag="smpp"):
    name: str
    system_id: str = ""


class Mm7(msgspec.Struct, tag_field="kind", tag="mm7"):
    name: str
    vasp_id: str = ""


class Mixed(msgspec.Struct):
    carrier: list[Smpp | Mm7] = []


def test_tables_of_several_kinds_go_by_their_tag(write):
    path = write('[[carrier]]\nkind = "smpp"\nname = "a"\n[[carrier]]\nkind = "mm7"\nname = "b"\n')
    environ = {"KAVLE_CARRIER_A_SYSTEM_ID": "esme", "KAVLE_CARRIER_B_VASP_ID": "vasp"}
    assert load(Mixed, path, environ) == Mixed([Smpp("a", "esme"), Mm7("b", "vasp")])


@pytest.mark.parametrize("kind", ["", 'kind = "rest"', "kind = []"])
def test_a_table_of_no_known_kind(write, kind: str):
    with pytest.raises(SettingsError, match=r"carrier.a.kind: expected one of smpp, mm7"):
        load(Mixed, write(f'[[carrier]]\nname = "a"\n{kind}\n'), {})
