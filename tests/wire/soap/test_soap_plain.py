"""The short cut reads what the parser reads, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kavle.wire.soap import SOAP11
from kavle.wire.soap.plain import plain
from kavle.wire.soap.reader import read
from wire.soap.envelopes import CHILDREN, NAMESPACE, XSI

S, S12 = SOAP11.namespace, "http://www.w3.org/2003/05/soap-envelope"
PROLOG = '<?xml version="1.0" encoding="utf-8"?>'
XSD = "http://www.w3.org/2001/XMLSchema"
PREFIXED = CHILDREN.replace("</", "</n:").replace("<", "<n:").replace("<n:/n:", "</n:")

PLAIN = {
    ".NET": (
        f'{PROLOG}<soap:Envelope xmlns:xsi="{XSI}" xmlns:xsd="{XSD}" xmlns:soap="{S}"><soap:Body>'
        f'<sms xmlns="{NAMESPACE}">{CHILDREN}</sms></soap:Body></soap:Envelope>'
    ),
    "WCF": (
        f'<s:Envelope xmlns:s="{S}"><s:Body xmlns:xsi="{XSI}" xmlns:xsd="{XSD}">'
        f'<sms xmlns="{NAMESPACE}">{CHILDREN}</sms></s:Body></s:Envelope>'
    ),
    "zeep": (
        f"<?xml version='1.0' encoding='utf-8'?>\n<soap-env:Envelope xmlns:soap-env=\"{S}\"><soap-env:Body>"
        f'<n:sms xmlns:n="{NAMESPACE}">{PREFIXED}</n:sms></soap-env:Body></soap-env:Envelope>'
    ),
    "PHP": (
        f'{PROLOG}\n<SOAP-ENV:Envelope xmlns:SOAP-ENV="{S}" xmlns:n="{NAMESPACE}"><SOAP-ENV:Body><n:sms>'
        f"{PREFIXED}</n:sms></SOAP-ENV:Body></SOAP-ENV:Envelope>\n"
    ),
    "SOAP 1.2": f'<e:Envelope xmlns:e="{S12}"><e:Body><sms>{CHILDREN}</sms></e:Body></e:Envelope>',
    "Swedish": f'<e:Envelope xmlns:e="{S}"><e:Body><sms><a>Blåbär – €</a></sms></e:Body></e:Envelope>',
    "doubled": f'<e:Envelope xmlns:e="{S}"><e:Body><sms><a>1</a><A>2</A></sms></e:Body></e:Envelope>',
    "nothing in it": f'<e:Envelope xmlns:e="{S}"><e:Body><sms></sms></e:Body></e:Envelope>',
}


@pytest.mark.parametrize("document", PLAIN.values(), ids=PLAIN)
def test_what_stubs_write_is_plain_and_reads_the_same(document: str) -> None:
    short = plain(document.encode())
    assert short is not None
    assert short == read(document.encode(), SOAP11)


HEAD, TAIL = f'<e:Envelope xmlns:e="{S}"><e:Body><sms>', "</sms></e:Body></e:Envelope>"
TRAPS = {
    "the end of no CDATA": HEAD + "<a>]]></a>" + TAIL,
    "a name that begins with a digit": HEAD + "<1>1</1>" + TAIL,
    "a letter to Python, and none to XML": HEAD + "<\u2118>1</\u2118>" + TAIL,
    "another end": HEAD + "<a>1</b>" + TAIL,
    "an element inside": HEAD + "<a><b>1</b></a>" + TAIL,
    "a prefix that nobody declared": HEAD + "<x:a>1</x:a>" + TAIL,
    "a character that XML has not": HEAD + "<a>\ufffe</a>" + TAIL,
    "parameters in a comment": (
        f'<e:Envelope xmlns:e="{S}"><!-- :Body <T><a>1</a></T> --><e:Body><sms/></e:Body></e:Envelope>'
    ),
    "parameters of something else": HEAD.replace("<sms>", "<sms/><x>") + "<a>1</a></x></e:Body></e:Envelope>",
    "a body that is none": HEAD.replace("e:Body", "e:Bodyguard") + "<a>1</a>" + TAIL,
}


@pytest.mark.parametrize("document", TRAPS.values(), ids=TRAPS)
def test_what_is_not_plain(document: str) -> None:
    assert plain(document.encode()) is None


MARKUP = """
<!-- c -->|<![CDATA[x]]>|<?p x?>|<!DOCTYPE x>|]]>|>|<|/>|&amp;|&#1;|&|\r|\x01|\ufffe| |é
 i:nil="true"| xmlns="urn:x"| xmlns:n="urn:y"| xmlns:e="urn:z"| a=":Body>"| a=":Body
<a>|</a>|<a/>|<n:a>1</n:a>|<x:a>1</x:a>|<a>1<b>2</b>3</a>|<a >1</a >|<é>1</é>|<1>1</1>|<a:b:c>1</a:b:c>
<e:Header>|</e:Header>|<e:Body>|</e:Body>|<e:Body/>|<sms>|</sms>|<sms/>
""".replace("\n", "|").split("|")


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A plain document with markup put in, or pieces taken out, or changed, where it may hurt."""
    document = draw(st.sampled_from(list(PLAIN.values())))
    for _ in range(draw(st.integers(1, 3))):
        edges = [at for at, char in enumerate(document) if char in "<>"] or [0]
        at = draw(st.sampled_from(edges)) + draw(st.integers(-1, 1))
        until = at + draw(st.sampled_from([0, 0, 1, 5]))
        document = document[: max(at, 0)] + draw(st.sampled_from([*MARKUP, ""])) + document[until:]
    return document.encode("utf-8", "surrogatepass")


@settings(max_examples=400)
@given(damaged())
def test_whatever_it_takes_the_parser_takes_too_and_to_the_same_effect(document: bytes) -> None:
    short = plain(document)
    if short is not None:
        assert short == read(document, SOAP11)


@given(st.binary(), st.binary())
def test_it_takes_no_noise(one: bytes, two: bytes) -> None:
    assert plain(one) is None
    document = PLAIN[".NET"].encode()
    cut = document.find(b"test")
    short = plain(document[:cut] + two + document[cut:])
    if short is not None:
        assert short == read(document[:cut] + two + document[cut:], SOAP11)
