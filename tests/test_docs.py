"""That the pages say what is so: commands, targets, settings, metrics, links, magic numbers, and by which
tests the contract is kept and which threats are met."""

from __future__ import annotations

import re
import secrets
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from msgspec.structs import fields

from kavle.cli.config import Settings, check_can_serve, read
from kavle.cli.main import COMMANDS, main
from kavle.metrics import Metrics
from kavle.model.account_change import KEYS
from kavle.settings import SettingsError
from kavle.simulator.faults import Faults
from kavle.simulator.magic import markdown
from kavle.simulator.mmsc.desk import MmOrder
from kavle.simulator.mmsc.faults import MmscFaults
from kavle.simulator.mmsc.magic import MAGIC as MMS_MAGIC
from kavle.simulator.smsc_desk import MoOrder
from support.configuration import COMMAND, keys, meanings, shown, written
from support.configuration import PAGE as CONFIGURATION

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "kavle.toml.example"
SIMULATOR = ROOT / "docs/simulator.md"
FOR_USERS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
PAGES = sorted({*FOR_USERS, *(ROOT / "docs").rglob("*.md")})

page = pytest.mark.parametrize("page", FOR_USERS, ids=lambda path: path.name)


def code(path: Path) -> Iterator[str]:
    """The lines of code in a page: of its fenced blocks, a continued one as one, and its quoted spans."""
    text = path.read_text("utf-8")
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from block.replace("\\\n", " ").splitlines()
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def section(path: Path, title: str) -> str:
    return path.read_text("utf-8").split(f"\n## {title}\n")[1].split("\n## ")[0]


# --- commands and targets -------------------------------------------------------------------------------


def check_command(line: str) -> None:
    """Raises AssertionError unless each word is a command or an argument, and each option is known."""
    command: click.Command = main
    for word in line.split():
        if word.startswith("-"):
            known = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
            assert word in known | {"-", "-h", "--help"}, f"{command.name} has no option {word}"
        elif isinstance(command, click.Group):
            inner = command.get_command(click.Context(command), word)
            assert inner is not None, f"{command.name} has no command {word}"
            command = inner
        elif not command.params:
            raise AssertionError(f"{command.name} takes no {word}")


@page
def test_every_command_exists(page: Path) -> None:
    lines = (re.search(r"(?:^|[\s/])kavle ([a-z][^|&#]*)", line) for line in code(page))
    for found in filter(None, lines):
        check_command(found[1])


@pytest.mark.parametrize(
    "wrong", ["acount list", "account lst", "serve --prot 80", "account create x --pin y"]
)
def test_a_command_that_does_not_exist_is_seen(wrong: str) -> None:
    with pytest.raises((AssertionError, click.UsageError)):
        check_command(wrong)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_listed_by_what_it_says_of_itself(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert COMMANDS[name] == command.get_short_help_str(limit=200)


@page
def test_every_make_target_exists(page: Path) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    named = {found[1] for line in code(page) if (found := re.match(r"(?:\$ )?make ([a-z]+)", line))}
    assert named <= set(targets)


def test_make_help_tells_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split()
    assert phony == re.findall(r"^([a-z]+):.*## .", makefile, re.MULTILINE)


def test_contributing_tells_every_make_target() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE)) - {"help"}
    assert targets == set(re.findall(r"^\| `make ([a-z]+)`", section(FOR_USERS[1], "Set up"), re.MULTILINE))


# --- the table of magic numbers -------------------------------------------------------------------------


def test_the_magic_numbers_are_those_of_the_simulator() -> None:
    table = [
        line for line in section(FOR_USERS[0], "Numbers with other outcomes").splitlines() if "|" in line
    ]
    assert "\n".join(table) == markdown()


# --- the simulated network ------------------------------------------------------------------------------


def told_keys(title: str) -> list[str]:
    """The first column of a section's table."""
    return re.findall(r"^\| `([a-z_]+)` \|", section(SIMULATOR, title), re.MULTILINE)


def test_every_key_of_a_text_from_a_phone_is_told() -> None:
    assert sorted(told_keys("Texts from phones")) == sorted(field.encode_name for field in fields(MoOrder))


