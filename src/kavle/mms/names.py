"""Names for files that strangers named: safe in a URL, a header and on any disk, and each only once."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Final

LONGEST: Final = 64

# A dot, too: some web servers go by any extension that a name has, and not by the last.
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")
_READ: Final = 256  # characters of a name, from its end
_EDGES: Final = "_-"
_EXTENSION: Final = re.compile(r"\.[A-Za-z0-9]{1,8}$")
_LETTERS: Final = str.maketrans({"ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "ß": "ss", "đ": "d", "Đ": "D"})
# Names that are devices on Windows, whatever their extension.
_DEVICES: Final = {"aux", "con", "nul", "prn"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)}


def safe_names(files: Iterable[tuple[str, str]]) -> list[str]:
    """For each (name as it came, extension by its type) a name of `[A-Za-z0-9._-]`, of 64 at most, that no
    other has in whatever case."""
    taken: set[str] = set()
    numbers: Counter[tuple[str, str]] = Counter()  # the last of each, so that a thousand alike cost no more
    names = []
    for name, extension in files:
        stem = _stem(name)
        number, free = _untaken(stem, extension, taken, numbers[stem, extension])
        numbers[stem, extension] = number
        names.append(free)
        taken.add(free.lower())
    return names


def _stem(name: str) -> str:
    last = re.split(r"[/\\]", name[-_READ:])[-1]
    plain = unicodedata.normalize("NFKD", last.translate(_LETTERS)).encode("ascii", "ignore").decode()
    stem = _UNSAFE.sub("_", _EXTENSION.sub("", plain)).strip(_EDGES)
    if stem.lower() in _DEVICES:
        return f"file-{stem}"
    return stem or "file"


def _untaken(stem: str, extension: str, taken: set[str], number: int) -> tuple[int, str]:
    """The first name behind that number that is free, with its own."""
    while True:
        number += 1
        end = f".{extension}" if number == 1 else f"-{number}.{extension}"
        name = stem[: LONGEST - len(end)].rstrip(_EDGES) + end
        if name.lower() not in taken:
            return number, name
