"""The verbs behind the MMS web service's operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kavle.core.accept import Accept
from kavle.core.mms_order import MmsOrder
from kavle.core.queries import Queries
from kavle.core.workers import Workers
from kavle.model.errors import Reason, Refusal
from kavle.model.mms import MmsFile
from kavle.north.asmx import Arguments
from kavle.north.auth import Authenticator
from kavle.north.guesses import Guesses
from kavle.north.inline_file import inline_files
from kavle.wire.soap import Item

_MOST_ON_THE_LOOP: Final = 16 * 1024  # characters of base64; half a millisecond


class MmsDesk:
    """Each verb raises `Refusal`. Long files are decoded by `workers`."""

    def __init__(
        self,
        accept: Accept,
        queries: Queries,
        authenticator: Authenticator,
        guesses: Guesses,
        workers: Workers,
    ) -> None:
        self._accept = accept
        self._queries = queries
        self._authenticator = authenticator
        self._guesses = guesses
        self._workers = workers

    async def send_mms(self, call: Arguments) -> str:
        account = await self._authenticator.log_in(call.get("acc"), call.get("pass"), call.caller)
        order = MmsOrder(
            recipient=call.need("to"),
            sender=call.get("from") or "",
            text=call.get("msg") or "",
            files=await self._files(call.take("files")),
        )
        return str(await self._accept.mms(account, order))

    async def status(self, call: Arguments) -> str:
        status = await self._guesses.look(self._queries.mms_status, call.need("mmsid"), call.caller)
        if status is None:
            raise Refusal(Reason.PARAMETER, "the id is unknown")
        return str(status.value)

    async def _files(self, items: Sequence[Item]) -> tuple[MmsFile, ...]:
        if sum(len(text) for item in items for _, text in item) <= _MOST_ON_THE_LOOP:
            return inline_files(items)
        return await self._workers.run(inline_files, items)
