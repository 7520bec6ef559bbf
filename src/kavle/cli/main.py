"""The command `kavle`."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import Final

import click

from kavle import __version__

COMMANDS: Final = {
    "serve": "Run the gateway until it gets SIGINT or SIGTERM.",
    "demo": "Try Kavle: a gateway with the account test/1234 and simulated networks, on loopback only.",
    "account": "Make accounts, give them credits, change and list them.",
    "carriers": "Show how each carrier's links are doing, over all processes, and what waits for it.",
    "held": "Decide on messages that a network may have or not.",
    "incoming": "See messages from phones, and have their customers called again.",
    "number": "Give accounts numbers that phones may write to, each with the address to be called.",
    "operator": "Make and change those who may log in at /operator.",
    "person": "See, hand over and erase all that there is of one phone number.",
    "stoplist": "See and change which phones an account sends nothing more.",
    "doctor": "Look at all that a gateway needs, and say what to mend.",
    "backup": "Copy the database into FILE, while the gateway runs or not.",
    "restore": "Put a copy of the database back, and say when it may send again.",
    "migrate": "Bring the database's schema up to date.",
    "simulate": "Networks to try a gateway on.",
}
"""Each is the object of its name in the module of its name. Imported when it is called for, not before: so
`--help` and `--version` answer at once, and Ctrl-C meanwhile is click's to handle."""


class Lazily(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"kavle.cli.{cmd_name}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS:
            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(COMMANDS)}."
            raise click.UsageError(f"No such command {args[0]!r}. {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Lazily, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="kavle")
def main() -> None:
    """Kavle, a self-hosted SMS and MMS gateway that speaks the iP.1 SMSCom interface.

    To try it, run `kavle demo`: it brings simulated networks and an account. To run it for real, copy
    kavle.toml.example to kavle.toml and change it, make an account by `kavle account create`, and run
    `kavle serve`.
    """