def test_every_fault_is_told() -> None:
    assert told_keys("Faults") == list(Faults.__struct_fields__)


def test_the_numbers_keys_and_faults_of_mms_are_told() -> None:
    _, _, told = section(SIMULATOR, "MMS").partition("### Numbers with")
    numbers, _, rest = told.partition("### MMS from phones")
    table = "\n".join(line for line in numbers.splitlines() if line.startswith("|"))
    assert table == markdown(MMS_MAGIC, "MMS")
    keys_told, _, faults_told = rest.partition("### Faults of MMS")
    names = [re.findall(r"^\| `([a-z_]+)` \|", part, re.MULTILINE) for part in (keys_told, faults_told)]
    assert names == [
        [field.encode_name for field in fields(MmOrder)],
        list(MmscFaults.__struct_fields__),
    ]


# --- settings -------------------------------------------------------------------------------------------


def test_a_key_of_two_kinds_of_carrier_has_one_default() -> None:
    told: dict[str, str] = {}
    for key, field in keys(Settings):
        assert told.setdefault(key, shown(field)) == shown(field), key
    assert "carrier.NAME.token" in told
    assert "carrier.NAME.system_id" in told


def test_the_settings_page_is_that_of_the_settings() -> None:
    page = CONFIGURATION.read_text("utf-8")
    assert page == written(page), f"write it anew: {COMMAND}"
    rows = re.findall(r"^\| `([\w.]+)` \|[^|]*\| (.*?) ?\|", page, re.MULTILINE)
    assert dict(rows) == {key: shown(field) for key, field in keys(Settings)}


def test_each_variable_of_the_settings_page_is_one(tmp_path: Path) -> None:
    path = tmp_path / "kavle.toml"
    path.write_text(with_all_written_out(EXAMPLE.read_text("utf-8")), "utf-8")
    carriers = [one.name.upper().replace("-", "_") for one in read(path, {}).carrier]
    variables = re.findall(r"^\|.*\| `(KAVLE_\w+)` \|", CONFIGURATION.read_text("utf-8"), re.MULTILINE)
    assert len(variables) > 90
    for variable in variables:
        names = {variable.replace("CARRIER_NAME_", f"CARRIER_{carrier}_") for carrier in carriers}
        assert not all(is_unknown(path, name) for name in names), variable


def is_unknown(path: Path, variable: str) -> bool:
    """Whether that is no setting; one that can't have this value is one."""
    try:
        read(path, {variable: "x"})
    except SettingsError as error:
        return "no such setting" in str(error)
    return False


def test_each_setting_is_explained_or_explains_itself() -> None:
    unexplained = {key for key, said in meanings(CONFIGURATION.read_text("utf-8")).items() if not said}
    assert {key.rpartition(".")[2] for key in unexplained} <= SELF_EVIDENT


SELF_EVIDENT = {"log_level", "host", "port", "name"}


TABLE_FOR_SOME = re.compile(r"^#\[\[.*\n(?:#[a-z_]+ = .*\n)+", re.MULTILINE)
"""A table that the example shows and leaves out; its lines show no defaults."""


def with_defaults_written_out(example: str) -> str:
    return re.sub(r"^#(?=[a-z_]+ = )", "", TABLE_FOR_SOME.sub("", example), flags=re.MULTILINE)


def with_all_written_out(example: str) -> str:
    return with_secrets(re.sub(r"^#(?=[a-z_]+ = |\[\[)", "", example, flags=re.MULTILINE))


def with_secrets(written: str) -> str:
    assert 'webhook = "..."' in written
    return written.replace('webhook = "..."', f'webhook = "{secrets.token_hex(16)}"')


