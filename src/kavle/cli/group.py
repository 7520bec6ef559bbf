"""Commands of one kind."""

from __future__ import annotations

from typing import Final

import click

LONGEST: Final = 200


class Group(click.Group):
    """Its help has the whole first sentence of each of its commands, and not as much as fits on a line."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        named = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(LONGEST)) for name, one in named if one])
