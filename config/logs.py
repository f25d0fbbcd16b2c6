"""Keeps secrets out of the log: links in our mails have tokens, and Django logs the paths of failed requests."""

import logging
import re

_SECRET = re.compile(
    r"(/(?:u|feed|forgotten|invitations|settings/address(?:/back)?|account/(?:recover|restore|not-me))/)[^/\s'\"]+"
)


class LineFormatter(logging.Formatter):
    """Formats a record and its traceback, with `...` in place of each secret."""

    def format(self, record: logging.LogRecord) -> str:
        return _SECRET.sub(r"\1...", super().format(record))