@pytest.mark.parametrize("page", ["docs/ip1.md", "docs/mm7.md"])
def test_a_secret_that_everybody_can_read_is_none(tmp_path: Path, page: str) -> None:
    path = tmp_path / "kavle.toml"
    block = re.findall(r"```toml\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)[0]
    path.write_text(block, "utf-8")
    with pytest.raises(SettingsError, match=r"webhook: .*openssl rand -hex 16"):
        read(path, {})
    path.write_text(with_secrets(block), "utf-8")
    read(path, {})


def test_the_example_is_a_gateway_that_can_serve(tmp_path: Path) -> None:
    check_can_serve(read(EXAMPLE, {}))


def test_the_examples_comments_show_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "kavle.toml"
    path.write_text(with_defaults_written_out(EXAMPLE.read_text("utf-8")), "utf-8")
    assert read(path, {}) == read(EXAMPLE, {})


def dotted(table: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in table.items():
        if isinstance(value, dict) and name not in ("prefix", "retry"):
            yield from dotted(value, f"{prefix}{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for item in value:
                yield from dotted(item, f"{prefix}{name}.NAME." if "name" in item else f"{prefix}{name}.")
        else:
            yield prefix + name


def test_the_example_has_every_key() -> None:
    example = tomllib.loads(with_all_written_out(EXAMPLE.read_text("utf-8")))
    assert set(dotted(example)) == {key for key, _ in keys(Settings)}


def test_the_tables_that_the_example_leaves_out_may_be_put_in(tmp_path: Path) -> None:
    path = tmp_path / "kavle.toml"
    path.write_text(with_all_written_out(EXAMPLE.read_text("utf-8")), "utf-8")
    assert [listener.tls for listener in read(path, {}).http.listener] == ["modern", "legacy"]


def test_the_settings_for_a_rest_provider_are_a_gateway_that_can_serve(tmp_path: Path) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/ip1.md").read_text("utf-8"), re.DOTALL)
    path = tmp_path / "kavle.toml"
    path.write_text(with_secrets(block), "utf-8")
    check_can_serve(read(path, {}))


VALUES = {
    "KAVLE_DATABASE": "sqlite:///kavle-demo/kavle.db",
    "KAVLE_HTTP_PORT": "8081",
    "KAVLE_HTTP_HOSTS": "sms.example.com, sms.example.net",
    "KAVLE_CARRIER_TELIA_PASSWORD": "other",
    "KAVLE_PRICE_PREFIX_47": "1.30",
}


@pytest.mark.parametrize("path", [ROOT / "README.md", EXAMPLE], ids=lambda path: path.name)
def test_the_variables_it_names_are_settings(path: Path, tmp_path: Path) -> None:
    named = set(re.findall(r"\bKAVLE_\w*[A-Z0-9]\b", path.read_text("utf-8"))) - {"KAVLE_CONFIG"}
    plain = {name for name in named if not name.endswith("_FILE")}
    assert read(EXAMPLE, {name: VALUES[name] for name in plain}) != read(EXAMPLE, {})
    for name in named - plain:
        secret = tmp_path / name
        secret.write_text(VALUES[name.removesuffix("_FILE")], "utf-8")
        assert read(EXAMPLE, {name: str(secret)}) != read(EXAMPLE, {})


def test_the_accounts_page_tells_every_setting_of_one() -> None:
    table = section(ROOT / "docs/accounts.md", "Accounts").partition("| setting |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == list(KEYS)


# --- metrics --------------------------------------------------------------------------------------------


def test_every_metric_is_told() -> None:
    counted = {family.name + ("_total" if family.type == "counter" else "") for family in Metrics().collect()}
    pieces = "\n".join(path.read_text("utf-8") for path in (ROOT / "src/kavle/cli/roles").glob("*.py"))
    gauges = re.findall(r'"(kavle_\w+)"', pieces)
    told = re.findall(r"^\| `(kavle_\w+)", section(ROOT / "docs/watching.md", "Metrics"), re.MULTILINE)
    assert sorted(told) == sorted(counted | set(gauges))


# --- the contract ---------------------------------------------------------------------------------------

CONTRACT = (ROOT / "docs/contract.md").read_text("utf-8")
SECURITY = (ROOT / "docs/security.md").read_text("utf-8")
LIMITS = (ROOT / "docs/limits.md").read_text("utf-8")


def with_tests(page: str) -> list[tuple[str, str]]:
    """The rows of its tables: what is held, and the tests."""
    rows = re.findall(r"^\| (.*) \| (.*) \|$", page, re.MULTILINE)
    return [(held, tests) for held, tests in rows if tests != "tests"]


def check_tests(tests: str) -> None:
    """Raises AssertionError unless that names tests that there are."""
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", tests)
    assert len(named) == tests.count("`") / 2, "each as `file::name`"
    for file, name in named:
        written = (ROOT / "tests" / file).read_text("utf-8")
        assert re.search(rf"^(async )?def {name}\(", written, re.MULTILINE), f"{file} has no {name}"


PROMISES = with_tests(CONTRACT)
THREATS = with_tests(SECURITY)


@pytest.mark.parametrize(("promise", "tests"), PROMISES, ids=[promise[:50] for promise, _ in PROMISES])
def test_every_promise_has_tests_that_there_are_or_says_that_it_is_not_kept_yet(
    promise: str, tests: str
) -> None:
    assert ("`" in tests) != tests.startswith("not there yet"), "name tests, or say that it is not there yet"
    check_tests(tests)


def test_every_row_of_the_contract_is_a_promise() -> None:
    rows = [line for line in CONTRACT.splitlines() if line.startswith("|")]
    assert len(rows) == len(PROMISES) + 2 * CONTRACT.count("| promise | tests |\n|---|---|\n")


@pytest.mark.parametrize(("threat", "tests"), THREATS, ids=[threat[:50] for threat, _ in THREATS])
def test_every_threat_has_tests_that_hold_it(threat: str, tests: str) -> None:
    assert "`" in tests, "name the tests that hold it"
    check_tests(tests)


@pytest.mark.parametrize(("bound", "tests"), with_tests(LIMITS), ids=lambda told: told[:50])
def test_every_bound_has_tests_that_hold_it(bound: str, tests: str) -> None:
    assert "`" in tests, "name the tests that hold it"
    check_tests(tests)


def test_every_row_of_the_threat_model_is_a_threat() -> None:
    rows = [line for line in SECURITY.splitlines() if line.startswith("|")]
    assert len(rows) == len(THREATS) + 2 * SECURITY.count("| threat | tests |\n|---|---|\n")


def test_every_decision_is_one_of_the_contract_and_has_its_number() -> None:
    promises, _, decisions = CONTRACT.partition("\n## Decisions\n")
    numbered = re.findall(r"^- \*\*D(\d+)\*\* ", decisions, re.MULTILINE)
    assert numbered == [str(number + 1) for number in range(len(numbered))]
    assert set(re.findall(r"\bD(\d+)\b", promises)) == set(numbered)


# --- links, files and dependencies ----------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]*)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def anchors(page: Path) -> set[str]:
    """Of its headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.name)
def test_every_link_into_a_page_leads_to_a_heading(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", page.read_text("utf-8")):
        there = (page.parent / target) if target else page
        assert anchor in anchors(there), f"{target}#{anchor}"


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs/README.md").read_text("utf-8")
    named = set(re.findall(r"\]\(([\w.-]+\.md)\)", index))
    assert named == {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}


def test_contributing_names_files_that_there_are() -> None:
    named = re.findall(r"`([a-z0-9_]+/[\w/.]*)`", section(FOR_USERS[1], "To change X, look in Y"))
    files = [name for name in named if "NNNN" not in name]
    assert files
    for name in files:
        assert (ROOT / "src/kavle" / name).exists() or (ROOT / name).exists(), name


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    reasons = (ROOT / "docs/adr/0010-dependencies.md").read_text("utf-8")
    for wanted in (*project["dependencies"], *project["optional-dependencies"]["dev"]):
        name = re.split(r"[<>=]", wanted)[0]
        assert re.search(rf"\b{re.escape(name)}\b", reasons), name


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert text.lstrip().startswith("Apache License\n")
    assert "END OF TERMS AND CONDITIONS" in text


def test_each_decision_has_a_number_of_its_own() -> None:
    names = sorted(path.name for path in (ROOT / "docs/adr").glob("*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    for name in names:
        title = (ROOT / "docs/adr" / name).read_text("utf-8").splitlines()[0]
        assert title.startswith(f"# {int(name[:4])}. ")
