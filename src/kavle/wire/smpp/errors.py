"""Whose fault it is stands in the type. These are the caller's own and are raised before anything has
changed. A peer's faults are values: `codec.Rejected`, `codec.Unframeable`, and the session's events."""

from __future__ import annotations


class LocalError(Exception):
    """This side asked for something that SMPP does not have."""


class FieldError(LocalError, ValueError):
    """A field's value does not fit its field; the message names the field and never its value."""


class StateError(LocalError):
    """The operation can't be done in the session's state or role. SMPP 3.4 §2.3"""
