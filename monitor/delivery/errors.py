"""Why there is no message."""


class NoMessageError(Exception):
    """A row that will never become a message, whoever tries; the English text says why, and is in the catalogue."""


class NotWantedError(NoMessageError):
    """Nothing is wrong: what the message was to say has been overtaken, or its reader wants it no more."""
