"""Why something did not work: told in English, kept, and said in another language by whoever shows it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Why(msgspec.Struct, frozen=True):
    """`text` has the names of `values` in braces; it is the kind of the reason, which pages translate. As a
    string it is English."""

    text: str
    values: Mapping[str, str | Why] = {}

    def __str__(self) -> str:
        return self.text.format_map(self.values) if self.values else self.text


def why(text: str, /, **values: str | Why) -> Why:
    return Why(text, values)


_decode = msgspec.json.Decoder(Why).decode
_JSON = "{"


def kept(reason: Why | None) -> str | None:
    """As it is stored: its text, or JSON where that is not all."""
    if reason is None:
        return None
    plain = not reason.values and not reason.text.startswith(_JSON)
    return reason.text if plain else msgspec.json.encode(reason).decode()


def read(stored: str | None) -> Why | None:
    """What `kept` made; or what was stored before reasons had kinds, which is English and stays so."""
    if stored is None:
        return None
    if stored.startswith(_JSON):
        try:
            return _decode(stored)
        except msgspec.DecodeError:
            pass
    return Why(stored)
