"""All settings of a gateway in one, and what must hold between them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from kavle.cli.database import check_address, file_of
from kavle.model.account import LEAST_DAYS, MOST_DAYS
from kavle.model.description import Language
from kavle.model.keeping import Keep
from kavle.model.money import parse_money
from kavle.model.msisdn import known_region
from kavle.model.service import Service
from kavle.north.settings import HttpSettings
from kavle.settings import DEFAULT_FILE, SettingsError, WrongValue, load
from kavle.south.callback.settings import CallbackSettings
from kavle.south.ip1.settings import Ip1Settings
from kavle.south.mm7.settings import Mm7Settings
from kavle.south.smpp.settings import SmppSettings

ONE_FILE: Final = (
    "http.processes: is for a SQLite database, which one process writes; on PostgreSQL start more of them"
    " instead, such as `kavle serve --role north --port 8081` (docs/several.md)"
)
_NAMED_BY = {"KAVLE_DATABASE", "KAVLE_DATABASE_FILE"}

CarrierSettings = SmppSettings | Ip1Settings | Mm7Settings

_ROUTED_BY: Final = {Service.SMS: "carriers", Service.MMS: "mms"}
"""The keys of a route."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def _check_prefix(key: str, prefix: str) -> None:
    if prefix and not (prefix.isascii() and prefix.isdigit()):
        raise WrongValue(key, "a prefix is digits, country code first, no plus; empty for all numbers")


def _check_price(key: str, price: str) -> None:
    try:
        parse_money(price)
    except ValueError as error:
        raise WrongValue(key, str(error)) from error


def _check_prices(by_prefix: Mapping[str, str]) -> None:
    for prefix, price in by_prefix.items():
        key = f"prefix.{prefix}" if prefix else "default"
        _check_prefix(key, prefix)
        _check_price(key, price)


class RouteSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which carriers serve the numbers that begin with `prefix`; the longest prefix of a service wins."""

    carriers: list[str] = []  # of SMS
    prefix: str = ""
    mms: list[str] = []  # carriers of MMS

    def __post_init__(self) -> None:
        _check_prefix("prefix", self.prefix)
        if not self.carriers and not self.mms:
            raise WrongValue("carriers", "a route names one carrier at least, here or in mms")


class MmsPriceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Credits per MMS. Numbers without a price are sent none."""

    default: str = ""
    prefix: dict[str, str] = {}

    def __post_init__(self) -> None:
        _check_prices(self.by_prefix)

    @property
    def by_prefix(self) -> dict[str, str]:
        return {"": self.default, **self.prefix} if self.default else self.prefix


class PriceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Credits per segment."""

    default: str = "1.00"
    prefix: dict[str, str] = {}
    mms: MmsPriceSettings = MmsPriceSettings()

    def __post_init__(self) -> None:
        _check_prices(self.by_prefix)

    @property
    def by_prefix(self) -> dict[str, str]:
        return {"": self.default, **self.prefix}


class GatewaySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    region: str = "SE"  # of numbers in national form
    most_segments: int = 10
    validity_hours: float = 48.0  # a message that no network took by then has expired
    # Seconds after which the links of a node that died are other nodes'; one that can't reach the database
    # unbinds before.
    link_lease: Annotated[float, Meta(ge=2, le=3600)] = 15.0
    # Seconds without a bound link after which others of its routes send what a carrier would.
    failover_after: Annotated[float, Meta(ge=1, le=86_400)] = 30.0
    language: Language = "en"  # of `beskrivning`
    timezone: str = "Europe/Stockholm"  # of `tidpunkt`

    def __post_init__(self) -> None:
        try:
            known_region(self.region)
        except ValueError as error:
            raise WrongValue("region", str(error)) from error
        if not 1 <= self.most_segments <= 60:
            raise WrongValue("most_segments", "expected 1 to 60")
        if self.validity_hours <= 0:
            raise WrongValue("validity_hours", "expected more than 0")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: a folder of names
            raise WrongValue(
                "timezone", "no such time zone; expected a name such as Europe/Stockholm"
            ) from error


class IncomingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    # Seconds after which a long message is delivered without the parts that did not come.
    wait_for_parts: Annotated[float, Meta(gt=0, le=86_400)] = 1800.0


Days = Annotated[int, Meta(ge=0, le=MOST_DAYS)]


class RetentionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days from a message's accept, or from its time where it has one; 0 keeps for ever."""

    texts_days: Days = 90
    messages_days: Days = 400
    audit_days: Days = 730

    def __post_init__(self) -> None:
        for key in self.__struct_fields__:
            if 0 < getattr(self, key) < LEAST_DAYS:
                raise WrongValue(key, f"expected {LEAST_DAYS} or more, or 0: for ever")

    @property
    def keep(self) -> Keep:
        return Keep.of(self.texts_days, self.messages_days, self.audit_days)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    database: str = "sqlite:///kavle-data/kavle.db"
    http: HttpSettings = HttpSettings()
    carrier: list[CarrierSettings] = []
    route: list[RouteSettings] = []
    price: PriceSettings = PriceSettings()
    gateway: GatewaySettings = GatewaySettings()
    retention: RetentionSettings = RetentionSettings()
    callbacks: CallbackSettings = CallbackSettings()
    incoming: IncomingSettings = IncomingSettings()
    log_level: Literal["debug", "info", "warning", "error"] = "info"


