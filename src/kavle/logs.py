"""Structured logs on standard error: for people on a terminal, JSON lines otherwise. No line holds a
password or a text; what a line is about stands in its keys."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

import structlog
from structlog.typing import EventDict

_public: Callable[[int], int] | None = None


def name_messages(public: Callable[[int], int]) -> None:
    """From now on a line's `message_id` is the id that the customer was answered, not our own."""
    global _public  # noqa: PLW0603 -- there is one log to a process
    _public = public


def _with_public_id(logger: object, method: str, event: EventDict) -> EventDict:
    message_id = event.get("message_id")
    if _public is not None and isinstance(message_id, int):
        event["message_id"] = _public(message_id)
    return event


def _console() -> structlog.dev.ConsoleRenderer:
    # The pretty tracebacks show local variables, and passwords are among them.
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)


def telling() -> bool:
    """Whether each step of each message is told. A line costs more than the step, so this is asked first."""
    return logging.getLogger("kavle").isEnabledFor(logging.DEBUG)


def configure(level: str = "info") -> None:
    """Once, at start. The standard library's loggers (the server's, the writer's) come out the same way."""
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _with_public_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    terminal = sys.stderr.isatty()
    render = _console() if terminal else structlog.processors.JSONRenderer()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=processors,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                render,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
