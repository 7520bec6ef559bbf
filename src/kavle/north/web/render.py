"""Templates, and how times, amounts and statuses are written in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from kavle import __version__
from kavle.model.description import describe
from kavle.model.money import format_balance
from kavle.model.status import FAILED, FINAL, Status
from kavle.north.web.visitor import Visitor
from kavle.north.web.words import LANGUAGES

MENU: Final = (("/visastatus.aspx", "Messages"),)
"""What a customer can go to from each page: its address, and what it is called."""


class Renderer:
    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._templates = Environment(
            loader=PackageLoader("kavle.north.web"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        self._templates.filters |= {"time": self._time, "iso": _iso, "money": format_balance, "tone": tone}
        self._templates.globals |= {"languages": LANGUAGES, "Status": Status}

    def page(self, visitor: Visitor, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        words = visitor.words
        html = self._templates.get_template(template).render(
            _=words,
            visitor=visitor,
            notice=visitor.take_notice(),
            token=Markup('<input type="hidden" name="token" value="{}">').format(visitor.form_token),
            menu=MENU if visitor.account else (),
            version=__version__,
            told=lambda code: describe(str(int(code)), words.language),
            **values,
        )
        return HTMLResponse(html, status)

    def _time(self, at: datetime | None, pattern: str = "%Y-%m-%d %H:%M:%S") -> str:
        return at.astimezone(self.zone).strftime(pattern) if at else ""


def _iso(at: datetime) -> str:
    """For the attribute of a `<time>`."""
    return at.isoformat(timespec="seconds")


_TONES: Final = {Status.DELIVERED: "good", Status.IN_NETWORK: "under-way", Status.CANCELLED: "quiet"}


def tone(status: Status) -> str:
    """How a status is coloured; its words say the same."""
    if status in _TONES:
        return _TONES[status]
    if status in FAILED:
        return "bad"
    return "quiet" if status in FINAL else "waiting"
