"""`kavle account`: the customers and their money."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from kavle.cli.amount import Credits, FewerCredits, MoreCredits
from kavle.cli.ask import ask
from kavle.cli.config import Settings, read
from kavle.cli.database import file_of
from kavle.cli.group import Group
from kavle.cli.options import call, config_option, telling_errors
from kavle.cli.password import chosen, chosen_by_person, hint_at_short, password_option
from kavle.core.accounts import (
    AdmitAccount,
    ChangeAccount,
    CorrectAccount,
    CreateAccount,
    ListAccounts,
    SetPassword,
    SetPortalPassword,
    ShowAccount,
    TopUpAccount,
)
from kavle.core.reply import Reply
from kavle.model.account import check_account_name
from kavle.model.account_change import KEYS, label, shown
from kavle.model.money import format_balance
from kavle.north.auth import hash_password


class Setting(click.ParamType[tuple[str, str]]):
    """`key=value`."""

    name = "setting"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        key, equals, text = str(value).partition("=")
        if not equals or not key:
            self.fail(f"{str(value)[:80]!r} is not of the form key=value", param, ctx)
        return key, text


@click.group(cls=Group)
def account() -> None:
    """Make accounts, give them credits, change and list them.

    Works while the gateway runs, too: the command then goes through it.
    """


@account.command()
@click.argument("name")
@password_option
@click.option(
    "--credits", "amount", type=Credits(), default="0", show_default=True, help="Credits to begin with."
)
@config_option
@telling_errors
def create(name: str, password: str | None, amount: int, config: Path) -> None:
    """Make the account NAME."""
    settings = read(config)
    checked(check_account_name, name)
    typed = chosen(password)
    ask(settings, CreateAccount(name, hash_password(typed), amount))
    click.echo(f"Account {name} is made, with {format_balance(amount)} credits.")
    if not amount:
        click.echo(f"It can send once it has some: `{call(f'account topup {name} 100')}`.")
    hint_at_short(typed)


# Without this, -10 would be an option that there is not.
@account.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("amount", type=MoreCredits())
@config_option
@telling_errors
def topup(name: str, amount: int, config: Path) -> None:
    """Give the account NAME the AMOUNT of credits more."""
    reply = ask(read(config), TopUpAccount(name, amount))
    click.echo(f"Account {name} has {format_balance(reply.balance or 0)} credits now.")


@account.command(name="list")
@config_option
@telling_errors
def list_accounts(config: Path) -> None:
    """Show all accounts with their balances."""
    accounts = ask(read(config), ListAccounts()).accounts or []
    if not accounts:
        click.echo(f"There are no accounts yet; make one by `{call('account create NAME')}`.")
        return
    width = max(len("account"), *(len(line.name) for line in accounts))
    click.echo(f"{'account':<{width}}  {'credits':>14}  since")
    for line in accounts:
        disabled = "  disabled" if line.settings.disabled else ""
        balance = format_balance(line.balance)
        click.echo(f"{line.name:<{width}}  {balance:>14}  {line.created_at:%Y-%m-%d}{disabled}")


# As above.
@account.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("amount", type=FewerCredits())
@config_option
@telling_errors
def correct(name: str, amount: int, config: Path) -> None:
    """Take the AMOUNT of credits back from the account NAME.

    For what was given by mistake: its ledger shows a correction. Its balance is never below 0.
    """
    reply = ask(read(config), CorrectAccount(name, amount))
    click.echo(f"Account {name} has {format_balance(reply.balance or 0)} credits now.")


@account.command()
@click.argument("name")
@config_option
@telling_errors
def show(name: str, config: Path) -> None:
    """Show the account NAME: its balance and its settings."""
    reply = ask(read(config), ShowAccount(name))
    _show(reply)


# Behind a \b click leaves lines as they are.
_KEYS = "\b\n" + "\n".join(["Settings:", *(f"  {name:<14}{key.meaning}" for name, key in KEYS.items())])


@account.command(name="set", epilog=_KEYS)
@click.argument("name")
@click.argument("given", metavar="KEY=VALUE...", nargs=-1, required=True, type=Setting())
@config_option
@telling_errors
def set_settings(name: str, given: tuple[tuple[str, str], ...], config: Path) -> None:
    """Change settings of the account NAME.

    As in `sender=Larm region=NO addresses=192.0.2.7,198.51.100.0/24`.

    KEY= with nothing behind it brings the default back. What is not named stays as it is.
    """
    for key in (keys := [key for key, _ in given]):
        if keys.count(key) > 1:
            raise click.UsageError(f"{key} is given twice")
    _show(ask(read(config), ChangeAccount(name, dict(given))))


@account.command()
@click.argument("name")
@password_option
@config_option
@telling_errors
def password(name: str, password: str | None, config: Path) -> None:
    """Give the account NAME another password. The one before is refused from now on."""
    settings = read(config)
    ask(settings, ShowAccount(name))  # before it is asked for a password
    typed = chosen(password)
    ask(settings, SetPassword(name, hash_password(typed)))
    click.echo(f"Account {name} has another password now.{_elsewhere(settings)}")
    hint_at_short(typed)


@account.command(name="portal-password")
@click.argument("name")
@password_option
@click.option(
    "--remove", is_flag=True, help="Take it away: the pages are entered by the other password again."
)
@config_option
@telling_errors
def portal_password(name: str, password: str | None, remove: bool, config: Path) -> None:
    """Give the account NAME a password for the web pages alone.

    The other one stands in the URLs that the customer's programs call; from now on it opens no page.
    """
    settings = read(config)
    ask(settings, ShowAccount(name))
    ask(settings, SetPortalPassword(name, "" if remove else hash_password(chosen_by_person(password))))
    told = "is entered by its programs' password" if remove else "has a portal password of its own"
    click.echo(f"Account {name} {told} now.{_elsewhere(settings)}")


@account.command()
@click.argument("name")
@config_option
@telling_errors
def disable(name: str, config: Path) -> None:
    """Refuse the account NAME from now on: its calls are answered 101.

    What it has sent goes on, and it keeps its credits.
    """
    settings = read(config)
    ask(settings, AdmitAccount(name, admitted=False))
    click.echo(f"Account {name} is disabled.{_elsewhere(settings)}")


@account.command()
@click.argument("name")
@config_option
@telling_errors
def enable(name: str, config: Path) -> None:
    """Take calls of the account NAME again."""
    settings = read(config)
    ask(settings, AdmitAccount(name, admitted=True))
    click.echo(f"Account {name} is enabled.{_elsewhere(settings)}")


def _elsewhere(settings: Settings) -> str:
    """On a server's database other processes remember whom they have let in."""
    return "" if file_of(settings.database) else " Gateways that run know it within a minute."


def _show(reply: Reply) -> None:
    for line in reply.accounts or []:
        told = {
            "account": line.name,
            "credits": format_balance(line.balance),
            "since": f"{line.created_at:%Y-%m-%d}",
            "log-in": "disabled" if line.settings.disabled else "enabled",
            **shown(line.settings),
        }
        for key, value in told.items():
            click.echo(f"{label(key):<14}{value or '-'}")


def checked(check: Callable[[str], str], name: str) -> None:
    """What is wrong with the name is told before a password is asked for."""
    try:
        check(name)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
