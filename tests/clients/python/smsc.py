"""A network by smpp34, which is Rust. It takes any bind, delivers what it gets, and sends the receipts that
are asked for. The port is its only argument.

Reads calls and writes answers as support/clients.py tells."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from typing import Any

import gsmcodecs  # noqa: F401  (registers its codecs)
import smpp34

NOBODY = "46701740611"  # who can't be reached
UDHI = 0x40
CONCATENATION = {0x00: 1, 0x08: 2}  # element: octets of its reference, 3GPP TS 23.040 §9.2.3.24


class Network:
    def __init__(self, port: int) -> None:
        self._port = port
        self._server = smpp34.Server("127.0.0.1", port, system_id="smpp34")
        self._bound: dict[str, smpp34.Esme] = {}
        self._parts: dict[tuple[str, str, bytes], dict[int, str]] = {}
        self._messages = 0
        self._unbinds = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self.texts: list[dict[str, Any]] = []

    async def run(self) -> None:
        await self._server.start()
        while True:
            event = await self._server.next()
            if isinstance(event, smpp34.Esme):
                self._bound[event.session_id] = event
            elif isinstance(event, smpp34.Unbound):
                del self._bound[event.session_id]
                self._unbinds += 1
            else:
                self._submitted(event)

    def _submitted(self, message: Any) -> None:
        self._messages += 1
        message_id = f"r-{self._messages}"
        message.accept(message_id)
        reached = message.destination_addr != NOBODY
        if reached:
            self._received(message)
        if message.registered_delivery & 1:
            task = asyncio.create_task(self._receipt(message, message_id, reached))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _received(self, message: Any) -> None:
        octets, part, parts, reference = message.short_message, 1, 1, b""
        if message.esm_class & UDHI:
            header, octets = octets[1 : octets[0] + 1], octets[octets[0] + 1 :]
            size = CONCATENATION[header[0]]
            reference, (parts, part) = header[2 : 2 + size], header[2 + size :]
        coding = message.data_coding
        text = octets.decode("utf-16-be" if coding & 0x0C == 0x08 else "gsm23.038")
        key = message.destination_addr, message.source_addr, reference
        held = self._parts.setdefault(key, {})
        held[part] = text
        if len(held) == parts:
            del self._parts[key]
            whole = "".join(held[number] for number in sorted(held))
            # Class 0 in a coding group that has classes, 3GPP TS 23.038 §4.
            flash = coding & 0xD3 == 0x10 or coding & 0xF3 == 0xF0
            told = {"to": message.destination_addr, "from": message.source_addr, "text": whole}
            self.texts.append({**told, "flash": flash, "parts": parts})

    async def _receipt(self, message: Any, message_id: str, reached: bool) -> None:
        when = datetime.now(UTC).strftime("%y%m%d%H%M")
        stat, err = ("DELIVRD", "000") if reached else ("UNDELIV", "001")
        text = (
            f"id:{message_id} sub:001 dlvrd:00{int(reached)} submit date:{when} done date:{when} "
            f"stat:{stat} err:{err} text:"
        )
        await self._receiver().deliver_sm(
            source_addr=message.destination_addr,
            source_addr_ton=message.dest_addr_ton,
            source_addr_npi=message.dest_addr_npi,
            destination_addr=message.source_addr,
            esm_class=4,
            short_message=text.encode("ascii"),
        )

    def _receiver(self) -> smpp34.Esme:
        return next(esme for esme in self._bound.values() if esme.can_receive)

    async def call(self, operation: str, parameters: dict[str, str]) -> Any:
        match operation:
            case "port":
                return self._port
            case "texts":
                return self.texts
            case "binds":
                return len(self._bound)
            case "unbinds":
                return self._unbinds
            case "unbind":
                return [await esme.unbind() for esme in list(self._bound.values())]
            case "phone":
                answer = await self._receiver().deliver_sm(
                    source_addr=parameters["from"],
                    destination_addr=parameters["to"],
                    data_coding=8,
                    short_message=parameters["text"].encode("utf-16-be"),
                )
                return {"status": answer.command_status}
        raise ValueError(operation)


async def main(port: str) -> None:
    network = Network(int(port))
    run = asyncio.create_task(network.run())
    while line := await asyncio.to_thread(sys.stdin.readline):
        asked = json.loads(line)
        result = await network.call(asked["operation"], asked["parameters"])
        print(json.dumps({"result": result}), flush=True)  # noqa: T201
    run.cancel()


asyncio.run(main(sys.argv[1]))
