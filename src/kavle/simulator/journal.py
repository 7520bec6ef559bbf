"""The network's own log of what it saw, by which a gateway's books can be checked from outside.

An entry is with the operating system before its consequence leaves: it outlives the simulator's process, so
whatever a gateway was told stands here. It is not fsynced, and does not outlive the machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import msgspec

from kavle.simulator.mmsc.journal import MmAnswered, MmSent, MmSubmission


class Submission(msgspec.Struct, frozen=True, gc=False, tag="submit_sm", tag_field="kind"):
    """A submit_sm, and what it was answered."""

    at: datetime
    connection: int  # from 1, in the order in which they were made
    recipient: str
    sender: str
    esm_class: int
    data_coding: int
    short_message: str  # hexadecimal; the message_payload where that took its place
    id: str  # empty where it was refused
    status: int  # command_status of the response


class ReceiptSent(msgspec.Struct, frozen=True, gc=False, tag="receipt_sent", tag_field="kind"):
    """A deliver_sm with the receipt of message `id`; `attempt` counts from 1."""

    at: datetime
    connection: int
    id: str
    state: int  # message_state
    attempt: int


class ReceiptAnswered(msgspec.Struct, frozen=True, gc=False, tag="receipt_answered", tag_field="kind"):
    """The deliver_sm_resp: with status 0 the ESME has the receipt."""

    at: datetime
    connection: int
    id: str
    status: int


class MoSent(msgspec.Struct, frozen=True, gc=False, tag="mo_sent", tag_field="kind"):
    """A deliver_sm or data_sm with part `part`, in the order of sending, of text `id` from a phone."""

    at: datetime
    connection: int
    id: int  # from 1 in each of the network's lives
    part: int  # from 1
    sender: str
    recipient: str
    esm_class: int
    data_coding: int
    user_data: str  # hexadecimal
    attempt: int  # from 1


class MoAnswered(msgspec.Struct, frozen=True, gc=False, tag="mo_answered", tag_field="kind"):
    """Its response: with status 0 the ESME has the part."""

    at: datetime
    connection: int
    id: int
    part: int
    status: int


Entry = Submission | ReceiptSent | ReceiptAnswered | MoSent | MoAnswered | MmSubmission | MmSent | MmAnswered


class Journal(Protocol):
    def write(self, entries: Sequence[Entry]) -> None:
        """Returns when they would outlive this process."""

    def close(self) -> None: ...


class MemoryJournal:
    """For tests in the network's own process."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def write(self, entries: Sequence[Entry]) -> None:
        self.entries.extend(entries)

    def close(self) -> None:
        return


class FileJournal:
    """JSON lines, appended to the file at `path`. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("ab")
        self._encode = msgspec.json.Encoder().encode_lines
        _cut_torn_line(path)

    def write(self, entries: Sequence[Entry]) -> None:
        self._file.write(self._encode(entries))
        self._file.flush()

    def close(self) -> None:
        self._file.close()


_decoder: Final = msgspec.json.Decoder(Entry)


def read_journal(path: Path) -> Iterator[Entry]:
    """The entries so far, oldest first; also while the network writes on. Raises OSError, and
    msgspec.DecodeError for what is no journal."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):  # else it is being written
                yield _decoder.decode(line)


def _cut_torn_line(path: Path) -> None:
    """A simulator that was killed in the middle of a line never sent what the line is about."""
    with path.open("r+b") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)
