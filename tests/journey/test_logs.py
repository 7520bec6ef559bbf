"""What the gateway's log says of a message, and what it keeps to itself."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from support.patience import PATIENCE
from support.processes import kavle, run, settings_file

REFUSED_AT_SUBMIT = "46701740617"


async def test_a_line_about_a_message_bears_the_id_that_the_customer_knows(tmp_path: Path) -> None:
    log = tmp_path / "gateway.log"
    async with kavle("simulate", "smsc", "--port", "0", log=tmp_path / "network.log") as network:
        config = str(settings_file(tmp_path, network.port))
        await run("account", "create", "alarm", "--password", "s3cret", "--credits", "5", "--config", config)
        async with kavle("serve", "--config", config, log=log) as gateway:
            call = {"acc": "alarm", "pass": "s3cret", "msg": "Hemligt", "to": REFUSED_AT_SUBMIT}
            answered = await gateway.send(**call)
            async with asyncio.timeout(PATIENCE):
                while "ESME_RINVDSTADR" not in log.read_text():
                    await asyncio.sleep(0.02)
            await gateway.stop()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    (line,) = [line for line in lines if line.get("error") == "ESME_RINVDSTADR"]
    assert str(line["message_id"]) == answered
    for secret in ("s3cret", "Hemligt", REFUSED_AT_SUBMIT):
        assert secret not in log.read_text()
