"""A `[[carrier]]` of kind "smpp"."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from kavle.model.service import Service
from kavle.settings import WrongValue
from kavle.south.settings import OnUnsure
from kavle.south.smpp.ids import Base, Ids
from kavle.south.smpp.retry import Retry, command_status
from kavle.south.smpp.senders import INTERNATIONAL, SHORT, TEXT, Numbering, Octet, Senders, is_number
from kavle.south.smpp.submit import Charset, Flash, Form, Validity, Wanted

Seconds = Annotated[float, Meta(gt=0)]
Mode = Literal["transceiver", "transmitter+receiver"]
Language = Literal["turkish", "spanish", "portuguese"]


class SmppSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="smpp"
):
    """A network, and how it is bound to. Lengths are those of SMPP 3.4 §4.1.5. Its repr shows no password."""

    name: Annotated[str, Meta(min_length=1)]
    host: Annotated[str, Meta(min_length=1)]
    port: Annotated[int, Meta(ge=1, le=65535)] = 2775
    system_id: Annotated[str, Meta(max_length=15)]
    password: Annotated[str, Meta(max_length=8)]
    system_type: Annotated[str, Meta(max_length=12)] = ""
    service_type: Annotated[str, Meta(max_length=5)] = ""
    long_messages: Literal["segments", "message_payload"] = "segments"  # how they are submitted
    mode: Mode = "transceiver"  # or a pair of binds for each link, to submit by and to receive by
    tls: bool = False
    ca: str = ""  # a PEM file: the only authorities that the network's certificate may come from
    certificate: str = ""  # a PEM file: ours, where the network wants one
    key: str = ""  # its private key, where it is in a file of its own
    server_name: str = ""  # in the network's certificate, where that is not `host`
    binds: Annotated[int, Meta(ge=1)] = 1  # links over all nodes
    window: Annotated[int, Meta(ge=1)] = 100  # submit_sm that may await their response at once, of all binds
    rate: Annotated[float, Meta(ge=0)] = 0.0  # submit_sm a second, of all binds; 0: as fast as it goes
    response_timeout: Annotated[float, Meta(gt=0, le=60)] = 10.0
    enquire_link: Annotated[float, Meta(gt=0, le=600)] = (
        30.0  # of the network's silence before it is asked whether it lives
    )
    bind_timeout: Seconds = 10.0  # for the connection, and again for the bind
    reconnect_max: Seconds = 60.0  # between two tries at most
    unsure: OnUnsure = "send again"
    receipts: Literal["each segment", "whole message"] = "each segment"  # what one of its receipts is about
    registered_delivery: Wanted = "final"  # which receipts it is asked for
    validity: Validity = "relative"  # of a message, as told to the network
    retry: dict[str, Retry] = {}  # by the network's error, over the table of outcomes.py
    response_ids: Base = "as is"  # how submit_sm_resp writes the ids of messages
    receipt_ids: Base = "as is"  # and how the text of receipts does
    network_errors: tuple[str, ...] = ()  # "err" of its receipts where it, not the phone, failed: 51, not 52
    letters: bool = True  # whether it takes senders of text; else `number` goes in their place
    number: Annotated[str, Meta(max_length=15)] = ""  # digits, one that it lets us send from
    text_ton_npi: Numbering = TEXT  # TON and NPI of such a sender
    short_ton_npi: Numbering = SHORT  # of a number of 8 digits at most, which is the network's own
    number_ton_npi: Numbering = INTERNATIONAL  # of other senders, and of recipients
    languages: tuple[Language, ...] = ()  # whose single shift tables its phones know
    charset: Charset = "gsm0338"  # in which it takes texts that fit GSM 03.38
    data_coding: Octet = 0  # of these
    flash: Flash = "data_coding"  # where it is told that a message is shown at once

    service: ClassVar[Service] = Service.SMS

    def __post_init__(self) -> None:
        if self.binds > self.window:
            raise ValueError("binds: each has its share of the window, so there are no more than that")
        if self.number and not is_number(self.number):
            raise WrongValue("number", "expected digits, country code first and no plus")
        if not (self.letters or self.number):
            raise WrongValue("number", "missing: without letters it is who every sender of text becomes")
        if self.letters and self.number:
            raise WrongValue("letters", "with a number say letters = false: it goes where letters may not")
        if 0 < self.rate < self.binds:
            raise ValueError("rate: each bind has its share of it, which is one submit_sm a second at least")
        for name in self.retry:
            try:
                command_status(name)
            except ValueError as error:
                raise WrongValue(f"retry.{name}", str(error)) from error
        if (self.response_ids == "as is") != (self.receipt_ids == "as is"):
            missing = "response_ids" if self.response_ids == "as is" else "receipt_ids"
            raise WrongValue(missing, 'missing: say "hex" or "decimal" of both kinds of ids, or of neither')
        for name in ("system_id", "password", "system_type", "service_type"):
            value = getattr(self, name)
            if "\0" in value or any(ord(character) > 0xFF for character in value):
                raise ValueError(f"{name}: it has characters that SMPP can't carry")
        for name in ("ca", "certificate", "key", "server_name"):
            if getattr(self, name) and not self.tls:
                raise WrongValue(name, "it is for TLS alone; add tls = true")
        if self.payload and not self.whole:
            problem = 'a message_payload is one message to the network, so say receipts = "whole message"'
            raise WrongValue("receipts", problem)
        if self.charset == "latin1" and self.languages:
            raise WrongValue("languages", 'their tables extend GSM 03.38: not with charset = "latin1"')
        if self.charset == "latin1" and self.flash == "data_coding":
            problem = 'a class in data_coding says GSM 03.38; with charset = "latin1" say "dest_addr_subunit"'
            raise WrongValue("flash", problem)
        if self.key and not self.certificate:
            raise WrongValue("certificate", "missing, but there is a key")

    @property
    def network_name(self) -> str:
        """Whose certificate the network is to show."""
        return self.server_name or self.host

    @property
    def form(self) -> Form:
        senders = Senders(self.number, self.text_ton_npi, self.short_ton_npi, self.number_ton_npi)
        return Form(
            senders, self.service_type, self.registered_delivery, self.charset, self.data_coding, self.flash
        )

    @property
    def default_is_latin1(self) -> bool:
        """Its default alphabet, data_coding 0, is not GSM 03.38."""
        return self.charset == "latin1" and self.data_coding == 0

    @property
    def payload(self) -> bool:
        return self.long_messages == "message_payload"

    @property
    def ids(self) -> Ids:
        return Ids(self.response_ids, self.receipt_ids)

    @property
    def whole(self) -> bool:
        return self.receipts == "whole message"

    def for_one_bind(self) -> SmppSettings:
        """With its share of what is for all of them."""
        return msgspec.structs.replace(
            self, binds=1, window=self.window // self.binds, rate=self.rate / self.binds
        )

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name in self.__struct_fields__} | {"password": "<secret>"}
        return f"SmppSettings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"
