"""What several commands share: the settings file, and errors told in one line."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from kavle.settings import SettingsError
from kavle.store.errors import StoreError

P = ParamSpec("P")
R = TypeVar("R")

config_option = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="KAVLE_CONFIG",
    default=Path("kavle.toml"),
    show_default=True,
    show_envvar=True,
    help="The settings file.",
)


def telling_errors(command: Callable[P, R]) -> Callable[P, R]:
    """What the user can mend is one line and exit code 1, not a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (SettingsError, StoreError) as error:
            raise click.ClickException(str(error)) from error

    return run
