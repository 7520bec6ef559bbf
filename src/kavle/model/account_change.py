"""An account's settings as an operator writes them, `sender=Larm`, and as they are shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from ipaddress import ip_network
from typing import Any, Final, NamedTuple, get_args, get_type_hints

import msgspec

from kavle.model.account import LEAST_DAYS, MOST_DAYS, AccountSettings
from kavle.model.errors import Complaint
from kavle.model.money import format_price, parse_money
from kavle.model.msisdn import known_region
from kavle.model.sender import parse_sender

# RFC 1123 §2.1; names beyond ASCII are written in their xn-- form (RFC 5890 §2.3.2.1).
_HOST: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_PREFIX: Final = re.compile(r"[0-9]{0,15}")  # E.164 §6.2.1
_COUNT: Final = re.compile(r"[1-9][0-9]{0,8}")
_LONGEST_HOST: Final = 253
_MOST: Final = 100
_YES: Final = {"yes": True, "no": False}


class Key(NamedTuple):
    """A setting that can be changed: `read` raises ValueError that says what is expected."""

    read: Callable[[str], Any]
    meaning: str
    choices: tuple[str, ...] = ()  # all that may be written, where that is little
    write: Callable[[Any], str] = str


def _choices(name: str) -> tuple[str, ...]:
    return get_args(get_type_hints(AccountSettings)[name])


def _choice(name: str) -> Callable[[str], str]:
    choices = _choices(name)

    def read(text: str) -> str:
        if text not in choices:
            raise Complaint("expected one of {choices}", choices=" ".join(choices))
        return text

    return read


def _yes_or_no(text: str) -> bool:
    if text.lower() not in _YES:
        raise Complaint("expected yes or no")
    return _YES[text.lower()]


def _sender(text: str) -> str:
    """As it is written: a number's region is looked at with each message."""
    parse_sender(text)
    return text


def _network(text: str) -> str:
    try:
        network = ip_network(text)
    except ValueError as error:
        raise Complaint("{why}; write 192.0.2.7, or 192.0.2.0/24 for a network", why=str(error)) from None
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def _host(text: str) -> str:
    host = text.lower()
    if len(host) > _LONGEST_HOST or not _HOST.fullmatch(host):
        raise Complaint("{text} is no host name; write it alone, as in www.example.com", text=repr(text[:80]))
    return host


def _prices(text: str) -> tuple[tuple[str, int], ...]:
    by_prefix: dict[str, int] = {}
    for piece in (piece.strip() for piece in text.split(",")):
        prefix, _, amount = piece.rpartition(":")
        if not _PREFIX.fullmatch(prefix) or prefix in by_prefix:  # 0,40 would be two of them
            raise Complaint(
                "{text} is no price; write 46:0.40, or 0.80 for all numbers", text=repr(piece[:40])
            )
        by_prefix[prefix] = parse_money(amount)
    if len(by_prefix) > _MOST:
        raise Complaint("expected {most} at most", most=_MOST)
    return tuple(sorted(by_prefix.items(), key=lambda one: (-len(one[0]), one[0])))


def _written_prices(prices: tuple[tuple[str, int], ...]) -> str:
    return ",".join(f"{prefix}:{format_price(price)}".removeprefix(":") for prefix, price in prices)


def _count(text: str) -> int:
    if not _COUNT.fullmatch(text):
        raise Complaint("expected a whole number, 1 or more")
    return int(text)


def _days(text: str) -> int:
    if not _COUNT.fullmatch(text) or not LEAST_DAYS <= int(text) <= MOST_DAYS:
        raise Complaint("expected a whole number of days, {least} or more", least=LEAST_DAYS)
    return int(text)


def _written_count(count: int) -> str:
    return str(count or "")


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"


def _several(read: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    def read_all(text: str) -> tuple[str, ...]:
        pieces = [piece.strip() for piece in text.split(",")]
        if len(pieces) > _MOST:
            raise Complaint("expected {most} at most", most=_MOST)
        return tuple(dict.fromkeys(read(piece) for piece in pieces if piece))

    return read_all


KEYS: Final = {
    "sender": Key(_sender, "whom a message is from where the call does not say"),
    "region": Key(known_region, "two letters: where its numbers without a country code belong"),
    "charset": Key(
        _choice("charset"), "of the escapes in its URLs: auto, latin-1 or utf-8", _choices("charset")
    ),
    "transliterate": Key(
        _yes_or_no,
        "yes: texts are put into GSM 03.38 where each character has a relation there",
        tuple(_YES),
        _yes_no,
    ),
    "balance": Key(
        _choice("balance"), "how balans writes an amount: 98.50, 98,50 or 98", _choices("balance")
    ),
    "addresses": Key(
        _several(_network), "addresses or networks that it may call from, with commas", write=",".join
    ),
    "prices": Key(
        _prices,
        "credits for a segment where not the gateway's hold: 46:0.40 by prefix, 0.80 for all, with commas",
        write=_written_prices,
    ),
    "per_minute": Key(
        _count,
        "the most messages that are taken of it in a minute; others are answered 42",
        write=_written_count,
    ),
    "texts_days": Key(
        _days,
        "days that its texts and files are kept, where the gateway keeps them longer",
        write=_written_count,
    ),
    "messages_days": Key(
        _days,
        "days that all else of its messages is kept, where the gateway keeps it longer",
        write=_written_count,
    ),
    "stop_list": Key(
        _yes_or_no,
        "yes: a phone that writes STOP to one of its numbers gets nothing more from it",
        tuple(_YES),
        _yes_no,
    ),
    "hosts": Key(
        _several(_host), "hosts that Ok and Error of its URL calls may lead to, with commas", write=",".join
    ),
}
"""What is left out, `disabled`, is no matter of taste: it has commands of its own."""


def changed(settings: AccountSettings, given: Mapping[str, str]) -> AccountSettings:
    """`settings` with what is given; an empty text brings a default back. Raises ValueError that names the
    key, and says what is expected."""
    values: dict[str, Any] = {}
    for name, text in given.items():
        if name not in KEYS:
            raise Complaint("{name}: no such setting{hint}", name=name[:80], hint=_hint(name))
        try:
            values[name] = KEYS[name].read(text) if text else getattr(AccountSettings(), name)
        except Complaint as error:
            raise Complaint("{name}: {why}", name=name, why=error) from None
    return msgspec.structs.replace(settings, **values)


def complaint(name: str, text: str) -> Complaint | None:
    """What is wrong with this one; None: nothing is."""
    try:
        if text:
            KEYS[name].read(text)
    except Complaint as error:
        return error
    return None


def shown(settings: AccountSettings) -> dict[str, str]:
    """Each setting as it would be written."""
    return {name: key.write(getattr(settings, name)) for name, key in KEYS.items()}


def label(key: str) -> str:
    """How one of `shown` is headed: the setting `balance`, beside the credits, would be taken for them."""
    return "balance as" if key == "balance" else key


def _hint(name: str) -> str:
    if name == "disabled":
        return "; `kavle account disable` and `kavle account enable` do that"
    nearest = get_close_matches(name, KEYS, n=1)
    return f"; did you mean {nearest[0]}?" if nearest else f"; there are {', '.join(KEYS)}"
