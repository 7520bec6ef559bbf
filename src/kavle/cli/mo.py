"""`kavle simulate mo`: a text from a phone of a simulated network that runs."""

from __future__ import annotations

from typing import Any, get_args

import click

from kavle.cli.order import port_option, post, wait_option
from kavle.simulator.mo_pdus import Charset, Concatenation, PduName


@click.command(short_help="A text from a phone to a gateway.")
@click.argument("sender", metavar="FROM")
@click.argument("recipient", metavar="TO")
@click.argument("text")
@port_option
@click.option(
    "--charset",
    type=click.Choice(get_args(Charset)),
    default="auto",
    show_default=True,
    help="auto is gsm where that has all characters, else ucs-2.",
)
@click.option("--data-coding", type=click.IntRange(0, 255), help="Say that it is in this, whatever it is in.")
@click.option(
    "--concatenation",
    type=click.Choice(get_args(Concatenation)),
    default="8 bit",
    show_default=True,
    help="How parts of a long text are tied: by a header, by TLVs (sar); or all in one message_payload.",
)
@click.option("--reference", type=click.IntRange(0, 0xFFFF), help="What its parts share; else they count.")
@click.option(
    "--order",
    metavar="N,N,…",
    help="Its parts, as they are to go: 2,1 turns them round, 1,3 loses the second, 1,1,2 doubles the first.",
)
@click.option(
    "--pdu", type=click.Choice(get_args(PduName)), default="deliver_sm", show_default=True, help="As which."
)
@click.option("--pause", type=click.FloatRange(0, 3600), default=0.0, help="Seconds between two parts.")
@wait_option
def mo(http_port: int, order: str | None, **text: Any) -> None:
    """Have the phone FROM send TEXT to the number TO, over the links that are bound to a network started by
    `kavle simulate smsc --http-port`.

    Prints how each part was answered: ESME_ROK where the gateway has it. What it refuses for a while (as
    ESME_RX_T_APPN says) the network sends again, also when this has ended. Ends with 1 unless all parts
    were taken.
    """
    request = {"from": text.pop("sender"), "to": text.pop("recipient"), **text, "order": _order(order)}
    told = post(http_port, "smsc", "/mo", request, text["wait"])
    for part in told["parts"]:
        answers = ", ".join(answer or "no answer in time" for answer in part["answers"])
        click.echo(f"part {part['number']}: {answers or 'waits for a link'}")
    if not all("ESME_ROK" in part["answers"] for part in told["parts"]):
        raise click.exceptions.Exit(1)


def _order(told: str | None) -> list[int] | None:
    if told is None:
        return None
    try:
        return [int(number) for number in told.split(",")]
    except ValueError:
        raise click.UsageError("--order wants numbers of parts with commas between them: 2,1,3") from None
