"""How commands get a password: by an option, from standard input, or asked for on a terminal."""

from __future__ import annotations

import sys

import click

from kavle.north.auth import SHORTEST_PASSWORD

password_option = click.option(
    "--password",
    help="The password. Without it, or with -, you are asked; without a terminal, - reads it from"
    " standard input.",
)


def chosen_by_person(password: str | None) -> str:
    """As `chosen`, for one that a person logs in by. Raises `ClickException` for one that is too short."""
    typed = chosen(password)
    if len(typed) < SHORTEST_PASSWORD:
        raise click.ClickException(f"a password has at least {SHORTEST_PASSWORD} characters")
    return typed


def chosen(password: str | None) -> str:
    """What is typed, or what `password_option` says."""
    return _ask() if password in (None, "-") and sys.stdin.isatty() else _given(password)


def _ask() -> str:
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt="The same again")
    return typed


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


def hint_at_short(typed: str) -> None:
    """Not refused: a program of old may have no room for a longer one."""
    if len(typed) < SHORTEST_PASSWORD:
        click.echo(
            f"This password is easily guessed: {SHORTEST_PASSWORD} characters are better, where the"
            " customer's programs can have so many.",
            err=True,
        )
