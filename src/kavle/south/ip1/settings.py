"""A `[[carrier]]` of kind "ip1"."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Final
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Meta

from kavle.model.service import Service
from kavle.settings import WrongValue
from kavle.south.ip1.batch import fits, objection
from kavle.south.settings import OnUnsure
from kavle.south.webhook import check_webhook

Seconds = Annotated[float, Meta(gt=0)]

_BEARER: Final = re.compile(r"[!-~]+")
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class Ip1Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="ip1"
):
    """An account with the provider, and how it is used. Its repr shows no secret."""

    name: Annotated[str, Meta(min_length=1)]
    token: str  # of the provider's user portal: the bearer token
    api: str = "https://api.ip1sms.com"
    webhook: str = (
        ""  # a secret of our own, the end of the path that delivery reports come to; none: no reports
    )
    sender: str = ""  # instead of one that the provider would refuse
    express: bool = False  # priority 3 goes as the provider's priority 2, for which it charges more
    batch: Annotated[int, Meta(ge=1, le=1000)] = 100  # recipients of one text in one request
    connections: Annotated[int, Meta(ge=1, le=100)] = 8  # requests at once, of all binds
    binds: Annotated[int, Meta(ge=1)] = 1  # processes that send by it at once
    window: Annotated[int, Meta(ge=1)] = 100  # segments that may await their answer at once, of all binds
    request_timeout: Annotated[float, Meta(gt=0, le=60)] = 30.0
    connect_timeout: Annotated[float, Meta(gt=0, le=10)] = 10.0
    reconnect_max: Seconds = 60.0  # between two tries while the provider takes nothing
    unsure: OnUnsure = "send again"

    service: ClassVar[Service] = Service.SMS
    languages: ClassVar[tuple[str, ...]] = ()  # the provider knows no national tables
    charset: ClassVar[str] = "gsm0338"  # or rather none: it takes Unicode, and counts by this
    whole: ClassVar[bool] = True  # it reports on messages, however many segments they take

    def __post_init__(self) -> None:
        url = urlsplit(self.api)
        if url.scheme != "https" and not (url.scheme == "http" and url.hostname in _LOOPBACK):
            raise WrongValue("api", "expected an https address: the token goes there")
        if not url.hostname or url.query or url.fragment or url.username is not None:
            raise WrongValue("api", "expected an address such as https://api.ip1sms.com, and no more")
        if not _BEARER.fullmatch(self.token):
            raise WrongValue("token", "expected the token as the user portal shows it")
        check_webhook(self.webhook)
        if self.sender and not fits(self.sender):
            raise WrongValue("sender", "expected 3 to 11 letters A-Z and digits, or a number of 15 at most")
        if self.binds > min(self.window, self.connections):
            raise WrongValue("binds", "each has its share of window and connections: no more than these")

    @property
    def report_path(self) -> str:
        """Where delivery reports come to; empty without a webhook."""
        return f"/carriers/{quote(self.name, safe='')}/{self.webhook}" if self.webhook else ""

    def takes(self, sender: str, text: str) -> bool:
        """Whether the provider would not say no to it at once."""
        return objection(sender, text, self.sender) is None

    def for_one_bind(self) -> Ip1Settings:
        """With its share of what is for all of them."""
        share = {"window": self.window // self.binds, "connections": self.connections // self.binds}
        return msgspec.structs.replace(self, binds=1, **share)

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name in self.__struct_fields__}
        shown |= {"token": "<secret>", "webhook": "<secret>"}
        return f"Ip1Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"
