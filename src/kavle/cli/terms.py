"""The settings in the words of those who go by them: core's terms and limits, the store's, the pages'."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from kavle.cli.config import Settings
from kavle.core.callbacks import Limits
from kavle.core.terms import MmsTerms, Terms
from kavle.model.money import parse_money
from kavle.model.msisdn import known_region
from kavle.model.prefix import ByPrefix
from kavle.north.settings import Locale
from kavle.sms.segment import Encoding
from kavle.south.ip1.settings import Ip1Settings
from kavle.store.types import CarrierTerms


def carrier_terms(settings: Settings) -> list[CarrierTerms]:
    return [
        CarrierTerms(carrier.name, carrier.unsure == "hold", carrier.whole, carrier.service)
        for carrier in settings.carrier
    ]


def terms(settings: Settings, carrier_ids: Mapping[str, int]) -> Terms:
    return Terms(
        routes=_routes({route.prefix: route.carriers for route in settings.route}, carrier_ids),
        prices=_prices(settings.price.by_prefix),
        region=known_region(settings.gateway.region),
        most_segments=settings.gateway.most_segments,
        validity=timedelta(hours=settings.gateway.validity_hours),
        shifts={
            carrier_ids[carrier.name]: tuple(Encoding[f"GSM7_{name.upper()}"] for name in carrier.languages)
            for carrier in settings.carrier
            if carrier.languages
        },
        latin1=frozenset(
            carrier_ids[carrier.name] for carrier in settings.carrier if carrier.charset == "latin1"
        ),
        limits={
            carrier_ids[carrier.name]: carrier.takes
            for carrier in settings.carrier
            if isinstance(carrier, Ip1Settings)
        },
        mms=_mms_terms(settings, carrier_ids),
    )


def _mms_terms(settings: Settings, carrier_ids: Mapping[str, int]) -> MmsTerms:
    routes = _routes({route.prefix: route.mms for route in settings.route}, carrier_ids)
    return MmsTerms(routes, _prices(settings.price.mms.by_prefix))


def _routes(by_prefix: Mapping[str, list[str]], carrier_ids: Mapping[str, int]) -> ByPrefix[tuple[int, ...]]:
    return ByPrefix(
        {prefix: tuple(carrier_ids[name] for name in names) for prefix, names in by_prefix.items() if names}
    )


def _prices(by_prefix: Mapping[str, str]) -> ByPrefix[int]:
    return ByPrefix({prefix: parse_money(price) for prefix, price in by_prefix.items()})


def limits(settings: Settings) -> Limits:
    told = settings.callbacks
    return Limits(
        interval=timedelta(seconds=told.interval),
        tries=told.tries,
        connections=told.connections,
        per_host=told.per_host,
        per_account=told.per_account,
        per_number=told.per_number,
    )


def locale(settings: Settings) -> Locale:
    return Locale(settings.gateway.language, ZoneInfo(settings.gateway.timezone))
