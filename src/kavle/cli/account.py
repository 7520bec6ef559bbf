"""`kavle account`: the customers and their money."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from kavle.cli.config import database_path, read
from kavle.cli.control import Reply, run
from kavle.cli.options import config_option, telling_errors
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


@click.group()
def account() -> None:
    """Make accounts, give them credits, list them.

    Works while the gateway runs, too: the command then goes through it.
    """


@account.command()
@click.argument("name")
@click.option("--password", required=True, help="The account's password; - reads it from standard input.")
@click.option(
    "--credits", "amount", type=Credits(), default="0", show_default=True, help="Credits to begin with."
)
@config_option
@telling_errors
def create(name: str, password: str, amount: int, config: Path) -> None:
    """Make the account NAME."""
    if password == "-":  # noqa: S105 -- not a password: where to read it
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise click.ClickException("the password is empty")
    _run(config, CreateAccount(name, hash_password(password), amount))
    click.echo(f"Account {name} is made, with {format_balance(amount)} credits.")


@account.command()
@click.argument("name")
@click.argument("amount", type=Credits())
@config_option
@telling_errors
def topup(name: str, amount: int, config: Path) -> None:
    """Give the account NAME the AMOUNT of credits more."""
    reply = _run(config, TopUpAccount(name, amount))
    click.echo(f"Account {name} has {format_balance(reply.balance or 0)} credits now.")


@account.command(name="list")
@config_option
@telling_errors
def list_accounts(config: Path) -> None:
    """Show all accounts with their balances."""
    accounts = _run(config, ListAccounts()).accounts or []
    if not accounts:
        click.echo("There are no accounts yet; make one by `kavle account create NAME --password -`.")
        return
    width = max(len(line.name) for line in accounts)
    for line in accounts:
        click.echo(
            f"{line.name:<{width}}  {format_balance(line.balance):>14}  since {line.created_at:%Y-%m-%d}"
        )


def _run(config: Path, command: Command) -> Reply:
    settings = read(config)
    reply = asyncio.run(run(database_path(settings), SystemClock(), command))
    if reply.error is not None:
        raise click.ClickException(reply.error)
    return reply
