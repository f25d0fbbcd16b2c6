"""What a log must not hold: the secrets in the addresses of our mails, which Django names when it answers an error."""

import logging
import re

_SECRET = re.compile(r"(/(?:u|forgotten|invitations|settings/address)/)[^/\s'\"]+")


class LineFormatter(logging.Formatter):
    """One record, its traceback included, with `...` in the place of each secret."""

    def format(self, record: logging.LogRecord) -> str:
        return _SECRET.sub(r"\1...", super().format(record))
