"""Hypothesis strategies for PDUs, from the same tables of fields that the codec is made of."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from kavle.wire.smpp.body import Body, fields_of
from kavle.wire.smpp.fields import NO_TLVS, CString, Field, Octet, ShortMessage
from kavle.wire.smpp.lists import DistributionList, Entries, SmeAddress, Unsuccess
from kavle.wire.smpp.pdus import BODIES

octets = st.integers(0, 255)
sequences = st.integers(1, 0x7FFFFFFF)
tlvs = st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=40), max_size=4).map(lambda d: d or NO_TLVS)


def c_strings(limit: int) -> st.SearchStrategy[str]:
    alphabet = st.characters(min_codepoint=1, max_codepoint=255)
    return st.text(alphabet, max_size=min(limit - 1, 70))


_addresses = (octets, octets, c_strings(21))
_destinations = st.one_of(st.builds(SmeAddress, *_addresses), st.builds(DistributionList, c_strings(21)))
_unsuccesses = st.builds(Unsuccess, *_addresses, st.integers(0, 0xFFFFFFFF))


def _entries(field: Entries) -> st.SearchStrategy[Any]:
    entry = _destinations if field.unflagged is None else _unsuccesses
    return st.lists(entry, max_size=4).map(tuple)


def _values(field: Field) -> st.SearchStrategy[Any]:
    if isinstance(field, CString):
        return c_strings(field.limit)
    if isinstance(field, Octet):
        return octets
    if isinstance(field, ShortMessage):
        return st.binary(max_size=254)
    if isinstance(field, Entries):
        return _entries(field)
    return tlvs


def bodies_of(kind: type[Body]) -> st.SearchStrategy[Body]:
    return st.builds(kind, **{name: _values(field) for name, field in fields_of(kind)})


bodies = st.sampled_from(sorted(BODIES.values(), key=lambda kind: kind.command_id)).flatmap(bodies_of)


@st.composite
def mutated(draw: st.DrawFn, whole: bytes) -> bytes:
    """The same octets with a few changed, cut out or put in; the command_length mostly stays."""
    damaged = bytearray(whole)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(4 if draw(st.booleans()) else 16, max(16, len(damaged))))
        damaged[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    if draw(st.booleans()):
        damaged[:4] = len(damaged).to_bytes(4, "big")
    return bytes(damaged)
