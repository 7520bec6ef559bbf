"""Lists of objects in a request, however a stub nests them."""

from __future__ import annotations

import re
import tracemalloc
from xml.sax.saxutils import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.wire.soap import Call, Fault, parse
from wire.soap.envelopes import OPERATIONS, TEXT_XML, element, envelope

DATA = "R0lGODdh"
FILE = "<name>a.gif</name><contentType>image/gif</contentType><data>R0lGODdh</data>"
NOTE = "<name>b.txt</name><data>SGVq</data>"
READ_FILE = (("name", "a.gif"), ("contenttype", "image/gif"), ("data", DATA))
READ_NOTE = (("name", "b.txt"), ("data", "SGVq"))


def read(children: str) -> Call:
    return parse(envelope(children).encode(), TEXT_XML, None, OPERATIONS, frozenset({"files"}))


def listed(name: str, *inner: str) -> str:
    return "".join(f"<{name}>{one}</{name}>" for one in inner)


WRITTEN = {
    "as .NET does": f"<files>{listed('InlineFile', FILE, NOTE)}</files>",
    "repeated": listed("files", FILE, NOTE),
    "in another letter case": f"<Files>{listed('inlinefile', FILE, NOTE)}</Files>",
    "each in a list of its own": listed("files", listed("InlineFile", FILE), listed("InlineFile", NOTE)),
    "deeper": f"<files><InlineFiles>{listed('InlineFile', FILE, NOTE)}</InlineFiles></files>",
    "indented": f"<files>\n {listed('InlineFile', FILE, NOTE)}\n</files>".replace("><", ">\n  <"),
    "encoded": f'<files i:type="e:Array" xmlns:e="urn:e">{listed("item", FILE, NOTE)}</files>',
    "a comment inside": f"<files>{listed('InlineFile', FILE, NOTE)}</files>".replace("R0lG", "R0<!-- -->lG"),
    "none among them": f'<files><InlineFile i:nil="true"/></files>{listed("files", FILE, NOTE)}',
}


@pytest.mark.parametrize("children", WRITTEN.values(), ids=WRITTEN)
def test_the_objects_are_the_same(children: str) -> None:
    call = read(f"<acc>test</acc>{children}<to>1</to>")
    found = [item for item in call.lists["files"] if any(text for _, text in item)]
    assert found == [READ_FILE, READ_NOTE]
    assert call.parameters == {"acc": "test", "to": "1"}


@pytest.mark.parametrize("children", ["", "<files/>", "<files></files>", "<files>\n </files>"])
def test_a_list_of_nothing(children: str) -> None:
    assert not read("<acc>test</acc>" + children).lists.get("files")


def test_objects_that_are_bare_texts() -> None:
    assert read(listed("files", DATA, "SGVq")).lists["files"] == [(("", DATA),), (("", "SGVq"),)]
    told = read(f"<files>{listed('base64Binary', DATA, 'SGVq')}</files>").lists["files"]
    assert told == [(("base64binary", DATA), ("base64binary", "SGVq"))]


@pytest.mark.parametrize("children", [f"Hej {NOTE}", f"<InlineFile>Hej {NOTE}</InlineFile>"])
def test_elements_among_a_text_are_refused(children: str) -> None:
    with pytest.raises(Fault, match="holds elements among its text"):
        read(f"<files>{children}</files>")


@pytest.mark.parametrize("opened", ["<a>", "<a/>", "<a>b</a>", "<a><b>c</b></a>"])
def test_a_hostile_list_is_refused_and_costs_little(opened: str) -> None:
    children = "<files>" + opened * (1_400_000 // len(opened)) + "</files>"
    tracemalloc.start()
    try:
        with pytest.raises(Fault):
            read(children)
        assert tracemalloc.get_traced_memory()[1] < 5 * len(children)
    finally:
        tracemalloc.stop()


NAMES = st.sampled_from(["name", "data", "InlineFile", "files", "x"])
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=5)
TREES = st.recursive(
    st.builds(element, NAMES, TEXTS),
    lambda inner: st.builds(lambda name, all: listed(name, "".join(all)), NAMES, st.lists(inner, max_size=4)),
)


@given(st.lists(TREES, max_size=4))
def test_of_no_tree_is_a_text_lost(trees: list[str]) -> None:
    children = "".join(trees)
    items = read(f"<files>{children}</files>").lists["files"]
    flat = sorted(text for item in items for _, text in item if text.strip())
    leaves = (unescape(text) for _, text in re.findall(r"<(\w+)>([^<]*)</\1>", children))
    assert flat == sorted(text for text in leaves if text.strip())
