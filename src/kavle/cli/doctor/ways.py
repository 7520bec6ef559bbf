"""The ways in and out: the gateway's own listeners, its links to the networks, certificates, callbacks."""

from __future__ import annotations

import re
import socket
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

from kavle.cli.config import CarrierSettings, Settings
from kavle.cli.doctor.database import Database
from kavle.cli.doctor.finding import Finding, hint, well, wrong
from kavle.cli.options import address
from kavle.clock import SystemClock
from kavle.core.carriers import CarriersView, ShowCarriers
from kavle.core.numbers import ListNumbers
from kavle.core.reply import Reply
from kavle.model.number import Number
from kavle.north.tls import Certificate
from kavle.settings import SettingsError
from kavle.south.callback.addresses import Allowed
from kavle.south.callback.guard import refusal_of
from kavle.south.ip1.settings import Ip1Settings
from kavle.south.mm7.settings import Mm7Settings
from kavle.south.smpp.settings import SmppSettings
from kavle.south.tls import client_context

_PATIENCE: Final = 5.0
_SOON: Final = 14 * 86_400
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 -- as it is dialled
_PORTS: Final = {"https": 443, "http": 80}
_NAMESPACE: Final = re.compile(
    r'^kavle_foreign_namespace_total\{namespace="((?:[^"\\]|\\.)*)"[^}]*\} (\d+)', re.MULTILINE
)


class Gateway:
    """The process at `[http] host` and `port`, if there is one."""

    def __init__(self, settings: Settings) -> None:
        http = settings.http
        self.runs = False
        self._url = f"http://{address(_EVERYWHERE.get(http.host, http.host), http.port)}"

    def findings(self) -> Iterator[Finding]:
        status, said = self._get("/readyz")
        self.runs = status is not None
        if status is None:
            yield hint("gateway", f"nobody answers at {self._url}", "`kavle serve`, if it is to run here")
        elif status == 200:
            yield well("gateway", f"ready at {self._url}")
        else:
            yield wrong("gateway", f"at {self._url}: {said}", "look at its log")
        if self.runs:
            _, told = self._get("/metrics")
            for name, calls in _by_namespace(told).items():
                yield well("namespace", f"{calls} calls came in {name}, which is not http.namespace")

    def _get(self, path: str) -> tuple[int | None, str]:
        try:
            # A proxy of the environment knows no gateway of this machine.
            with build_opener(ProxyHandler({})).open(self._url + path, timeout=_PATIENCE) as answer:
                return answer.status, answer.read().decode("utf-8", "replace")
        except HTTPError as error:
            with error:
                return error.code, error.read().decode("utf-8", "replace")
        except (URLError, OSError):
            return None, ""


def _by_namespace(metrics: str) -> Counter[str]:
    """Of all processes together."""
    found = Counter[str]()
    for name, calls in _NAMESPACE.findall(metrics):
        found[name] += int(calls)
    return found


def links(settings: Settings, database: Database) -> Iterator[Finding]:
    reply = database.ask(ShowCarriers()) if database.usable else None
    view = reply.carriers if isinstance(reply, Reply) else None
    for carrier in settings.carrier:
        held = [one for one in view.links if one.carrier == carrier.name and one.held] if view else []
        bound = [one for one in held if one.report is not None and one.report.bound]
        if len(bound) == carrier.binds:
            yield well("links", f"{carrier.name}: {len(bound)} of {carrier.binds} bound")
        elif held:
            errors = [one.report.error for one in held if one.report is not None and one.report.error]
            says = (
                f"{carrier.name}: {len(bound)} of {carrier.binds} bound{f'; {errors[0]}' if errors else ''}"
            )
            make = hint if bound else wrong
            yield make(
                "links", says, "`kavle carriers` shows each link, and what went wrong with it last and when"
            )
        else:
            yield from _reachable(carrier.name, *_peer(carrier))
        yield from _bare(carrier)
    if view is not None:
        yield from _queues(settings, view)


def _peer(carrier: CarrierSettings) -> tuple[str, int]:
    """Host and port that the carrier's links go to."""
    if isinstance(carrier, SmppSettings):
        return carrier.host, carrier.port
    url = urlsplit(carrier.api if isinstance(carrier, Ip1Settings) else carrier.url)
    return url.hostname or "", url.port or _PORTS[url.scheme]


def _reachable(name: str, host: str, port: int) -> Iterator[Finding]:
    """Where no process has its links: whether there would be somebody."""
    where = address(host, port)
    try:
        socket.create_connection((host, port), timeout=_PATIENCE).close()
    except OSError as error:
        yield wrong(
            "links",
            f"{name}: no connection to {where}: {error.strerror or error}",
            "look at host and port, at firewalls, and whether the network must let our address in",
        )
    else:
        yield well("links", f"{name}: no process has it; {where} can be reached")


def _bare(carrier: CarrierSettings) -> Iterator[Finding]:
    """A password that whoever is on the way may read."""
    if not isinstance(carrier, Mm7Settings) or not carrier.user_password:
        return
    url = urlsplit(carrier.url)
    if url.scheme == "http" and not _private(url.hostname or ""):
        yield hint(
            "links",
            f"{carrier.name}: its password goes to {url.hostname} by plain http",
            "begin carrier.url with https, unless the line is a private one",
        )


def _private(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host


def _queues(settings: Settings, view: CarriersView) -> Iterator[Finding]:
    known = {carrier.name for carrier in settings.carrier}
    for one in view.backlog:
        if one.carrier not in known:
            yield hint(
                "queue",
                f"{one.messages:,} messages wait for {one.carrier}, which is not in the settings",
                "see docs/links.md, When a network is down",
            )


def certificates(settings: Settings) -> Iterator[Finding]:
    now = SystemClock().now()
    for number, listener in enumerate(settings.http.listener):
        if not listener.tls:
            continue
        certificate = Certificate(f"http.listener[{number}]", listener)
        try:
            certificate.load(now)
        except SettingsError as error:
            yield wrong("certificate", str(error), "put a good one in its place")
            continue
        left = certificate.seconds_left(now)
        says = f"{certificate.listener}: {left / 86_400:.0f} days left"
        if left < 0:
            yield wrong("certificate", f"{certificate.listener} has expired", "have another issued")
        elif left < _SOON:
            yield hint("certificate", says, "have another issued; no restart is needed")
        else:
            yield well("certificate", says)
    for carrier in settings.carrier:
        if isinstance(carrier, SmppSettings) and carrier.tls:
            try:
                client_context(carrier)
            except SettingsError as error:
                yield wrong("certificate", str(error), "put a good one in its place")


def callbacks(settings: Settings, database: Database) -> Iterator[Finding]:
    wide = [one for one in settings.callbacks.allow if ip_network(one).prefixlen == 0]
    if wide:
        yield hint(
            "callbacks", f"callbacks.allow has {wide[0]}: all there is", "name the networks that are meant"
        )
    for number in _numbers(database) if database.usable else ():
        allowed = Allowed(() if number.settings.by_customer else settings.callbacks.allow)
        for url in number.settings.addresses.values():
            if why := refusal_of(url, allowed):
                yield wrong("callbacks", f"{number.msisdn} can't be called: {why}", "see callbacks.allow")


def _numbers(database: Database) -> Iterator[Number]:
    command = ListNumbers()
    while isinstance(reply := database.ask(command), Reply) and reply.numbers:
        yield from reply.numbers
        command = ListNumbers(after=reply.numbers[-1].msisdn)
