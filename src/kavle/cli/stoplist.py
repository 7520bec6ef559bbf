"""`kavle stoplist`: phones that an account sends nothing more."""

from __future__ import annotations

from pathlib import Path

import click

from kavle.cli.ask import ask
from kavle.cli.config import Settings, read
from kavle.cli.group import Group
from kavle.cli.options import call, config_option, telling_errors
from kavle.core.accounts import ShowAccount
from kavle.core.numbers import ChangeStopList, ListStops


@click.group(cls=Group)
def stoplist() -> None:
    """See and change which phones an account sends nothing more.

    An account has a stop list once `kavle account set ACCOUNT stop_list=yes` says so. From then on a phone
    that writes STOP or STOPP to a number of the account's is put on it, and a message to a phone on it is
    answered 3, as one to a wrong number, and costs nothing.
    """


@stoplist.command()
@click.argument("account")
@click.argument("recipient")
@config_option
@telling_errors
def add(account: str, recipient: str, config: Path) -> None:
    """Put RECIPIENT on the list of ACCOUNT."""
    settings = read(config)
    reply = ask(settings, ChangeStopList(account, recipient, listed=True))
    click.echo(f"{reply.recipient} is on the stop list of account {account}.")
    _warn(settings, account)


@stoplist.command()
@click.argument("account")
@click.argument("recipient")
@config_option
@telling_errors
def remove(account: str, recipient: str, config: Path) -> None:
    """Take RECIPIENT off the list of ACCOUNT: it can be sent to again."""
    reply = ask(read(config), ChangeStopList(account, recipient, listed=False))
    click.echo(f"{reply.recipient} is not on the stop list of account {account} any more.")


@stoplist.command(name="list")
@click.argument("account")
@config_option
@telling_errors
def list_stops(account: str, config: Path) -> None:
    """Show the phones on the list of ACCOUNT, each with since when, in UTC."""
    settings, count = read(config), 0
    command = ListStops(account)
    while page := ask(settings, command).stops:
        for one in page:
            click.echo(f"{one.msisdn:<15}  {one.at:%Y-%m-%d %H:%M:%S} UTC")
        count += len(page)
        command = ListStops(account, page[-1].msisdn)
    if not count:
        click.echo(f"Nobody is on the stop list of account {account}.")
    _warn(settings, account)


def _warn(settings: Settings, account: str) -> None:
    lines = ask(settings, ShowAccount(account)).accounts or []
    if not all(line.settings.stop_list for line in lines):
        click.echo(f"The list is not looked at before `{call(f'account set {account} stop_list=yes')}`.")
