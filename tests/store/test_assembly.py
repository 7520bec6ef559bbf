"""Long messages put together, whatever the order and the batches in which their parts come: pure."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kavle.model.incoming import Piece
from kavle.store.assembly import Assembly, Fate, Key, PartRow, Whole

NOW = datetime(2026, 1, 3, 12, tzinfo=UTC)


class Table:
    """`incoming_part`, and the messages that came of it."""

    def __init__(self) -> None:
        self.rows: dict[tuple[Key, int], PartRow] = {}
        self.wholes: list[Whole] = []

    def take(self, *pieces: Piece) -> list[Fate]:
        keys = {(one.sender, one.recipient, one.carrier_id, one.reference, one.total) for one in pieces}
        assembly = Assembly(row for row in self.rows.values() if row.key in keys)
        fates = [assembly.take(piece) for piece in pieces]
        self._write(assembly)
        return fates

    def end(self) -> None:
        assembly = Assembly(self.rows.values())
        assembly.end()
        self._write(assembly)

    def _write(self, assembly: Assembly) -> None:
        for one in assembly.wholes:
            self.wholes.append(one)
            one.id = len(self.wholes)
        self.rows = {at: row for at, row in self.rows.items() if at[0] not in assembly.gone}
        for key, id in assembly.marked:
            for at, row in self.rows.items():
                if at[0] == key:
                    self.rows[at] = replace(row, incoming_id=id)
        for row in assembly.fresh:
            assert (row.key, row.number) not in self.rows, "the database would refuse it"
            self.rows[row.key, row.number] = row

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.wholes]


def parts(text: str, cuts: list[int], reference: int) -> list[Piece]:
    """`text` cut anywhere, between the halves of a surrogate pair too."""
    units = text.encode("utf-16-be")
    ends = [0, *sorted(2 * cut for cut in cuts), len(units)]
    total = len(ends) - 1
    return [
        Piece(
            1,
            "46701740605",
            "46737494123",
            units[ends[at] : ends[at + 1]].decode("utf-16-be", "surrogatepass"),
            NOW,
            reference,
            at + 1,
            total,
        )
        for at in range(total)
    ]


@st.composite
def messages(draw: st.DrawFn) -> tuple[list[str], list[Piece]]:
    """Texts, and their parts shuffled, some of them doubled."""
    texts = draw(st.lists(st.text("ab å€😀", min_size=4, max_size=12), min_size=1, max_size=4))
    pieces: list[Piece] = []
    for reference, text in enumerate(texts):
        units = len(text.encode("utf-16-be")) // 2
        pieces += parts(text, draw(st.lists(st.integers(0, units), min_size=1, max_size=5)), reference)
    doubled = draw(st.lists(st.sampled_from(pieces), max_size=5))
    return texts, draw(st.permutations(pieces + doubled))


@given(messages(), st.data())
def test_every_message_becomes_whole_once_whatever_the_order(
    drawn: tuple[list[str], list[Piece]], data: st.DataObject
) -> None:
    texts, pieces = drawn
    table, fates = Table(), Counter[Fate]()
    while pieces:
        batch = data.draw(st.integers(1, len(pieces)))
        fates.update(table.take(*pieces[:batch]))
        pieces = pieces[batch:]
    assert sorted(table.texts) == sorted(texts)
    assert fates[Fate.WHOLE] == len(texts)
    table.end()
    assert len(table.wholes) == len(texts), "nothing is left over"
    assert all(row.incoming_id for row in table.rows.values())


@given(messages(), st.data())
def test_nothing_that_came_is_ever_lost(drawn: tuple[list[str], list[Piece]], data: st.DataObject) -> None:
    """Parts that are missing, and references that others have: each text is in some message."""
    _, pieces = drawn
    same = data.draw(st.booleans())
    kept = [
        replace(piece, reference=0 if same else piece.reference)
        for piece in pieces
        if data.draw(st.booleans())
    ]
    table = Table()
    for piece in kept:
        table.take(piece)
    table.end()
    for piece in kept:
        whole_characters = piece.text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "ignore")
        assert any(whole_characters.strip("\ufffd") in text for text in table.texts)
    assert sum(one.got for one in table.wholes) <= len(kept)


def test_where_parts_are_missing_one_mark_stands_for_any_number() -> None:
    table = Table()
    pieces = parts("abcdef", [1, 2, 3, 4, 5], 1)
    table.take(pieces[5], pieces[1], pieces[2])
    table.end()
    assert table.texts == ["[...]bc[...]f"]
    assert [(one.total, one.got) for one in table.wholes] == [(6, 3)]


def test_half_a_character_without_its_other_half_shows_as_the_replacement() -> None:
    table = Table()
    table.take(parts("a😀b", [2], 1)[0])
    table.end()
    assert table.texts == ["a\ufffd[...]"]


def test_a_message_that_came_whole_is_no_double_of_itself() -> None:
    table = Table()
    one = Piece(1, "a", "b", "hej", NOW)
    assert table.take(one, one) == [Fate.WHOLE, Fate.WHOLE], "nothing tells them apart from two messages"


def test_a_double_counts_as_one_for_ten_minutes() -> None:
    table = Table()
    first, second = parts("ab", [1], 1)
    table.take(first, second)
    assert table.take(replace(first, at=NOW + timedelta(minutes=10))) == [Fate.DOUBLE]
    assert table.take(replace(first, at=NOW + timedelta(minutes=10, seconds=1))) == [Fate.PART]
