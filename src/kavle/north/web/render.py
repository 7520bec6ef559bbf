"""Templates, and how times, amounts and statuses are written in them."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import cache, partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.responses import HTMLResponse

from kavle import __version__
from kavle.model.account_change import label
from kavle.model.callback_url import veiled_url
from kavle.model.description import Language, describe, describe_mms
from kavle.model.history import Tried
from kavle.model.incoming import IncomingState
from kavle.model.listing import Booked
from kavle.model.message import Priority
from kavle.model.mms import mms_code
from kavle.model.service import Service
from kavle.model.status import FAILED, FINAL, Status
from kavle.north.file_headers import is_picture
from kavle.north.web.visitor import Visitor
from kavle.north.web.words import LANGUAGES
from kavle.sms.segment import Encoding

MENU: Final = (
    ("/portal/send", "Send"),
    ("/visastatus.aspx", "Messages"),
    ("/portal/bundles", "Bundles"),
    ("/portal/scheduled", "Scheduled"),
    ("/portal/incoming", "Incoming"),
    ("/portal/numbers", "Numbers"),
    ("/portal/ledger", "Balance"),
    ("/portal/account", "Account"),
)
"""What a customer can go to from each page: its address, and what it is called."""

PHONES: Final = ("/phones", "Phones")
"""Where there are some, anybody can go to them."""

OPERATOR_MENU: Final = (
    ("/operator", "Traffic"),
    ("/operator/accounts", "Accounts"),
    ("/operator/messages", "Messages"),
    ("/operator/numbers", "Numbers"),
    ("/operator/incoming", "Incoming"),
    ("/operator/carriers", "Carriers"),
    ("/operator/held", "Held"),
    ("/operator/person", "Person"),
    ("/operator/audit", "Audit log"),
)

PRIORITIES: Final = {
    Priority.BULK: "1, for groups",
    Priority.NORMAL: "2, normal",
    Priority.URGENT: "3, alarm",
}

TRIED: Final = {
    Tried.ACCEPTED: "Taken by the network",
    Tried.REFUSED: "Refused by the network",
    Tried.PUT_OFF: "Put off by the network, to be tried again",
    Tried.UNSURE: "No answer came: the network may have it",
}

BOOKED: Final = {
    Booked.TOP_UP: "Top-up",
    Booked.DEBIT: "Sent",
    Booked.REFUND: "Refund",
    Booked.CORRECTION: "Taken back",
}

_CAME_TONES: Final = {
    IncomingState.KEPT: "quiet",
    IncomingState.WAITING: "waiting",
    IncomingState.DONE: "good",
    IncomingState.FAILED: "bad",
}
_ALPHABETS: Final = {
    Encoding.GSM7: "GSM 03.38, 7 bit",
    Encoding.UCS2: "UCS-2, 16 bit",
    Encoding.GSM7_TURKISH: "GSM 03.38, 7 bit (tr)",
    Encoding.GSM7_SPANISH: "GSM 03.38, 7 bit (es)",
    Encoding.GSM7_PORTUGUESE: "GSM 03.38, 7 bit (pt)",
}


@cache
def _environment(zone: ZoneInfo) -> Environment:
    made = Environment(
        loader=PackageLoader("kavle.north.web"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters |= {
        "time": partial(written, zone=zone),
        "iso": _iso,
        "money": _money,
        "decimal": _decimal,
        "tone": tone,
        "came_tone": _CAME_TONES.__getitem__,
        "veiled": veiled_url,
        "alphabet": _ALPHABETS.__getitem__,
        "code": code,
        "octets": octets,
        "label": label,
    }
    made.tests |= {"picture": is_picture, "mms": lambda service: service is Service.MMS}
    made.globals |= {"languages": LANGUAGES, "priorities": PRIORITIES, "tried": TRIED, "booked": BOOKED}
    return made


def _compile(templates: Environment) -> None:
    for name in templates.list_templates():
        templates.get_template(name)


class Renderer:
    """`await ready()` before its first page."""

    def __init__(self, zone: ZoneInfo, *, phones: bool = False) -> None:
        self.zone = zone
        self._phones = (PHONES,) if phones else ()
        self._templates = _environment(zone)
        self._compiling = asyncio.Lock()
        self._compiled = False

    async def ready(self) -> None:
        """All templates are compiled: half a second's work, done beside the loop when the first page is asked
        for. It was half of what a gateway took to start, and customers' systems wait for no page."""
        if self._compiled:
            return
        async with self._compiling:
            if not self._compiled:
                await asyncio.to_thread(_compile, self._templates)
                self._compiled = True

    def time(self, at: datetime | None) -> str:
        return written(at, self.zone)

    def page(self, visitor: Visitor, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        words = visitor.words
        html = self._templates.get_template(template).render(
            _=words,
            visitor=visitor,
            notice=visitor.take_notice(),
            token=Markup('<input type="hidden" name="token" value="{}">').format(visitor.form_token),
            menu=(*self._menu(visitor), *self._phones),
            phones=bool(self._phones),
            version=__version__,
            told=lambda status, service=Service.SMS: meaning(status, service, words.language),
            **values,
        )
        return HTMLResponse(html, status)

    def _menu(self, visitor: Visitor) -> tuple[tuple[str, str], ...]:
        if visitor.operator:
            return OPERATOR_MENU
        return MENU if visitor.account else ()


def written(at: datetime | None, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if at else ""


@pass_context
def _money(context: Context, units: int) -> str:
    return str(context["_"].money(units))


@pass_context
def _decimal(context: Context, number: float) -> str:
    """With one digit behind the point, or comma."""
    return f"{number:.1f}".replace(".", "," if context["_"].language == "sv" else ".")


def _iso(at: datetime) -> str:
    """For the attribute of a `<time>`."""
    return at.isoformat(timespec="seconds")


def code(status: Status, service: Service = Service.SMS) -> int:
    """As customers of that service are told it."""
    return (mms_code(status) if service is Service.MMS else status).value


def meaning(status: Status, service: Service, language: Language) -> str:
    """What it is called in that service's appendix of the manual."""
    told = describe_mms if service is Service.MMS else describe
    return told(str(code(status, service)), language)


def octets(size: int) -> str:
    """In kB of 1,024, as the manual counts."""
    return f"{size} B" if size < 1024 else f"{round(size / 1024)} kB"


_TONES: Final = {Status.DELIVERED: "good", Status.IN_NETWORK: "under-way", Status.CANCELLED: "quiet"}


def tone(status: Status) -> str:
    """How a status is coloured; its words say the same."""
    if status in _TONES:
        return _TONES[status]
    if status in FAILED:
        return "bad"
    return "quiet" if status in FINAL else "waiting"
