"""Who is signed in stands in a signed cookie: any node can read it, and none has to remember it."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Literal

import msgspec
from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode
from msgspec.structs import replace

Kind = Literal["", "customer", "operator"]

IDLE: Final[dict[Kind, timedelta]] = {
    "": timedelta(minutes=30),
    "customer": timedelta(minutes=30),
    "operator": timedelta(minutes=15),
}
LONGEST: Final = timedelta(hours=12)
_FRESH: Final = timedelta(minutes=1)
"""A cookie that was written so short a time ago is not written anew."""


class Session(msgspec.Struct, frozen=True, array_like=True):
    """`id` is new with each log-in. `proof` is bound to the password: a changed one ends the session."""

    id: str
    began: datetime
    seen: datetime
    kind: Kind = ""
    name: str = ""
    proof: str = ""
    notice: str = ""  # to be told once, on the next page
    refused: bool = False  # it tells that nothing was done


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Session).decode


class Sessions:
    """Makes, reads and renews them. `key` is the gateway's own, the same on all its nodes."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._signer = Signer(key, salt="kavle.session", digest_method=sha256)

    def new(self, now: datetime) -> Session:
        """Nobody's."""
        return Session(secrets.token_urlsafe(18), now, now)

    def sign_in(self, kind: Kind, name: str, password_hash: str, now: datetime) -> Session:
        return replace(self.new(now), kind=kind, name=name, proof=self.proof(password_hash))

    def proof(self, password_hash: str) -> str:
        return self._digest("proof", password_hash)

    def form_token(self, session: Session) -> str:
        """What each form of this session carries: another site can't know it."""
        return self._digest("form", session.id)

    def write(self, session: Session) -> str:
        return self._signer.sign(base64_encode(_encode(session))).decode()

    def read(self, cookie: str, now: datetime) -> Session | None:
        """None for what we did not sign, and for a session that has ended."""
        try:
            session = _decode(base64_decode(self._signer.unsign(cookie)))
        except (BadData, msgspec.DecodeError):
            return None
        over = now >= session.seen + IDLE[session.kind] or now >= session.began + LONGEST
        # A clock that was set back would let it live on for as long; nodes' clocks differ by a little.
        early = now < session.seen - _FRESH
        return None if over or early else session

    def renewed(self, session: Session, now: datetime) -> Session:
        """The session itself while it is fresh."""
        return replace(session, seen=now) if now >= session.seen + _FRESH else session

    def _digest(self, purpose: str, text: str) -> str:
        digest = hmac.digest(self._key, f"{purpose}\0{text}".encode(), sha256)
        return base64_encode(digest[:18]).decode()
