"""Whoever asks for a page, as far as the page may know."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec.structs import replace

from kavle.model.account import Account, Operator
from kavle.north.caller import Caller
from kavle.north.web.sessions import Session
from kavle.north.web.words import Words


@dataclass
class Visitor:
    """`session` may be replaced while the page is made; the answer then brings the new one."""

    caller: Caller
    words: Words
    session: Session
    form_token: str
    here: str = "/"  # the path that was asked for
    query: str = ""  # behind it
    account: Account | None = None  # a customer's who is signed in
    operator: Operator | None = None  # one who is signed in
    told: str = field(default="", init=False)
    refused: bool = field(default=False, init=False)

    @property
    def back(self) -> str:
        """To the page that is shown."""
        return f"{self.here}?{self.query}" if self.query else self.here

    @property
    def name(self) -> str:
        """Of who is signed in; empty: nobody is."""
        return self.session.name if self.account or self.operator else ""

    def notify(self, notice: str) -> None:
        """Tell it on the next page that is shown, in the visitor's words."""
        self.session = replace(self.session, notice=notice, refused=False)

    def refuse(self, notice: str) -> None:
        """As `notify`, of what was not done."""
        self.session = replace(self.session, notice=notice, refused=True)

    def take_notice(self) -> str:
        """What is to be told, which then has been."""
        if self.session.notice:
            self.told, self.refused = self.session.notice, self.session.refused
            self.session = replace(self.session, notice="", refused=False)
        return self.told
