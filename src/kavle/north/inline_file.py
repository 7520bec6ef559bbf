"""The files of an MMS as a call brings them: InlineFile objects, as clients have named what is in them."""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from kavle.model.errors import Reason, Refusal
from kavle.model.mms import MmsFile
from kavle.wire.soap import Item

_NAME: Final = ("name", "filename")
_TYPE: Final = ("contenttype", "mimetype", "type", "mime")
_DATA: Final = ("data", "content", "bytes", "file", "base64")


def inline_files(items: Sequence[Item]) -> tuple[MmsFile, ...]:
    """Raises Refusal(CONTENT) for a file without octets, or whose octets are not in base64. Takes some
    3 ms for the most that an MMS may have."""
    return tuple(_file(item) for item in _each(items) if any(text.strip() for _, text in item))


def _each(items: Iterable[Item]) -> Iterator[Item]:
    """Texts of one name are not one file's."""
    for item in items:
        names = {name for name, _ in item}
        if len(names) == 1:
            yield from ((field,) for field in item)
        else:
            yield item


def _file(item: Item) -> MmsFile:
    return MmsFile(_text(item, _NAME), _text(item, _TYPE), _octets(_data(item)))


def _text(item: Item, names: Sequence[str]) -> str:
    return next((text.strip() for name, text in item if name in names), "")


def _data(item: Item) -> str:
    """The child that is called so, else the longest that no other name claims."""
    for wanted in _DATA:
        for name, text in item:
            if name == wanted:
                return text
    return max((text for name, text in item if name not in (*_NAME, *_TYPE)), key=len, default="")


def _octets(text: str) -> bytes:
    """Libraries break base64 into lines (RFC 2045 §6.8); other than that it is strict (RFC 4648 §3.3)."""
    text = "".join(text.split())
    try:
        octets = a2b_base64(text, strict_mode=True)
    except ValueError:  # binascii's Error is one, too
        octets = None
    if octets is None or len(text) % 4:
        raise Refusal(Reason.CONTENT, "a file is not in base64")
    if not octets:
        raise Refusal(Reason.CONTENT, "a file is empty")
    return octets
