"""Why there is no message."""


class NoMessageError(Exception):
    """A row that will never become a message, whoever tries; the text says why."""
