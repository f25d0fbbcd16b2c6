"""Encrypts secrets that are stored in the database, with keys derived from `SECRET_KEY`.

Fernet (AES-128-CBC and HMAC-SHA256). A secret sealed with a key of `SECRET_KEY_FALLBACKS` can still
be opened, so the key can be changed without a loss: seal what was opened again."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


class SealError(Exception):
    """The secret was sealed with a key that is neither `SECRET_KEY` nor one of its fallbacks."""


def seal(text: str, purpose: str) -> str:
    return _cipher(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, purpose: str) -> str:
    """Raise SealError."""
    try:
        return _cipher(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealError from None


def _cipher(purpose: str) -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    keys = (
        salted_hmac(purpose, "", secret=secret, algorithm="sha256").digest() for secret in secrets
    )
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
