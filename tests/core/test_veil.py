"""What a viewer is shown: whatever has a text or the number of a phone in it has neither left."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from kavle.core.held import HeldMessage
from kavle.core.inbox import IncomingMessage, IncomingWhole
from kavle.core.reply import Reply
from kavle.core.veil import veiled, veiled_page, veiled_story
from kavle.model.history import Attempt, HistoryLine, HistoryPage, MessageStory, ReceiptLine, Tried
from kavle.model.incoming import IncomingState
from kavle.model.mms import FileLine
from kavle.model.number import Number, NumberSettings
from kavle.model.person import PersonView
from kavle.model.status import Status
from kavle.sms.segment import Encoding
from kavle.store.inbox import StopLine, TryLine

AT = datetime(2026, 11, 23, tzinfo=UTC)
PHONE, OURS, TEXT = "46701740605", "46737494123", "hemligt-7f3a"
FILES = (FileLine(f"{TEXT}.jpg", "image/jpeg", "", 9),)
LINE = HistoryLine(
    7, "test", PHONE, PHONE, TEXT, Encoding.GSM7, False, 2, 1, 1, AT, None, Status.DELIVERED, AT, None
)
STORY = MessageStory(
    LINE,
    [(Status.DELIVERED, AT)],
    [Attempt(AT, 1, 1, Tried.REFUSED, "id", f"no subscriber +{PHONE}")],
    [ReceiptLine(AT, 1, "id", Status.DELIVERED, f"id:1 stat:DELIVRD text:{TEXT}")],
    FILES,
)
CAME = IncomingMessage("1234", "test", "telia", PHONE, OURS, AT, 1, 1, IncomingState.DONE, AT, beginning=TEXT)
SHOWN = {
    "a list": veiled_page(HistoryPage([LINE])),
    "a story": veiled_story(STORY),
    "held": veiled(Reply(held=[HeldMessage("1234", "test", "telia", PHONE, (1,), 1, AT)])),
    "a stop list": veiled(Reply(stops=[StopLine(PHONE, AT)])),
    "numbers": veiled(
        Reply(numbers=[Number(OURS, 1, "test", NumberSettings(f"https://{TEXT}@e.com/?k={TEXT}"))])
    ),
    "what came": veiled(Reply(incoming=[CAME])),
    "all of it": veiled(
        Reply(
            message=IncomingWhole(
                CAME, TEXT, [TryLine(1, AT, 5, 200, f"{PHONE} {TEXT}", None)], None, FILES, TEXT
            )
        )
    ),
    "a person": veiled(Reply(person=PersonView(PHONE, 3))),
}


@pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN)
def test_no_viewer_reads_a_text_or_a_number(shown: object) -> None:
    told = msgspec.json.encode(shown).decode()
    assert PHONE not in told
    assert TEXT not in told
    assert len(told) > 20, "and it is not nothing"
