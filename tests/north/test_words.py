"""Each sentence of the pages has its Swedish, and no Swedish is left over."""

from __future__ import annotations

import ast
import os
from errno import ECONNABORTED, ECONNREFUSED, ECONNRESET, EHOSTUNREACH, ENETUNREACH, EPIPE, ETIMEDOUT
from importlib.resources import files
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from kavle.core.audited import WHAT
from kavle.model.account_change import KEYS
from kavle.north.web.filter import GROUPS
from kavle.north.web.incoming import STATES as RECEIVED
from kavle.north.web.log_in import CUSTOMERS, OPERATORS
from kavle.north.web.operator.audit import CAME
from kavle.north.web.operator.carriers import DONE
from kavle.north.web.operator.chart import SERIES
from kavle.north.web.operator.incoming import STATES, WHICH
from kavle.north.web.operator.traffic import SPANS
from kavle.north.web.render import BOOKED, MENU, OPERATOR_MENU, PHONES, PRIORITIES, TRIED
from kavle.north.web.words import all_words, preferred, translations
from kavle.simulator.magic import MAGIC
from kavle.simulator.mmsc.magic import MAGIC as MMS_MAGIC
from kavle.simulator.submissions import REFUSED
from kavle.south import http_carrier
from kavle.south.smpp.carrier import _BOUND_AS, LinkState

WEB = Path(str(files("kavle.north.web")))
ERRORS = {"Complaint", "OperatorError", "AccountError"}
NAMED_ELSEWHERE = {
    *(group.name for group in GROUPS.values()),
    *(name for _, name in (*MENU, *OPERATOR_MENU)),
    *(key.meaning for key in KEYS.values()),
    *WHAT,
    *CAME.values(),
    *STATES.values(),
    *RECEIVED.values(),
    *WHICH.values(),
    *DONE.values(),
    *SERIES.values(),
    *SPANS.values(),
    CUSTOMERS.wrong,
    OPERATORS.wrong,
    *PRIORITIES.values(),
    *TRIED.values(),
    *BOOKED.values(),
    PHONES[1],
    # Told of links
    *LinkState,
    *http_carrier.LinkState,
    *_BOUND_AS.values(),
    *("no connection to the network", "no link to the network", "the link is lost"),
    *(f"no {kind}_resp in time" for kind in ("enquire_link", "unbind")),
    *(f"no bind_{mode}_resp in time" for mode in ("transmitter", "receiver", "transceiver")),
    *("not bound in time", "an answer to something else", "an answer that is no MM7", "no address"),
    # Told by the system
    *map(os.strerror, (ECONNREFUSED, ECONNRESET, ECONNABORTED, ETIMEDOUT, EPIPE, EHOSTUNREACH, ENETUNREACH)),
    "Name or service not known",
    "No address associated with hostname",
    "Temporary failure in name resolution",
    # Told by a simulated network
    REFUSED,
    *(
        word
        for does in (*MAGIC.values(), *MMS_MAGIC.values())
        for word in (does.told, does.status)
        if not word.isdigit()
    ),
}


def said_in_templates() -> set[str]:
    environment, said = Environment(autoescape=True), set()
    for template in (WEB / "templates").rglob("*.html"):
        for call in environment.parse(template.read_text()).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "_":
                (text,) = call.args
                if isinstance(text, nodes.Const):
                    said.add(text.value)
    return said


def told_by_errors() -> set[str]:
    """What core and the model say where a page may show it: of operators themselves it shows nothing."""
    told = set()
    for floor in ("core", "model"):
        for module in Path(str(files(f"kavle.{floor}"))).glob("*.py"):
            for node in ast.walk(ast.parse(module.read_text())):
                match node:
                    case ast.Call(func=ast.Name(id=name), args=[text]) if name in ERRORS:
                        assert isinstance(text, ast.Constant), ast.unparse(node)
                        told.add(text.value)
    return {one for one in told if "operator" not in one} - {"{why}"}


def told_as_reasons() -> set[str]:
    """`why("…")`, or `Why("…")`: what is kept of a failed call, or told of a link."""
    told = set()
    for floor in ("core", "south"):
        for module in Path(str(files(f"kavle.{floor}"))).rglob("*.py"):
            for node in ast.walk(ast.parse(module.read_text())):
                match node:
                    case ast.Call(func=ast.Name(id="why" | "Why"), args=[ast.Constant(value=str(text)), *_]):
                        told.add(text)
    return told


def said_in_python() -> set[str]:
    """`visitor.words("…")`, or `words("…")`."""
    said = set()
    for module in WEB.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="words") | ast.Name(id="words"),
                    args=[ast.Constant(value=str(text)), *_],
                ):
                    said.add(text)
    return said


def test_each_sentence_has_its_swedish_and_no_swedish_is_left_over() -> None:
    said = said_in_templates() | said_in_python() | told_by_errors() | told_as_reasons() | NAMED_ELSEWHERE
    swedish = set(translations("sv"))
    assert said - swedish == set(), "to be translated in sv.toml"
    assert swedish - said == set(), "said no more"


def test_a_translation_keeps_what_is_put_into_it() -> None:
    for english, swedish in translations("sv").items():
        assert set(_values(english)) == set(_values(swedish)), english


def _values(text: str) -> list[str]:
    return [piece.split("}")[0] for piece in text.split("{")[1:]]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("sv-SE,sv;q=0.9,en;q=0.8", "sv"),
        ("en-GB,en;q=0.9", "en"),
        ("de,sv;q=0.5", "sv"),
        ("fr", "sv"),
        ("", "sv"),
        ("*;" * 1000, "sv"),
    ],
)
def test_a_browser_is_answered_in_the_first_language_that_we_speak(header: str, language: str) -> None:
    assert preferred(header, otherwise="sv") == language


def test_values_are_put_into_the_words() -> None:
    assert all_words()["sv"]("Log out {name}", name="test") == "Logga ut test"
