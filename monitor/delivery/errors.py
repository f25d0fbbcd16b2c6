"""Reasons why a row has no message."""


class NoMessageError(Exception):
    """The row can never become a message. The English text says why and is in the catalogue."""


class NotWantedError(NoMessageError):
    """No error: the message is out of date, or its reader no longer wants it."""
