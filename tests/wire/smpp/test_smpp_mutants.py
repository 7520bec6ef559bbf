"""Mutated PDUs against the codec, the receipts and sessions in both roles: nothing is raised, nothing hangs,
what is refused is refused by name and by number, and no more is kept than a link may cost.

Some thousands here; `make fuzz` takes a million, or MUTANTS=n. KAVLE_MUTANTS_SEED makes the same again."""

from __future__ import annotations

import os
import resource
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Final

import pytest

from kavle.wire.smpp import events as ev
from kavle.wire.smpp import pdus
from kavle.wire.smpp.body import Pdu
from kavle.wire.smpp.codec import MAX_COMMAND_LENGTH, Decoder, Rejected, Unframeable, encode
from kavle.wire.smpp.constants import RESPONSE_BIT, CommandStatus
from kavle.wire.smpp.receipt import parse_receipt
from kavle.wire.smpp.session import Session
from kavle.wire.smpp.states import Role, State
from support.no_hang import no_hang
from support.proof import Proof
from wire.smpp.smpp_mutants import mutant, reads
from wire.smpp.smpp_pair import BINDS, DELIVERY, MESSAGE, Pair

COUNT: Final = int(os.environ.get("KAVLE_MUTANTS", "20000"))
BATCH: Final = 1_000
LONGEST_BATCH: Final = 60  # seconds; it takes a fifth of one
MOST_MEMORY: Final = 64 * 1024 * 1024
RESPONSES: Final = {
    pdus.SubmitSm: pdus.SubmitSmResp,
    pdus.DeliverSm: pdus.DeliverSmResp,
    pdus.DataSm: pdus.DataSmResp,
}


ANOTHER: Final = encode(MESSAGE, 7)
REFUSALS: Final = {
    *("ESME_RINVCMDID", "ESME_RINVCMDLEN", "ESME_RINVMSGLEN", "ESME_RINVOPTPARSTREAM", "ESME_RINVPARLEN"),
    *("ESME_RINVSYSID", "ESME_RINVPASWD", "ESME_RINVSYSTYP", "ESME_RINVSERTYP", "ESME_RINVMSGID"),
    *("ESME_RINVSRCADR", "ESME_RINVDSTADR", "ESME_RINVSCHED", "ESME_RINVEXPIRY"),
    *("ESME_RINVDESTFLAG", "unframeable"),
}


class Target:
    """A session that lives until a mutant ends it; then another takes its place, in any state."""

    def __init__(self, role: Role, random: Random) -> None:
        self._role = role
        self._random = random
        self.ends = 0
        self._begin()

    def _begin(self) -> None:
        self._now = 100.0
        kind = self._random.choice([*BINDS, None])
        pair = Pair() if kind is None else Pair().bound(kind)
        self._session: Session = pair.of(self._role)
        if kind is None and self._role is Role.ESME:
            self._session.bind(pdus.BindTransceiver("kavle", "secret"), self._now)
        self._session.data_to_send()
        self._tokens: set[object] = set()
        self._asked = 0

    def take(self, data: bytes) -> None:
        self._ask()
        happened: list[ev.Event] = []
        for read in reads(self._random, data):
            happened += self._session.receive(read, self._now)
        self._now += 0.01
        happened += self._session.tick(self._now)
        for event in happened:
            self._end_or_answer(event)
        self._look_at_what_goes_out(happened, data)
        if self._session.state is State.CLOSED:
            self._end()

    def _ask(self) -> None:
        """Keep some requests in flight, for mutants to answer."""
        message = MESSAGE if self._role is Role.ESME else DELIVERY
        if self._session.in_flight < 3 and type(message) in self._session._may_send:
            self._asked += 1
            self._tokens.add(self._asked)
            self._session.request(message, self._asked, self._now)

    def _end_or_answer(self, event: ev.Event) -> None:
        match event:
            case ev.Response(token=token) | ev.Unanswered(token=token):
                self._tokens.remove(token)  # in exactly one of them
            case ev.Submitted(sequence, message) | ev.Delivered(sequence, message):
                self._session.respond(sequence, RESPONSES[type(message)]())
            case ev.BindRequested() if self._session.state is State.OPEN:
                if self._random.random() < 0.5:
                    self._session.accept_bind("smsc", self._now)
                else:
                    self._session.refuse_bind(CommandStatus.ESME_RBINDFAIL)
            case _:
                pass

    def _look_at_what_goes_out(self, happened: list[ev.Event], data: bytes) -> None:
        """What is refused is answered under its number, by a PDU that can be read. Little comes of little."""
        sent = Decoder().feed(self._session.data_to_send())
        assert all(isinstance(item, Pdu) for item in sent)
        answered = {(item.sequence, item.status) for item in sent if isinstance(item, Pdu)}
        for event in happened:
            if isinstance(event, ev.PeerError) and not event.command_id & RESPONSE_BIT:
                assert event.status in CommandStatus
                assert event.reason
                assert (event.sequence, event.status) in answered
        assert len(sent) <= 3 + len(data) // 16
        assert self._session._decoder._held <= MAX_COMMAND_LENGTH + len(data)

    def _end(self) -> None:
        assert set(self._session.abandon()) == self._tokens
        self.ends += 1
        self._begin()