def read(path: Path | None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Raises `SettingsError` that names the key and what to do."""
    if path == DEFAULT_FILE and not path.exists() and environ.keys() & _NAMED_BY:
        path = None  # the environment says all that a command may need
    if path is not None and not path.exists():
        raise SettingsError(
            f"{path}: no such file; copy kavle.toml.example to it and put in your network's address, or"
            " name your file by --config (to try Kavle without one: kavle demo)"
        )
    settings = load(Settings, path, environ)
    check_address(settings.database)
    _check_names(settings)
    return settings


def check_can_serve(settings: Settings) -> None:
    """A gateway that could accept but never send is a trap: it doesn't start."""
    if settings.http.processes and file_of(settings.database) is None:
        raise SettingsError(ONE_FILE)
    if not settings.carrier:
        raise SettingsError(
            "there is no carrier to send by: add a [[carrier]] table with name, kind, host, port, system_id"
            " and password, or of kind ip1 with a token, or for MMS of kind mm7 with a url (`kavle demo`"
            " needs none: it brings simulated networks)"
        )
    for carrier in settings.carrier:
        if isinstance(carrier, Ip1Settings) and carrier.webhook and not settings.http.public_url:
            raise SettingsError(
                f"http.public_url: missing; the provider of carrier.{carrier.name} sends its delivery reports"
                " there: say by which address it reaches us, such as https://sms.example.com"
            )
    if not settings.route:
        by = " and ".join(
            f"{key} = [{names}]"
            for service, key in _ROUTED_BY.items()
            if (names := ", ".join(f'"{one.name}"' for one in settings.carrier if one.service is service))
        )
        raise SettingsError(f'there is no route: add a [[route]] table such as prefix = "" and {by}')


def _check_names(settings: Settings) -> None:
    names = [carrier.name for carrier in settings.carrier]
    for name in names:
        if not _NAME.fullmatch(name):
            raise SettingsError(
                f"carrier: {name!r} can't be a name: take letters a to z, digits, - and _, since it stands in"
                " commands, in metrics and in names of environment variables"
            )
        if names.count(name) > 1:
            raise SettingsError(f"carrier: two are named {name}")
    for index, route in enumerate(settings.route):
        _check_carriers(f"route[{index}].carriers", route.carriers, Service.SMS, settings)
        _check_carriers(f"route[{index}].mms", route.mms, Service.MMS, settings)
    if not settings.price.mms.by_prefix and any(route.mms for route in settings.route):
        raise SettingsError(
            'price.mms: missing, but a route has mms: add [price.mms] with default = "2.50", say'
        )
    prefixes = [route.prefix for route in settings.route]
    for prefix in prefixes:
        if prefixes.count(prefix) > 1:
            raise SettingsError(f'route: two have the prefix "{prefix}"')


def _check_carriers(key: str, wanted: list[str], service: Service, settings: Settings) -> None:
    services = {carrier.name: carrier.service for carrier in settings.carrier}
    for name in wanted:
        if name not in services:
            known = ", ".join(services) or "none"
            raise SettingsError(f"{key}: there is no carrier {name} (known: {known})")
        if services[name] is not service:
            raise SettingsError(
                f"{key}: the carrier {name} is for {services[name].name}: name it in"
                f" {_ROUTED_BY[services[name]]} of the route"
            )
