"""Reasons: told in English, kept, and read again with what pages translate them by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.model.errors import Complaint, OperatorError
from kavle.model.why import Why, kept, read, why

REASONS = st.recursive(
    st.builds(Why, st.text()),
    lambda inner: st.builds(Why, st.text(), st.dictionaries(st.text(), inner)),
)


@given(REASONS)
def test_what_was_kept_is_read_again(reason: Why) -> None:
    assert read(kept(reason)) == reason


@pytest.mark.parametrize("row", ["no connection: [Errno 111] refused", "{", '{"a": 1}', "{reason}", ""])
def test_a_row_from_before_reasons_had_kinds_stays_as_it_is(row: str) -> None:
    assert str(read(row)) == row


def test_none_stays_none() -> None:
    assert (kept(None), read(None)) == (None, None)


def test_a_reason_without_values_is_kept_as_it_reads() -> None:
    assert kept(why("closed without an answer")) == "closed without an answer"


def test_as_a_string_it_is_english_with_the_reasons_in_it() -> None:
    inner = Why("Connection {refused}")  # the system's words, whatever is in them
    assert str(why("no connection: {reason}", reason=inner)) == "no connection: Connection {refused}"


def test_an_error_that_tells_of_another_keeps_its_reason() -> None:
    error = OperatorError.of(
        Complaint("{name}: {why}", name="port", why=Complaint("expected {most}", most=9))
    )
    assert str(error) == "port: expected 9"
    assert error.why.values["why"] == why("expected {most}", most="9")
