"""Paths to faces: the whole of north as one ASGI application."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from kavle.clock import Clock
from kavle.core.accept import Accept
from kavle.core.queries import Queries
from kavle.north.auth import Authenticator
from kavle.north.caller import Callers
from kavle.north.codes import sms_code
from kavle.north.downloads import SmsZip
from kavle.north.http import App, Router
from kavle.north.ops import healthz, metrics
from kavle.north.service import sms_service
from kavle.north.settings import HttpSettings
from kavle.north.soap import SoapEndpoint
from kavle.north.url import SendByUrl


def application(
    accept: Accept,
    queries: Queries,
    authenticator: Authenticator,
    settings: HttpSettings,
    registry: CollectorRegistry,
    clock: Clock,
) -> App:
    callers = Callers(settings)
    sms = sms_service(accept, queries, authenticator, clock)
    return Router(
        {
            "/sendsms.aspx": SendByUrl(accept, authenticator, callers, settings.body_bytes),
            "/sendSms/sendSms.asmx": SoapEndpoint(sms, sms_code, callers, settings),
            "/downloads/sms.zip": SmsZip(callers),
            "/healthz": healthz,
            "/metrics": metrics(registry),
        }
    )
