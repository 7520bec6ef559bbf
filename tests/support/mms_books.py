"""What the invariants must know of MMS: what is alike in the database and in an MMSC's journal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import sha256

from kavle.simulator.journal import Entry
from kavle.simulator.mmsc.journal import MmAnswered, MmSent, MmSubmission
from kavle.wire.mm7 import DeliverReq
from support.books import Read

MM = DeliverReq.__name__
_OURS = {"application/smil", "text/plain"}
"""What stands beside the customer's files in an MMS: these are known by their text no better."""


def files_key(entry: MmSubmission) -> str:
    return _joined(file.sha256 for file in entry.files if file.content_type not in _OURS)


async def mms_keys(read: Read) -> dict[tuple[int, int], tuple[str, str]]:
    """By message and segment number, recipient and files. Pictures alone: no load sends other files."""
    hashes: dict[int, list[str]] = {}
    for message, data in await read("SELECT message_id, data FROM file"):
        hashes.setdefault(message, []).append(sha256(bytes(data)).hexdigest())
    rows = await read("SELECT id, recipient FROM message WHERE service = 1")
    return {(id, 1): (recipient, _joined(hashes.get(id, []))) for id, recipient in rows}


def acknowledged(entry: MmAnswered) -> bool:
    return 1000 <= entry.status < 2000


async def every_acknowledged_mms_is_kept_once(read: Read, entries: Sequence[Entry]) -> None:
    """By its transaction, which is the same on each try."""
    told = await read("SELECT mms FROM incoming WHERE mms IS NOT NULL")
    kept = Counter(json.loads(one)["transaction"] for (one,) in told)
    sent = {one.transaction for one in entries if isinstance(one, MmSent) and one.what == MM}
    answered = {one.transaction for one in entries if isinstance(one, MmAnswered) and acknowledged(one)}
    for transaction in sent:
        least = transaction in answered
        assert least <= kept[transaction] <= 1, f"the MMS of {transaction} is kept {kept[transaction]} times"


def _joined(hashes: Iterable[str]) -> str:
    return ",".join(sorted(hashes))
