"""An ESME by smpplib. Arguments: the network's host and port.

Reads calls and writes answers as support/clients.py tells."""

from __future__ import annotations

import json
import sys
from typing import Any

from smpplib import smpp
from smpplib.client import Client
from smpplib.exceptions import PDUError


class Esme:
    def __init__(self, host: str, port: str) -> None:
        self._client = Client(host, port, allow_unknown_opt_params=True)
        self._client.set_message_received_handler(self._received)
        self._client.connect()
        self._receipts: list[dict[str, Any]] = []

    def bind(self, mode: str, system_id: str, password: str) -> Any:
        bind = getattr(self._client, f"bind_{mode}")
        try:
            answer = bind(system_id=system_id, password=password)
        except PDUError as refused:
            return {"status": refused.args[1], "system_id": ""}
        return {"status": answer.status, "system_id": answer.system_id.decode()}

    def submit(self, to: str, text: str, receipt: bool) -> Any:
        sent = self._client.send_message(
            source_addr="46701740600",
            destination_addr=to,
            short_message=text.encode("ascii"),
            registered_delivery=int(receipt),
        )
        answer = self._answer_to(sent)
        return {"status": answer.status, "message_id": (answer.message_id or b"").decode()}

    def enquire(self) -> Any:
        return self._ask("enquire_link").status

    def query(self, message_id: str) -> Any:
        return self._answer_to(self._client.query_message(message_id=message_id)).status

    def receipts(self) -> Any:
        self._client.poll()
        return self._receipts

    def unbind(self) -> Any:
        return self._ask("unbind").status

    def _ask(self, command: str) -> Any:
        asked = smpp.make_pdu(command, client=self._client)
        self._client.send_pdu(asked)
        return self._answer_to(asked)

    def _answer_to(self, asked: Any) -> Any:
        while (pdu := self._client.read_pdu()).command == "deliver_sm":
            self._client._message_received(pdu)
        assert pdu.sequence == asked.sequence
        return pdu

    def _received(self, pdu: Any) -> None:
        receipt = {"text": pdu.short_message, "id": pdu.receipted_message_id}
        self._receipts.append({key: value.decode() for key, value in receipt.items()})
        self._receipts[-1]["state"] = pdu.message_state


def main(host: str, port: str) -> None:
    esme = Esme(host, port)
    for line in sys.stdin:
        asked = json.loads(line)
        result = getattr(esme, asked["operation"])(**asked["parameters"])
        print(json.dumps({"result": result}), flush=True)  # noqa: T201


main(*sys.argv[1:])
