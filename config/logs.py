"""Logs to standard error: lines for people, or JSON for programs, both redacted.

`gunicorn.conf.py` runs this file by its path, so it imports nothing of ours.
"""

from collections.abc import Callable
from typing import Any

import structlog

#: Those that would keep handlers of their own.
OTHERS = ("gunicorn.error", "uvicorn", "uvicorn.error")


def as_line(_logger: object, _name: str, event: dict[str, Any]) -> str:
    """Return an entry for people to read."""
    traceback = f"\n{event['exception']}" if "exception" in event else ""
    return (
        f"{event['time']} {event['level'].upper()} {event['logger']}: {event['event']}{traceback}"
    )


def logging_config(
    style: str, level: str, redact: Callable[[Any], Any] = lambda event: event
) -> dict[str, Any]:
    """Return the configuration of `logging`. `style` is JSON or LINE, `redact` a
    `Redaction.tree`."""
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [
            structlog.processors.TimeStamper("iso", key="time", utc=True),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            # The request with its route and user, or the task and its batch.
            structlog.contextvars.merge_contextvars,
        ],
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            lambda _logger, _name, event: redact(event),
            as_line if style == "LINE" else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"redacted": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "redacted"}},
        "loggers": {
            **{name: {"handlers": [], "propagate": True} for name in OTHERS},
            # They would log each call of a tool.
            **{name: {"level": "WARNING"} for name in ("httpx2", "mcp")},
        },
        "root": {"handlers": ["stderr"], "level": level},
    }
