"""What a simulated network that runs is told to do, by its HTTP face."""

from __future__ import annotations

import http.client
from typing import Any, Final

import click
import msgspec

from kavle.cli.options import address
from kavle.simulator.face import LOOPBACK
from kavle.simulator.http import LONGEST_WAIT

_TALK: Final = 10.0  # seconds beyond those that the network is told to wait

port_option = click.option(
    "--http-port",
    type=click.IntRange(1, 65535),
    default=8090,
    show_default=True,
    help="Of the network: its own --http-port.",
)
wait_option = click.option(
    "--wait",
    type=click.FloatRange(0, LONGEST_WAIT),
    default=10.0,
    show_default=True,
    help="Seconds for the gateway's answers.",
)


def post(port: int, kind: str, path: str, request: dict[str, object], wait: float) -> Any:
    """What the face of a network of that kind answers to an order. Raises ClickException."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=wait + _TALK)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", path, msgspec.json.encode(request), headers)
        answer = connection.getresponse()
        told = msgspec.json.decode(answer.read())
    except (OSError, http.client.HTTPException, msgspec.DecodeError) as error:
        raise click.ClickException(
            f"no network answers on {address(LOOPBACK, port)}: {error}; start one with"
            f" `kavle simulate {kind} --http-port {port}`, or name the port it has: --http-port"
        ) from None
    finally:
        connection.close()
    if "error" in told:
        raise click.ClickException(told["error"])
    return told
