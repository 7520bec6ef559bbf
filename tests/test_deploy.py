"""What an operator runs Kavle by: the files in deploy/ are what they say, and name what there is."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from kavle.metrics import NAMESPACES, OTHERS, Metrics

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
SUFFIXES = ("_total", "_bucket", "_sum", "_count")


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "requirements" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- metrics --------------------------------------------------------------------------------------------


def there_are() -> set[str]:
    """The names under which Prometheus finds them."""
    names = set[str]()
    for family in Metrics().collect():
        kinds = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
        names |= {family.name + suffix for suffix in kinds.get(family.type, [""])}
    pieces = (path.read_text("utf-8") for path in (ROOT / "src/kavle/cli/roles").glob("*.py"))
    return names | {name for piece in pieces for name in re.findall(r'"(kavle_\w+)"', piece)}


def expressions() -> Iterator[str]:
    for group in yaml.safe_load((DEPLOY / "alerts.yaml").read_text("utf-8"))["groups"]:
        yield from (rule["expr"] for rule in group["rules"])
    board = json.loads((DEPLOY / "dashboard.json").read_text("utf-8"))
    yield from (target["expr"] for panel in board["panels"] for target in panel.get("targets", ()))
    yield from (one["query"] for one in board["templating"]["list"] if one["type"] == "query")


def test_every_metric_that_is_watched_or_drawn_exists() -> None:
    named = {name for expr in expressions() for name in re.findall(r"\bkavle_\w+", expr)}
    assert len(named) > 20
    assert named <= there_are()


def test_every_expression_is_balanced_and_looks_back_by_a_span() -> None:
    for expr in expressions():
        for opening, closing in ("()", "[]", "{}"):
            assert expr.count(opening) == expr.count(closing), expr
        for counted in re.findall(r"(?:rate|increase)\(kavle_\w+(?:\{[^}]*\})?(.)", expr):
            assert counted == "[", expr


def test_every_alert_says_what_is_so_and_what_to_do() -> None:
    (group,) = yaml.safe_load((DEPLOY / "alerts.yaml").read_text("utf-8"))["groups"]
    for rule in group["rules"]:
        assert set(rule["annotations"]) == {"summary", "action"}, rule["alert"]
        assert rule["labels"]["severity"] in ("critical", "warning")


def test_panels_do_not_lie_on_each_other() -> None:
    panels = json.loads((DEPLOY / "dashboard.json").read_text("utf-8"))["panels"]
    taken = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in panels
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_whatever_customers_say_there_are_so_many_lines_and_no_more() -> None:
    metrics = Metrics()
    for number in range(1000):
        metrics.called_in(f"urn:{number}:" + "x" * number)
    metrics.called_in("urn:0:")
    assert len(metrics.namespaces) == NAMESPACES + 1
    assert metrics.namespaces[OTHERS] == 1000 - NAMESPACES
    assert metrics.namespaces["urn:0:"] == 2
    assert max(map(len, metrics.namespaces)) <= 100


def test_what_customers_say_moves_no_operators_cursor() -> None:
    metrics = Metrics()
    metrics.called_in("urn:\x9b2J\u202eold")
    assert list(metrics.namespaces) == ["urn:?2J?old"]


# --- systemd, containers --------------------------------------------------------------------------------


def directives() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / "kavle.service").read_text("utf-8").splitlines():
        if line and line[0] not in "#[":
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def test_the_service_is_what_systemd_understands(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd is installed")
    # As if it were installed: its program stands where this test can't put it.
    unit = (DEPLOY / "kavle.service").read_text("utf-8").replace("/opt/kavle/.venv/bin/kavle", "/bin/true")
    (tmp_path / "kavle.service").write_text(unit, "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / "kavle.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "kavle.service" in line]
    assert ours == []


def test_the_service_stops_in_the_time_that_a_stop_takes_and_may_do_little() -> None:
    told = directives()
    assert int(told["TimeoutStopSec"][0]) >= 60
    assert told["ProtectSystem"] == ["strict"]
    assert told["NoNewPrivileges"] == ["yes"]
    assert told["CapabilityBoundingSet"] == [""]
    assert told["User"] == ["kavle"]


def test_the_image_is_made_of_pins_and_is_nobody_in_particular() -> None:
    lines = (DEPLOY / "Dockerfile").read_text("utf-8").replace("\\\n", " ").splitlines()
    steps = [line.split(None, 1) for line in lines if line and not line.startswith("#")]
    runs = " ".join(what for step, what in steps if step == "RUN")
    assert "--require-hashes -r requirements/runtime.txt" in runs
    for install in re.findall(r"pip install [^&]*", runs):
        assert "--require-hashes" in install or "--no-deps" in install
    last = [dict([step]) for step in map(tuple, steps)]
    assert {"USER": "10001:10001"} in last
    for step, what in steps:
        if step == "COPY" and "--from" not in what:
            *sources, _ = what.split()
            assert all((ROOT / source).exists() for source in sources), what
        if step == "FROM":
            assert re.fullmatch(r"python:3\.\d+-slim( AS made)?", what)
    (health,) = [what for step, what in steps if step == "HEALTHCHECK"]
    assert "/readyz" in health


def test_the_composition_is_whole() -> None:
    told: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    services = told["services"]
    for name, service in services.items():
        assert set(service["secrets"]) <= set(told["secrets"]), name
        assert ("build" in service) != ("image" in service)
        for waited in service.get("depends_on", {}):
            assert "healthcheck" in services[waited]
    for gateway in (services["one"], services["two"]):
        assert (DEPLOY / gateway["build"]["context"] / gateway["build"]["dockerfile"]).exists()
        assert gateway["stop_grace_period"] == "60s"
        assert gateway["read_only"]
        assert gateway["environment"]["KAVLE_DATABASE_FILE"].startswith("/run/secrets/")
        assert all(port.startswith("127.0.0.1:") for port in gateway["ports"])


# --- what it runs on ------------------------------------------------------------------------------------


def test_the_bill_of_materials_is_that_of_the_pins() -> None:
    sbom = script("sbom")
    assert sbom.TARGET.read_text("utf-8") == sbom.written(), "write it anew: make pins"
    bill = json.loads(sbom.written())
    pinned = re.findall(r"^([\w.-]+)==(\S+)", sbom.PINS.read_text("utf-8"), re.MULTILINE)
    assert [(one["name"], one["version"]) for one in bill["components"]] == pinned
    refs = {one["bom-ref"] for one in bill["components"]} | {"kavle"}
    assert {one["ref"] for one in bill["dependencies"]} == refs
    needed = {ref for one in bill["dependencies"] for ref in one["dependsOn"]}
    assert needed == refs - {"kavle"}, "each is there because another wants it"


FAULT = {"id": "CVE-1", "fix_versions": ["2"]}


@pytest.mark.parametrize(
    ("told", "code", "says"),
    [
        ([], 0, "nothing was looked at"),
        ([{"name": "a", "skip_reason": "not found"}], 0, "nothing was looked at"),
        ([{"name": "a", "version": "1", "vulns": []}], 0, "No known faults in 1 of 1 dependencies"),
        (
            [{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "x"}],
            0,
            "1 of 2 dependencies; not looked up: b",
        ),
        ([{"name": "a", "version": "1", "vulns": [FAULT]}], 1, "a 1: CVE-1, mended in 2"),
    ],
)
def test_a_known_fault_fails_the_check_and_no_network_does_not(
    told: list[dict[str, Any]], code: int, says: str
) -> None:
    given, said = script("audit").verdict(told)
    assert given == code
    assert says in said


def test_where_there_is_no_program_to_look_them_up_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert script("audit").main("/nowhere/pip-audit") == 0
    assert "nothing was looked at" in capsys.readouterr().out