def look_at(data: bytes) -> Iterator[str]:
    """Feed it to the codec alone; tells what became of it."""
    items = Decoder().feed(data)
    if int.from_bytes(data[:4], "big") == len(data):
        # Whatever it says inside, it is over where it ends.
        assert Decoder().feed(data + ANOTHER) == [*items, Pdu(7, 0, MESSAGE)]
    for item in items:
        if isinstance(item, Pdu):
            yield type(item.body).__name__
            sound(item, len(data))
        elif isinstance(item, Rejected):
            assert item.status in CommandStatus
            assert item.status
            assert item.reason
            yield item.status.name
        else:
            assert isinstance(item, Unframeable)
            assert item.reason
            yield "unframeable"


def sound(pdu: Pdu, octets: int) -> None:
    """A request that was taken says what it said, once more. (Of a yes as much is kept as can be read.)"""
    repr(pdu)
    if isinstance(pdu.body, pdus.DeliverSm | pdus.DataSm):
        parse_receipt(pdu.body)
    if not pdu.body.command_id & RESPONSE_BIT:
        again = encode(pdu.body, pdu.sequence, pdu.status)
        assert len(again) <= octets
        assert Decoder().feed(again) == [pdu]


@pytest.mark.timeout(0)
def test_mutated_pdus_are_taken_or_refused_by_name() -> None:
    proof = Proof("mutants-smpp")
    seed = int(os.environ.get("KAVLE_MUTANTS_SEED", Random().randrange(2**32)))
    print(f"seed {seed}")  # noqa: T201 -- shown if it fails
    random = Random(seed)
    targets = [Target(role, random) for role in Role]
    became: Counter[str] = Counter()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    data = b""
    try:
        for turn in proof.rounds(COUNT // BATCH):
            with no_hang(LONGEST_BATCH):
                for _ in range(BATCH):
                    data = mutant(random)
                    became.update(look_at(data))
                    random.choice(targets).take(data)
            if turn % 50 == 0:
                print(f"{turn * BATCH:,} mutants: {sum(target.ends for target in targets):,} sessions ended")  # noqa: T201
    finally:
        print(f"the last one: {data[:300].hex()}")  # noqa: T201 -- shown if it fails
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) * 1024 < MOST_MEMORY
    # The mutants are worth their name: every PDU came through in some, and each way to be refused was met.
    assert {kind.__name__ for kind in pdus.BODIES.values()} <= set(became)
    assert set(became) >= REFUSALS
    ended = sum(target.ends for target in targets)
    proof.holds({"mutants": proof.made * BATCH, "sessions ended": ended}, dict(became.most_common()))
