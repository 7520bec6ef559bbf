"""Paths to faces: the whole of north as one ASGI application."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import ExitStack

from kavle.clock import Clock
from kavle.core.room import Room
from kavle.core.workers import Workers
from kavle.metrics import Metrics
from kavle.model.errors import Reason
from kavle.north.asmx import Asmx, Service
from kavle.north.auth import Authenticator
from kavle.north.caller import Callers
from kavle.north.codes import mms_code, sms_code
from kavle.north.downloads import SmsZip
from kavle.north.getfile import GetFile
from kavle.north.guesses import Guesses
from kavle.north.http import App, Router
from kavle.north.mms_desk import MmsDesk
from kavle.north.mms_service import BODY_BYTES, mms_service
from kavle.north.ops import healthz, metrics, readyz
from kavle.north.settings import HttpSettings
from kavle.north.sms_desk import SmsDesk
from kavle.north.sms_service import sms_service
from kavle.north.static import assets
from kavle.north.url import SendByUrl
from kavle.north.verbs import Verbs
from kavle.north.web import PageTerms, pages
from kavle.north.web.operator import Office


def application(
    verbs: Verbs,
    authenticator: Authenticator,
    entrants: Authenticator,
    settings: HttpSettings,
    counts: Metrics,
    clock: Clock,
    page_terms: PageTerms,
    closing: ExitStack,
    office: Office | None = None,
) -> App:
    """`authenticator`: of calls; `entrants`: of pages. `closing`: where what is to be closed in the end is
    put."""
    accept, queries = verbs.accept, verbs.queries

    def thread(name: str, waiting: int) -> Workers:
        return closing.enter_context(contextlib.closing(Workers(name, threads=1, waiting=waiting)))

    callers = Callers(settings)
    guesses = Guesses(queries, clock, from_own_addresses=settings.status_from_own_addresses)
    locale = page_terms.locale
    desk = SmsDesk(accept, verbs.cancel, queries, authenticator, guesses, locale)
    room = Room(settings.body_bytes)
    mms_desk = MmsDesk(accept, queries, authenticator, guesses, thread("base64", 64))

    def asmx(service: Service, code: Callable[[Reason], str], body_bytes: int) -> Asmx:
        workers = thread(service.name, 64)
        return Asmx(service, code, callers, settings, room, body_bytes, workers, counts.called_in)

    sms = asmx(sms_service(desk), sms_code, settings.body_bytes)
    mms = asmx(mms_service(mms_desk), mms_code, BODY_BYTES)
    return Router(
        {
            "/sendsms.aspx": SendByUrl(
                accept, authenticator, callers, settings.body_bytes, thread("url", 16)
            ),
            "/sendSms/sendSms.asmx": sms.endpoint,
            "/mms/mms.asmx": mms.endpoint,
            "/api/current/mms/getfile.php": GetFile(verbs.files, authenticator, callers, clock),
            "/downloads/sms.zip": SmsZip(callers),
            **assets(),
            **_operations(counts),
        },
        below={"/sendSms/sendSms.asmx": sms.http, "/mms/mms.asmx": mms.http},
        otherwise=pages(page_terms, verbs, entrants, callers, clock, room, office),
    )


def operations(counts: Metrics) -> App:
    """What a process has to say that serves no customers."""
    return Router(_operations(counts))


def _operations(counts: Metrics) -> dict[str, App]:
    return {
        "/healthz": healthz,
        "/readyz": readyz(lambda: counts.seconds_unstored),
        "/metrics": metrics(counts.text),
    }
