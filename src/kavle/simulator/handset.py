"""The phones of the simulated network: whole texts, put together from their segments; what never came; and
what was written on them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import Final

import msgspec

from kavle.simulator.data_coding import readable
from kavle.simulator.mo import Mo
from kavle.sms import udh
from kavle.wire.smpp.constants import ESM_UDHI
from kavle.wire.smpp.data_coding import is_flash
from kavle.wire.smpp.pdus import SubmitSm

PHONES: Final = 10_000
TEXTS_OF_A_PHONE: Final = 50
UNFINISHED: Final = 1_000  # long messages of which segments are missing, on all phones together


class Text(msgspec.Struct, frozen=True, gc=False):
    """What a phone received; read only when somebody looks, since hardly anybody does."""

    at: datetime
    sender: str
    data_coding: int
    body: bytes
    segments: int
    language: int = 0  # whose single shift table its header names

    @property
    def text(self) -> str:
        return readable(self.body, self.data_coding, self.language)

    @property
    def flash(self) -> bool:
        return is_flash(self.data_coding)


class Missed(msgspec.Struct, frozen=True, gc=False):
    """What was for the phone and did not come: refused by the network, or lost on the way."""

    at: datetime
    sender: str
    why: str
    error: str = ""  # the command_status that it was refused with, by name


class Phone:
    """One recipient's phone with the newest that it has to tell, oldest first."""

    def __init__(self, number: str) -> None:
        self.number = number
        self._texts: deque[Text] = deque(maxlen=TEXTS_OF_A_PHONE)
        self._missed: deque[Missed] = deque(maxlen=TEXTS_OF_A_PHONE)
        self._written: deque[Mo] = deque(maxlen=TEXTS_OF_A_PHONE)

    @property
    def texts(self) -> list[Text]:
        return list(self._texts)

    @property
    def missed(self) -> list[Missed]:
        return list(self._missed)

    @property
    def written(self) -> list[Mo]:
        return list(self._written)

    @property
    def last(self) -> Text | None:
        return self._texts[-1] if self._texts else None

    def show(self, text: Text) -> None:
        self._texts.append(text)

    def miss(self, missed: Missed) -> None:
        self._missed.append(missed)

    def write(self, mo: Mo) -> None:
        self._written.append(mo)


_Key = tuple[str, str, udh.Concatenation]


class Phones:
    """Every phone that something was about, the least recent ones forgotten first. `on_text(number, text)` is
    told of each whole text, and `on_missed(number, missed)` of each that does not come."""

    def __init__(
        self,
        on_text: Callable[[str, Text], None] | None = None,
        on_missed: Callable[[str, Missed], None] | None = None,
    ) -> None:
        self._on_text = on_text
        self._on_missed = on_missed
        self._phones: dict[str, Phone] = {}
        self._unfinished: dict[_Key, dict[int, bytes]] = {}

    def find(self, number: str) -> Phone | None:
        return self._phones.get(number)

    def newest(self, count: int) -> Iterator[Phone]:
        """The phones that something was last about, newest first."""
        return islice(reversed(self._phones.values()), count)

    def receive(self, message: SubmitSm, at: datetime) -> None:
        """One segment has reached its recipient."""
        body, segments, language = message.user_data, 1, 0
        if message.esm_class & ESM_UDHI:
            whole = self._joined(message)
            if whole is None:
                return
            body, segments, language = whole
        text = Text(at, message.source_addr, message.data_coding, body, segments, language)
        self._phone(message.destination_addr).show(text)
        if self._on_text is not None:
            self._on_text(message.destination_addr, text)

    def miss(self, message: SubmitSm, at: datetime, why: str, error: str = "") -> None:
        """One segment will not reach its recipient; noted once for a message of several."""
        if not _is_first(message):
            return
        missed = Missed(at, message.source_addr, why, error)
        self._phone(message.destination_addr).miss(missed)
        if self._on_missed is not None:
            self._on_missed(message.destination_addr, missed)

    def write(self, mo: Mo) -> None:
        """It was written on its sender's phone."""
        self._phone(mo.text.sender).write(mo)

    def _phone(self, number: str) -> Phone:
        phone = self._phones.pop(number, None) or Phone(number)
        self._phones[number] = phone  # at the end: the most recent one
        if len(self._phones) > PHONES:
            del self._phones[next(iter(self._phones))]
        return phone

    def _joined(self, message: SubmitSm) -> tuple[bytes, int, int] | None:
        """The body of the whole text, its segments and its language; None while some are missing."""
        try:
            header, body = udh.parse(message.user_data)
        except ValueError:
            return message.user_data, 1, 0
        part, language = header.concatenation, header.single_shift
        if part is None:
            return body, 1, language
        # A long message is known by these together. 3GPP TS 23.040 §9.2.3.24.1
        key = message.destination_addr, message.source_addr, msgspec.structs.replace(part, number=1)
        parts = self._unfinished.setdefault(key, {})
        parts[part.number] = body
        if len(parts) < part.total:
            self._forget_oldest()
            return None
        del self._unfinished[key]
        return b"".join(parts[number] for number in sorted(parts)), part.total, language

    def _forget_oldest(self) -> None:
        if len(self._unfinished) > UNFINISHED:
            del self._unfinished[next(iter(self._unfinished))]


def _is_first(message: SubmitSm) -> bool:
    if not message.esm_class & ESM_UDHI:
        return True
    try:
        header, _ = udh.parse(message.user_data)
    except ValueError:
        return True
    return header.concatenation is None or header.concatenation.number == 1
