"""`kavle simulate mms`: an MMS from a phone of a simulated network that runs."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Final

import click

from kavle.cli.order import port_option, post, wait_option

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(short_help="An MMS from a phone to a gateway.")
@click.argument("sender", metavar="FROM")
@click.argument("recipient", metavar="TO")
@click.argument("files", metavar="[FILE]...", nargs=-1, type=_FILE)
@click.option("--text", default="", help="What it says beside its files.")
@click.option("--subject", default="", help="Its subject.")
@port_option
@wait_option
def mms(
    sender: str, recipient: str, files: tuple[Path, ...], text: str, subject: str, http_port: int, wait: float
) -> None:
    """Have the phone FROM send an MMS with these files to the number TO, by a network started by
    `kavle simulate mmsc --http-port`.

    Prints each StatusCode that the gateway answered; 1000 where it has it. Ends with 1 unless it was taken.
    """
    given = [{"name": file.name, "data": base64.b64encode(file.read_bytes()).decode()} for file in files]
    order = {"from": sender, "to": recipient, "text": text, "subject": subject, "files": given, "wait": wait}
    told = post(http_port, "mmsc", "/mms/mo", order, wait)
    click.echo(", ".join(str(code or "no answer") for code in told["answers"]) or "waits for the gateway")
    if 1000 not in told["answers"]:
        raise click.exceptions.Exit(1)
