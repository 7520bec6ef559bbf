"""A `[[carrier]]` of kind "mm7"."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Final, Literal
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Meta

from kavle.model.service import Service
from kavle.settings import WrongValue
from kavle.south.hooks import PREFIX
from kavle.south.settings import OnUnsure
from kavle.south.webhook import check_webhook

Seconds = Annotated[float, Meta(gt=0)]
Schema = Literal[
    "REL-5-MM7-1-0", "REL-5-MM7-1-2", "REL-5-MM7-1-3", "REL-6-MM7-1-2", "REL-6-MM7-1-3", "REL-6-MM7-1-4"
]
SenderForm = Literal["by length", "number", "short code", "none"]
Expiry = Literal["relative", "absolute", "none"]

_NUMBER: Final = re.compile(r"[0-9]{0,15}")
_VERSION: Final = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+|")


class Mm7Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="mm7"
):
    """An MMSC, and how it is spoken to. Its repr shows no secret."""

    name: Annotated[str, Meta(min_length=1)]
    url: str  # that the MMSC takes submissions at
    user: str = ""  # of HTTP basic authentication
    user_password: str = ""
    vasp_id: str = ""  # who we are to the MMSC
    vas_id: str = ""  # and by which of our services
    service_code: str = ""  # what it bills by
    schema: Schema = "REL-6-MM7-1-4"  # of the standard: the messages' namespace
    protocol_version: str = ""  # MM7Version; empty: the one that goes with the schema
    sender_form: SenderForm = "by length"  # what it is told that a sender is
    incoming_number: str = ""  # ours: who an MMS from a phone is to, where the MMSC does not say so
    plus: bool = False  # before recipients, and senders that are no short codes
    delivery_reports: bool = True  # whether it is asked for them
    expiry: Expiry = "relative"  # how it is told until when an MMS is of use
    coding: Literal["binary", "base64"] = "binary"  # of files on their way
    retry_codes: tuple[
        Annotated[int, Meta(ge=1000, le=9999)], ...
    ] = ()  # its codes that say "later", beside 4006
    ca: str = ""  # a PEM file: the only authorities that the MMSC's certificate may come from
    certificate: str = ""  # a PEM file: ours, where the MMSC wants one
    key: str = ""  # its private key, where it is in a file of its own
    webhook: str = ""  # a secret of our own, the end of the path that the MMSC comes to
    longest: Annotated[int, Meta(ge=100_000, le=100_000_000)] = 5_000_000  # octets of what comes from it
    binds: Annotated[int, Meta(ge=1)] = 1  # processes that send by it at once
    requests: Annotated[int, Meta(ge=1, le=1000)] = 10  # at once, of all binds: each has an MMS in memory
    request_timeout: Annotated[float, Meta(gt=0, le=60)] = 30.0
    connect_timeout: Annotated[float, Meta(gt=0, le=10)] = 10.0
    reconnect_max: Seconds = 60.0  # between two tries while the MMSC takes nothing
    unsure: OnUnsure = "send again"

    service: ClassVar[Service] = Service.MMS
    languages: ClassVar[tuple[str, ...]] = ()  # what SMS are written in
    charset: ClassVar[str] = "gsm0338"
    whole: ClassVar[bool] = True  # an MMS is one

    def __post_init__(self) -> None:
        url = urlsplit(self.url)
        if url.scheme not in ("http", "https") or not url.hostname or url.fragment:
            raise WrongValue("url", "expected an address such as https://mmsc.example.com/mm7")
        if url.username is not None:
            raise WrongValue("url", "no user and password there: put them under user and user_password")
        if ":" in self.user or not (self.user + self.user_password).isprintable():  # RFC 7617 §2
            raise WrongValue(
                "user", "a user has no colon, and neither it nor the password control characters"
            )
        if self.user_password and not self.user:
            raise WrongValue("user", "missing, but there is a password")
        if not _VERSION.fullmatch(self.protocol_version):
            raise WrongValue("protocol_version", "expected three numbers, such as 6.8.0")
        if not _NUMBER.fullmatch(self.incoming_number):
            raise WrongValue(
                "incoming_number", "expected digits, country code first and no plus, or a short code"
            )
        check_webhook(self.webhook)
        for name in ("ca", "certificate", "key"):
            if getattr(self, name) and url.scheme != "https":
                raise WrongValue(name, "it is for TLS alone; begin the url with https")
        if self.key and not self.certificate:
            raise WrongValue("certificate", "missing, but there is a key")
        if self.binds > self.requests:
            raise WrongValue("binds", "each has its share of the requests: no more than these")

    @property
    def tls(self) -> bool:
        """Whether it has files for TLS."""
        return bool(self.ca or self.certificate)

    @property
    def path(self) -> str:
        """Where the MMSC comes to us; empty without a webhook."""
        return f"{PREFIX}{quote(self.name, safe='')}/{self.webhook}" if self.webhook else ""

    def for_one_bind(self) -> Mm7Settings:
        """With its share of what is for all of them."""
        return msgspec.structs.replace(self, binds=1, requests=self.requests // self.binds)

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name in self.__struct_fields__}
        shown |= dict.fromkeys(("user_password", "webhook"), "<secret>")
        return f"Mm7Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"
