"""A caller's mistake, told once here and rendered by each face in its own codes."""

from __future__ import annotations

from enum import Enum
from typing import Self

from kavle.model.why import Why


class Reason(Enum):
    """Why a request was refused. Whatever is refused stores and debits nothing."""

    CREDENTIALS = "wrong account or password"
    BALANCE = "balance too small"
    PARAMETER = "missing or malformed parameter"
    CONTENT = "message content"
    RECIPIENT = "recipient's number"
    UNAVAILABLE = "we could not store it, and know that nothing was stored"


class Refusal(Exception):
    """`reason` is stable; `detail` is for logs and people, and holds no number, text or password."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(detail or reason.value)
        self.reason = reason


class Told(Exception):
    """What somebody reads, in any language."""

    def __init__(self, text: str, /, **values: object) -> None:
        self.why = Why(text, {name: _told(value) for name, value in values.items()})
        super().__init__(str(self.why))


def _told(value: object) -> str | Why:
    if isinstance(value, Told):
        return value.why
    return value if isinstance(value, Why) else str(value)


class Complaint(Told, ValueError):
    """What is wrong with what somebody wrote, and what is expected."""


class OperatorError(Told):
    """What an operator or a customer asked for can't be done; the text says what is wrong and what to do."""

    @classmethod
    def of(cls, error: ValueError) -> Self:
        """The same as somebody's whose request it was in."""
        return cls(error.why.text, **error.why.values) if isinstance(error, Told) else cls("{why}", why=error)


class NotAllowed(Exception):
    """A change by one who may only look."""


class OutcomeUnknown(Exception):
    """A commit was under way and its result can't be had. The caller is left without an answer: never
    told 42, which means "nothing was stored, call again"."""
