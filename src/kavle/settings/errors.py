"""What is wrong with settings."""

from __future__ import annotations


class SettingsError(Exception):
    """What is wrong, where (file or variable, and dotted key), and what is expected there."""


class WrongValue(ValueError):
    """For a struct's `__post_init__`: what is wrong with the value at `key`, dotted and within the struct."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(problem)
        self.key = key
