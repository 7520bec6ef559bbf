"""`sms ACCOUNT PASSWORD TO FROM MESSAGE PRIO`: the manual's "EXE application"."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

from kavle.smsapp.errors import Trouble, UsageError

USAGE: Final = 'sms ACCOUNT PASSWORD TO FROM "MESSAGE" PRIO'
HELP: Final = f"""\
Sends an SMS through the gateway's web service.

  {USAGE}

  ACCOUNT   your account's name
  PASSWORD  its password; - reads it from standard input, so that it stands in no list of processes
  TO        the recipient's number: 46702617396, +46702617396 or 070-2617396
  FROM      the sender that the phone shows: up to 11 characters, or a number with country code
  MESSAGE   the text, in quotation marks; %0a is a line break
  PRIO      1 low, 2 normal, 3 urgent

Example:

  sms test mypass 46733123456 ip1 "Welcome to ip1" 2

It prints the message's id, and exits 0. If the gateway refuses the message, it prints the status code
and what that means, and exits 1; so it does, on standard error, if the gateway can't be reached. 2 says
that it was called wrongly.

The gateway's address comes from the variable SMS_URL, else from sms.ini beside this program:

  [sms]
  url=https://sms.example.com

A host alone, or host:port, is reached by https; begin it with http:// where the gateway has no TLS.
Authorities of your own are trusted if SSL_CERT_FILE names the file of their certificates.
"""

_NAMES: Final = ("ACCOUNT", "PASSWORD", "TO", "FROM", "MESSAGE", "PRIO")
_LEAST_ID: Final = 1000  # the manual: "if the return value is below 1000 it is an error code"


def main() -> None:
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """What the process exits with."""
    if not arguments:
        print(HELP, end="", file=sys.stderr)
        return 2
    if list(arguments) in (["--help"], ["-h"]):
        print(HELP, end="")
        return 0
    try:
        return _send(*_six(arguments))
    except UsageError as error:
        print(f"sms: {error}\n\n  {USAGE}\n\nsms --help tells more.", file=sys.stderr)
        return 2
    except Trouble as trouble:
        print(f"sms: {trouble}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130  # as a shell says it of SIGINT


def _six(arguments: Sequence[str]) -> Sequence[str]:
    if len(arguments) > len(_NAMES):
        raise UsageError(
            f'{len(arguments)} arguments instead of 6: put the message in quotation marks, "like this".'
        )
    if missing := _NAMES[len(arguments) :]:
        raise UsageError(f"missing: {', '.join(missing)}.")
    return arguments


def _send(account: str, password: str, to: str, sender: str, message: str, prio: str) -> int:
    from kavle.smsapp import address, gateway  # here, since help and wrong usage need no network

    url = address.find()
    if password == "-":  # noqa: S105
        password = _from_stdin()
    order = {"till": to, "from": sender, "meddelande": message, "prio": prio}
    answer = gateway.number(url, "sms", konto=account, passwd=password, **order)
    if int(answer) >= _LEAST_ID:
        print(answer)
        return 0
    print(f"{answer} {_meaning(url, answer)}".rstrip())
    return 1


def _meaning(url: str, code: str) -> str:
    """Of a status code, in the gateway's words; empty where it does not tell."""
    from kavle.smsapp import gateway

    try:
        return gateway.call(url, "beskrivning", Id=code)
    except Trouble:
        return ""


def _from_stdin() -> str:
    if sys.stdin.isatty():
        from getpass import getpass

        return getpass()
    line = sys.stdin.buffer.readline()
    if not line:
        raise Trouble("no password came on standard input")
    return os.fsdecode(line.rstrip(b"\r\n"))  # as the arguments come
