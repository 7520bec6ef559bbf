"""`kavle number`: what phones may write to, and who is called when they do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, get_args

import click

from kavle.cli.ask import ask
from kavle.cli.config import Settings, read
from kavle.cli.group import Group
from kavle.cli.options import config_option, telling_errors
from kavle.core.numbers import AddNumber, ChangeNumber, ListNumbers, RemoveNumber
from kavle.model.callback_url import veiled_url
from kavle.model.number import CallbackCharset, Number, NumberSettings
from kavle.south.callback.addresses import Allowed
from kavle.south.callback.guard import refusal_of

_CHARSETS: Final = get_args(CallbackCharset)
_COLUMNS: Final = "{:<15}  {:<16}  {:<7}  {}"


@click.group(cls=Group)
def number() -> None:
    """Give accounts numbers that phones may write to, each with the address to be called.

    A number has 11 or 15 digits, the country code first. When a phone writes, the address is called by GET,
    with incsmsid, sender, text, to and delivered behind its own query string, and is to answer OK. Messages
    to a number that is nobody's are kept: `kavle incoming list --unowned`.

    Works while the gateway runs, too: the next call goes by what is said here.
    """


charset_option = click.option(
    "--charset", type=click.Choice(_CHARSETS), help="Of the escapes in calls; latin-1 unless you say."
)
verify_option = click.option(
    "--verify-tls/--no-verify-tls",
    default=None,
    help="Whether the receiver's certificate must be good. It must, unless you say.",
)
delivered_option = click.option(
    "--delivered/--no-delivered",
    default=None,
    help="Whether calls bear the time, in Unix seconds, at which the message came. They do, unless you say.",
)


mms_option = click.option(
    "--mms-callback",
    metavar="URL",
    help='Where calls for MMS go, if not to the same address; "" for the same again.',
)


def _options(command: Callable[..., None]) -> Callable[..., None]:
    return mms_option(charset_option(verify_option(delivered_option(config_option(telling_errors(command))))))


@number.command()
@click.argument("msisdn")
@click.option("--account", required=True, help="Whose number it is to be.")
@click.option("--callback", required=True, metavar="URL", help="http or https; it may have a query string.")
@_options
def add(msisdn: str, account: str, callback: str, config: Path, **given: Any) -> None:
    """Give an account the number MSISDN."""
    settings = read(config)
    ask(settings, AddNumber(msisdn, account, NumberSettings(callback, **_said(given))))
    click.echo(
        f"Messages to {msisdn} are account {account}'s, and {veiled_url(callback)} is called for each."
    )
    _hint(settings, callback, given["mms_callback"])


@number.command()
@click.argument("msisdn")
@click.option("--account", help="Whose it is to be from now on. What came before stays where it is.")
@click.option("--callback", metavar="URL", help="Where calls go from now on, those that wait too.")
@_options
def change(msisdn: str, account: str | None, callback: str | None, config: Path, **given: Any) -> None:
    """Change what becomes of messages to MSISDN; what is not named stays."""
    said = _said({**given, "callback": callback})
    if not said and account is None:
        raise click.UsageError("name something to change; `kavle number change --help` shows what there is")
    settings = read(config)
    reply = ask(settings, ChangeNumber(msisdn, account, said))
    for one in reply.numbers or []:
        click.echo(_line(one))
    _hint(settings, callback, given["mms_callback"])


@number.command()
@click.argument("msisdn")
@config_option
@telling_errors
def remove(msisdn: str, config: Path) -> None:
    """Take MSISDN from its account.

    Messages that still wait to be brought to its customer fail; those that come from now on are nobody's.
    """
    ask(read(config), RemoveNumber(msisdn))
    click.echo(f"{msisdn} is nobody's number now.")


@number.command(name="list")
@click.option("--account", help="Only this account's.")
@click.option("--whole", is_flag=True, help="With what is hidden of the addresses: passwords, query values.")
@config_option
@telling_errors
def list_numbers(account: str | None, whole: bool, config: Path) -> None:
    """Show the numbers: each with its account, its charset and its address, and what is unlike others'."""
    settings, count = read(config), 0
    command = ListNumbers(account=account)
    while page := ask(settings, command).numbers:
        if not count:
            click.echo(_COLUMNS.format("number", "account", "charset", "address"))
        for one in page:
            click.echo(_line(one, whole=whole))
        count += len(page)
        command = ListNumbers(page[-1].msisdn, account)
    if not count:
        click.echo("There are no numbers. `kavle number add` gives an account one.")


def _hint(settings: Settings, *addresses: str | None) -> None:
    """What is allowed is looked at with each call: so this may be mended afterwards."""
    for address in addresses:
        if address and (refusal := refusal_of(address, Allowed(settings.callbacks.allow))):
            click.echo(
                f"It can't be called as things are: {refusal}. Where that is meant, add its network to"
                " allow in [callbacks] of the settings, and start the gateway anew.",
                err=True,
            )


def _said(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _line(one: Number, *, whole: bool = False) -> str:
    settings = one.settings
    told = {name: url if whole else veiled_url(url) for name, url in settings.addresses.items()}
    notes = [
        *([f"MMS: {told['mms_callback']}"] if "mms_callback" in told else []),
        *([] if settings.verify_tls else ["any certificate"]),
        *([] if settings.delivered else ["no delivered"]),
        *(["set by the customer"] if settings.by_customer else []),
    ]
    noted = f"  ({', '.join(notes)})" if notes else ""
    return _COLUMNS.format(one.msisdn, one.account, settings.charset, f"{told['callback']}{noted}")
