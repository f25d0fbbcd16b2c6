"""Logs to standard error: lines for people, or JSON for programs, both redacted.

`gunicorn.conf.py` runs this file by its path, so it imports nothing of ours.
"""

import logging
from collections.abc import Callable
from typing import Any

import structlog

#: Those that would keep handlers of their own.
OTHERS = ("gunicorn.error", "uvicorn", "uvicorn.error", "celery", "celery.task")


class LineFormatter(logging.Formatter):
    """Formats a record and its traceback as text, with `...` in place of each secret."""

    def __init__(self, *args: Any, redact: Callable[[str], str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.redact = redact

    def format(self, record: logging.LogRecord) -> str:
        return self.redact(super().format(record))


def logging_config(style: str, level: str, redaction: Any = None) -> dict[str, Any]:
    """Return the configuration of `logging`. `style` is JSON or LINE, `redaction` a `config.redaction.Redaction`."""

    def redact(_logger: object, _name: str, event: dict[str, Any]) -> dict[str, Any]:
        redacted: dict[str, Any] = redaction.tree(event) if redaction else event
        return redacted

    line = {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}
    json = {
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
            redact,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    }
    if redaction:
        line |= {"()": LineFormatter, "redact": redaction.text}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"LINE": line, "JSON": json},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": style}},
        "loggers": {
            **{name: {"handlers": [], "propagate": True} for name in OTHERS},
            # They would log each call of a tool.
            **{name: {"level": "WARNING"} for name in ("httpx2", "mcp")},
        },
        "root": {"handlers": ["stderr"], "level": level},
    }
