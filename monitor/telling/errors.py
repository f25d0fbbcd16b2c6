"""Reasons why a row has no message."""

#: Errors of a bug or of unexpected data, while a message is read, written or sent.
PROGRAM_ERRORS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


class NoMessageError(Exception):
    """The row can never become a message. The English text says why and is in the catalogue."""


class NotWantedError(NoMessageError):
    """No error: the message is out of date, or its reader no longer wants it."""
