"""The table `[callbacks]`."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from kavle.settings import WrongValue
from kavle.south.callback.addresses import Allowed

LONGEST_CALL: Final = 60.0
"""Seconds; a lease lasts longer by far."""


class CallbackSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How customers' web applications are called for incoming messages."""

    interval: Annotated[float, Meta(gt=0)] = 1800.0  # seconds between the tries of one message
    tries: Annotated[int, Meta(ge=1, le=1000)] = 10  # in all
    timeout: Annotated[float, Meta(gt=0, le=LONGEST_CALL)] = 30.0  # seconds for a call, redirects and all
    connect_timeout: Annotated[float, Meta(gt=0, le=LONGEST_CALL)] = 10.0
    connections: Annotated[int, Meta(ge=1, le=10_000)] = 200  # calls at once
    per_host: Annotated[int, Meta(ge=1)] = 10  # of these, to one host and port
    per_account: Annotated[int, Meta(ge=1)] = 50  # and for one account
    per_number: Annotated[int, Meta(ge=1)] = 1  # and for one number: more than one, and order may be lost
    redirects: Annotated[int, Meta(ge=0, le=20)] = 5  # that are followed
    allow: list[str] = []  # networks that are not global, where addresses set by the operator may lead

    def __post_init__(self) -> None:
        try:
            Allowed(self.allow)
        except ValueError as error:
            raise WrongValue(
                "allow", f"{error}; expected addresses or networks such as 10.0.0.0/8"
            ) from error
