"""What the pages say, in the visitor's language. English stands where it is said; `sv.toml` has
the Swedish."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

from kavle.model.description import Language
from kavle.model.errors import Told
from kavle.model.money import format_balance
from kavle.model.why import Why

LANGUAGES: Final[Mapping[Language, str]] = {"en": "English", "sv": "Svenska"}


class Words:
    """`words("You have {credits} credits", credits="98.50")`."""

    def __init__(self, language: Language, translations: Mapping[str, str]) -> None:
        self.language = language
        self._translations = translations

    def __call__(self, text: str, /, **values: object) -> str:
        told = self._translations.get(text, text)
        return told.format_map(values) if values else told

    def error(self, error: Told) -> str:
        return self.why(error.why)

    def why(self, reason: Why) -> str:
        """A reason, and those that it tells of."""
        told = {name: self.why(one) if isinstance(one, Why) else one for name, one in reason.values.items()}
        return self(reason.text, **told)

    def money(self, units: int) -> str:
        """An amount as it is written in the language."""
        return format_balance(units, "98,50" if self.language == "sv" else "98.50")


def all_words() -> dict[Language, Words]:
    return {"en": Words("en", {}), "sv": Words("sv", translations("sv"))}


def translations(language: Language) -> dict[str, str]:
    """English → that language."""
    found: dict[str, str] = tomllib.loads(
        files("kavle.north.web").joinpath(f"{language}.toml").read_text("utf-8")
    )
    return found


def preferred(accept_language: str, otherwise: Language) -> Language:
    """Of a browser's Accept-Language (RFC 9110 §12.5.4), the first that we speak; weights come in order from
    every browser there is."""
    for wanted in accept_language[:200].split(","):
        match wanted.split(";")[0].split("-")[0].strip().lower():
            case "sv":
                return "sv"
            case "en":
                return "en"
    return otherwise
