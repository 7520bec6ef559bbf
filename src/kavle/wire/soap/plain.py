"""A short cut for what nearly all stubs write: an envelope that is the same in every call, round parameters
without any markup in them.

What stands before the first parameter and behind the last is read by the parser once, and remembered. It
takes only documents that the parser would take, and to the same effect; others are left to `reader`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import msgspec

from kavle.wire.soap.envelope import Envelope
from kavle.wire.soap.fault import Fault
from kavle.wire.soap.reader import read
from kavle.wire.soap.version import SOAP11, Version

_LONGEST_HEAD: Final = 4096
_LONGEST_TAIL: Final = 512
_LONGEST_NAME: Final = 64
_MOST_TAGS: Final = 200
_HEAD = re.compile(  # it ends inside the wrapper, and in no comment
    rb"(?:<\?xml[^<>]*\?>)?(?:[^<]*<[^<>!?]+>)*[^<]*<(?:([A-Za-z]\w*):)?[A-Za-z_][^<>]*(?<!/)>"
)


class _Outline(msgspec.Struct, frozen=True):
    """An envelope without its parameters."""

    version: Version
    wrapper: str
    namespace: str
    prefix: str  # of the wrapper's name


def plain(document: bytes) -> Envelope | None:
    """A document in UTF-8; None for one that is not plain."""
    begin = document.find(b">", document.find(b"<", document.find(b":Body"))) + 1
    end = document.rfind(b"</", 0, document.rfind(b"</", 0, max(document.rfind(b"</"), 0)))
    if not 0 < begin <= end or begin > _LONGEST_HEAD or len(document) - end > _LONGEST_TAIL:
        return None
    outline = _outline(document[:begin], document[end:])
    if outline is None:
        return None
    parameters = _parameters(document[begin:end], outline.prefix)
    if parameters is None:
        return None
    return Envelope(outline.version, outline.wrapper, outline.namespace, parameters)


@lru_cache(maxsize=256)
def _outline(head: bytes, tail: bytes) -> _Outline | None:
    """Of an envelope that would be whole without anything between head and tail."""
    opened = _HEAD.fullmatch(head)
    if opened is None:
        return None
    try:
        envelope = read(head + tail, SOAP11)
    except Fault:
        return None
    prefix = (opened[1] or b"").decode()
    return _Outline(envelope.version, envelope.wrapper, envelope.namespace, prefix)


def _parameters(elements: bytes, prefix: str) -> dict[str, str] | None:
    """`<name>text</name>` in a row; None when there is anything else."""
    if elements.count(b"<") > _MOST_TAGS:
        return None
    try:
        written = elements.decode()
    except UnicodeDecodeError:
        return None
    pieces = written.split("<")
    if len(pieces) % 2 == 0 or written.count(">") != len(pieces) - 1:
        return None
    if "&" in written or not written.isprintable():
        return None
    parameters: dict[str, str] = {}
    for opened, closed in zip(pieces[1::2], pieces[2::2], strict=True):
        name, _, text = opened.partition(">")
        local = _local(name, prefix)
        if local is None or closed != f"/{name}>":
            return None
        parameters.setdefault(local, text)
    return parameters


@lru_cache(maxsize=1024)
def _local(name: str, prefix: str) -> str | None:
    """A parameter's name in lower case, without the prefix; None for one that is not plain."""
    space, colon, local = name.rpartition(":")
    if len(name) > _LONGEST_NAME or (colon and space != prefix):
        return None
    return local.lower() if local.isascii() and local.isidentifier() else None
