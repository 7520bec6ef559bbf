"""`kavle account`: the customers and their money."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from kavle.cli.config import Settings, read
from kavle.cli.control import Reply, run
from kavle.cli.database import file_of
from kavle.cli.options import config_option, opening, telling_errors, this_command
from kavle.clock import SystemClock
from kavle.core.accounts import Command, CreateAccount, ListAccounts, TopUpAccount
from kavle.model.money import format_balance, parse_money
from kavle.north.auth import hash_password


class Credits(click.ParamType[int]):
    """An amount such as 98.50, as ten-thousandths of a credit."""

    name = "amount"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return parse_money(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class MoreCredits(Credits):
    """An amount to give: a balance only goes down by what is sent."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if str(value).startswith("-"):
            self.fail("a top-up is more than 0; to correct a balance downwards is not there yet", param, ctx)
        amount = super().convert(value, param, ctx)
        if not amount:
            self.fail("a top-up of 0 changes nothing; give more than 0", param, ctx)
        return amount


@click.group()
def account() -> None:
    """Make accounts, give them credits, list them.

    Works while the gateway runs, too: the command then goes through it.
    """


@account.command()
@click.argument("name")
@click.option(
    "--password",
    help="The account's password. Without it, or with -, you are asked; without a terminal, - reads it from"
    " standard input.",
)
@click.option(
    "--credits", "amount", type=Credits(), default="0", show_default=True, help="Credits to begin with."
)
@config_option
@telling_errors
def create(name: str, password: str | None, amount: int, config: Path) -> None:
    """Make the account NAME."""
    settings = read(config)
    chosen = _ask() if password in (None, "-") and sys.stdin.isatty() else _given(password)
    _run(settings, CreateAccount(name, hash_password(chosen), amount))
    click.echo(f"Account {name} is made, with {format_balance(amount)} credits.")
    if not amount:
        click.echo(f"It can send once it has some: `{this_command()} account topup {name} 100`.")


# Without this, -10 would be an option that there is not.
@account.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("amount", type=MoreCredits())
@config_option
@telling_errors
def topup(name: str, amount: int, config: Path) -> None:
    """Give the account NAME the AMOUNT of credits more."""
    reply = _run(read(config), TopUpAccount(name, amount))
    click.echo(f"Account {name} has {format_balance(reply.balance or 0)} credits now.")


@account.command(name="list")
@config_option
@telling_errors
def list_accounts(config: Path) -> None:
    """Show all accounts with their balances."""
    accounts = _run(read(config), ListAccounts()).accounts or []
    if not accounts:
        click.echo(f"There are no accounts yet; make one by `{this_command()} account create NAME`.")
        return
    width = max(len("account"), *(len(line.name) for line in accounts))
    click.echo(f"{'account':<{width}}  {'credits':>14}  since")
    for line in accounts:
        click.echo(f"{line.name:<{width}}  {format_balance(line.balance):>14}  {line.created_at:%Y-%m-%d}")


def _ask() -> str:
    chosen: str = click.prompt("Password", hide_input=True, confirmation_prompt="The same again")
    return chosen


def _given(password: str | None) -> str:
    """What the option says, or standard input where the option says so."""
    if password is None:
        raise click.UsageError("give a --password; - reads it from standard input")
    try:
        told = sys.stdin.buffer.read().decode() if password == "-" else password  # noqa: S105
        told.encode()
    except UnicodeError as error:
        raise click.ClickException("the password is not UTF-8") from error
    lines = told.splitlines() if password == "-" else [told]  # noqa: S105
    if len(lines) > 1:
        raise click.ClickException("the password is one line, but standard input has more")
    if not lines or not lines[0]:
        raise click.ClickException("the password is empty")
    return lines[0]


def _run(settings: Settings, command: Command) -> Reply:
    with opening(file_of(settings.database)):
        reply = asyncio.run(run(settings.database, SystemClock(), command))
    if reply.error is not None:
        raise click.ClickException(reply.error)
    return reply
