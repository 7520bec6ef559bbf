"""What ends the program without an id, told to whoever called it."""

from __future__ import annotations


class Trouble(Exception):
    """Nothing came of the call. The text says what is wrong and what to do: exit 1."""


class UsageError(Exception):
    """It was not called as it wants to be: exit 2."""
