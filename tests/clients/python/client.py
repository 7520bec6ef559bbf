"""zeep. Arguments: the WSDL's address; the port's name.

Reads calls and writes answers as support/clients.py tells."""

from __future__ import annotations

import json
import sys
from base64 import b64decode
from typing import Any

import zeep
from zeep.exceptions import Fault
from zeep.helpers import serialize_object


def octets(given: dict[str, Any]) -> Any:
    """What JSON can't hold: zeep writes octets in base64 itself."""
    return b64decode(given["base64"]) if given.keys() == {"base64"} else given


def main(wsdl: str, port: str) -> None:
    with zeep.Client(wsdl, port_name=port) as client:
        for line in sys.stdin:
            asked = json.loads(line, object_hook=octets)
            try:
                told = client.service[asked["operation"]](**asked["parameters"])
                answer = {"result": serialize_object(told, dict)}
            except Fault as fault:
                answer = {"fault": f"{fault.code}: {fault.message}"}
            print(json.dumps(answer), flush=True)  # noqa: T201


main(*sys.argv[1:])
