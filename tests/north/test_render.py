"""Templates are compiled when somebody wants a page, and nothing else waits for that."""

from __future__ import annotations

import asyncio
import threading
from zoneinfo import ZoneInfo

import pytest
from jinja2 import Environment

from kavle.north.web.render import Renderer


async def test_templates_are_compiled_once_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[tuple[object, threading.Thread]] = []
    compile_one = Environment.compile

    def watched(
        self: Environment, source: object, name: object = None, *more: object, **named: object
    ) -> object:
        compiled.append((name, threading.current_thread()))
        return compile_one(self, source, name, *more, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Environment, "compile", watched)
    renderer = Renderer(ZoneInfo.no_cache("Europe/Stockholm"))
    assert not compiled

    await asyncio.gather(renderer.ready(), renderer.ready())
    await renderer.ready()
    names = [name for name, _ in compiled]
    assert "log-in.html" in names
    assert len(names) == len(set(names))
    assert threading.main_thread() not in {thread for _, thread in compiled}
