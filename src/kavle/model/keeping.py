"""How long what is kept: of the gateway, and of an account that wants less. Pure."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from kavle.model.account import AccountSettings


class Keep(msgspec.Struct, frozen=True):
    """Ages at which things are erased; None: never."""

    texts: timedelta | None = None  # and files
    messages: timedelta | None = None  # and incoming ones, bundles, receipts, calls
    audit: timedelta | None = None

    @classmethod
    def of(cls, texts: int, messages: int, audit: int) -> Keep:
        """Of days, 0 being for ever. No text outlives its message."""
        return cls(_sooner(_age(texts), _age(messages)), _age(messages), _age(audit))

    def sooner(self, settings: AccountSettings) -> Keep:
        """What of an account goes at another age than everybody's; None where that one holds."""
        own = Keep.of(settings.texts_days, settings.messages_days, 0)
        return Keep(_less(own.texts, self.texts), _less(own.messages, self.messages))


def _age(days: int) -> timedelta | None:
    return timedelta(days=days) if days else None


def _sooner(one: timedelta | None, other: timedelta | None) -> timedelta | None:
    return min(one, other) if one is not None and other is not None else one or other


def _less(own: timedelta | None, common: timedelta | None) -> timedelta | None:
    return own if own is not None and (common is None or own < common) else None
