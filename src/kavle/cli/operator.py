"""`kavle operator`: those who may log in at /operator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, get_args

import click

from kavle.cli.account import checked
from kavle.cli.ask import ask
from kavle.cli.config import read
from kavle.cli.group import Group
from kavle.cli.options import config_option, telling_errors
from kavle.cli.password import chosen_by_person, password_option
from kavle.core.operators import (
    AdmitOperator,
    CreateOperator,
    ListOperators,
    OperatorCommand,
    RemoveOperator,
    SetOperatorPassword,
)
from kavle.model.account import Role
from kavle.model.operator import check_operator_name
from kavle.north.auth import hash_password

_COLUMNS: Final = "{:<20}  {:<6}  {:<8}  {}"


@click.group(cls=Group)
def operator() -> None:
    """Make and change those who may log in at /operator.

    An admin may change everything there; a viewer only looks, and is shown neither whole phone numbers nor
    texts. What they change, and what is changed by these commands, stands in the audit log.
    """


@operator.command()
@click.argument("name")
@click.option(
    "--role", type=click.Choice(get_args(Role)), default="admin", show_default=True, help="What NAME may do."
)
@password_option
@config_option
@telling_errors
def create(name: str, role: Role, password: str | None, config: Path) -> None:
    """Make the operator NAME."""
    settings = read(config)
    checked(check_operator_name, name)
    ask(settings, CreateOperator(name, hash_password(chosen_by_person(password)), role))
    click.echo(f"Operator {name} is made, as {role}, and logs in at /operator.")


@operator.command(name="list")
@config_option
@telling_errors
def list_operators(config: Path) -> None:
    """Show all operators: name, role, whether they may log in, and since when there are."""
    lines = ask(read(config), ListOperators()).operators or []
    if not lines:
        click.echo("There is no operator yet.")
        return
    click.echo(_COLUMNS.format("operator", "role", "log-in", "since"))
    for line in lines:
        state = "disabled" if line.disabled else "enabled"
        click.echo(_COLUMNS.format(line.name, line.role, state, f"{line.created_at:%Y-%m-%d}"))


@operator.command()
@click.argument("name")
@password_option
@config_option
@telling_errors
def password(name: str, password: str | None, config: Path) -> None:
    """Give the operator NAME another password. Whoever is logged in by the one before is no more."""
    ask(read(config), SetOperatorPassword(name, hash_password(chosen_by_person(password))))
    click.echo(f"Operator {name} has another password now.")


def _of_one(verb: Callable[[str, Path], None]) -> click.Command:
    """A command about the operator NAME, and nothing else."""
    return operator.command()(click.argument("name")(config_option(telling_errors(verb))))


@_of_one
def disable(name: str, config: Path) -> None:
    """Let the operator NAME log in no more, from now on."""
    _do(config, AdmitOperator(name, admitted=False), f"Operator {name} is disabled.")


@_of_one
def enable(name: str, config: Path) -> None:
    """Let the operator NAME log in again."""
    _do(config, AdmitOperator(name, admitted=True), f"Operator {name} is enabled.")


@_of_one
def remove(name: str, config: Path) -> None:
    """Remove the operator NAME. What NAME has changed stays in the audit log."""
    _do(config, RemoveOperator(name), f"Operator {name} is removed.")


def _do(config: Path, command: OperatorCommand, told: str) -> None:
    ask(read(config), command)
    click.echo(told)
