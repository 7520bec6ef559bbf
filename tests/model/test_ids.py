"""Public ids: a bijection that fits old clients, and its way back."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.model.ids import FIRST, SPAN, PublicIds

IDS = PublicIds(b"a key of 16 byte")
GOLDEN = {0: 1_255_594_032, 1: 1_219_654_345, 2: 1_652_462_409, SPAN - 1: 2_124_803_680, SPAN: 1_255_594_032}

internals = st.integers(0, 2**63 - 1)


def test_golden_values():
    """Ids that customers hold must mean the same in every later version."""
    assert {internal: IDS.public(internal) for internal in (0, 1, 2, SPAN - 1, SPAN)} == GOLDEN


@given(internals)
def test_a_public_id_fits_an_int_and_is_no_status_code(internal: int):
    assert 1000 <= IDS.public(internal) < 2**31


@given(internals)
def test_the_way_back(internal: int):
    assert IDS.internal(IDS.public(internal), newest=internal) == internal


@given(internals, st.integers(0, SPAN - 1))
def test_the_newest_of_those_that_share_a_public_id_is_found(internal: int, since: int):
    assert IDS.internal(IDS.public(internal), newest=internal + since) == internal


@given(internals, st.integers(1, 1000))
def test_after_a_wrap_the_newer_message_has_the_id(internal: int, wraps: int):
    newer = internal + wraps * SPAN
    public = IDS.public(internal)
    assert IDS.public(newer) == public
    assert IDS.internal(public, newest=newer) == newer
    assert IDS.internal(public, newest=newer - 1) == newer - SPAN


@given(st.integers(0, SPAN - 1))
def test_an_id_not_yet_given_is_unknown(internal: int):
    assert IDS.internal(IDS.public(internal), newest=internal - 1) is None


def test_an_empty_store_knows_no_id():
    assert all(IDS.internal(public, newest=-1) is None for public in (FIRST, FIRST + SPAN - 1))


@given(st.integers(max_value=FIRST - 1) | st.integers(min_value=FIRST + SPAN))
def test_what_is_outside_the_span_is_unknown(public: int):
    assert IDS.internal(public, newest=2**63) is None


def test_it_is_a_bijection_on_a_long_run_that_tells_nothing_of_neighbours():
    publics = [IDS.public(internal) for internal in range(100_000)]
    assert len(set(publics)) == 100_000
    rising = sum(before < after for before, after in pairwise(publics))
    assert 49_000 < rising < 51_000


def test_values_that_the_permutation_throws_outside_the_span_are_walked_back_in():
    """1,000 of 2^31 values: the way back from each must meet no other."""
    walked = range(SPAN, 2**31)
    inside = {IDS._forward(value) for value in walked} - set(walked)
    assert inside
    for value in inside:
        internal = IDS.internal(FIRST + value, newest=SPAN - 1)
        assert internal is not None
        assert IDS.public(internal) == FIRST + value


def test_another_key_gives_other_ids():
    other = PublicIds(b"another key, longer than 16 bytes")
    assert other.public(1) != IDS.public(1)


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="16 bytes"):
        PublicIds(b"short")
