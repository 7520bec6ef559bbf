"""The command `kavle`."""

from __future__ import annotations

import click

from kavle import __version__
from kavle.cli.account import account
from kavle.cli.demo import demo
from kavle.cli.serve import serve
from kavle.cli.simulate import simulate


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="kavle")
def main() -> None:
    """Kavle, a self-hosted SMS gateway that speaks the iP.1 SMSCom interface.

    To try it, run `kavle demo`: it brings a simulated network and an account. To run it for real, write a
    kavle.toml (README.md has one), make an account by `kavle account create`, and run `kavle serve`.
    """


main.add_command(serve)
main.add_command(demo)
main.add_command(account)
main.add_command(simulate)
