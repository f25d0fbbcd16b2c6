"""Stored secrets are encrypted, and survive a change of SECRET_KEY."""

import pytest
from pytest_django.fixtures import Settings

from monitor.models.sealing import SealError, seal, unseal

OLD, NEW = "the old key", "the new key"


def test_a_sealed_secret_shows_nothing_and_opens_again() -> None:
    sealed = seal("https://hook.example/密钥", "channels")
    assert "hook" not in sealed
    assert sealed != seal("https://hook.example/密钥", "channels")
    assert unseal(sealed, "channels") == "https://hook.example/密钥"


def test_a_secret_of_an_earlier_key_opens_as_long_as_the_key_is_named(settings: Settings) -> None:
    settings.SECRET_KEY = OLD
    sealed = seal("secret", "channels")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert unseal(sealed, "channels") == "secret"
    renewed = seal("secret", "channels")
    settings.SECRET_KEY_FALLBACKS = []
    assert unseal(renewed, "channels") == "secret"
    with pytest.raises(SealError):
        unseal(sealed, "channels")


def test_a_secret_of_another_purpose_does_not_open() -> None:
    with pytest.raises(SealError):
        unseal(seal("secret", "channels"), "monitor.second-factor")


@pytest.mark.parametrize("sealed", ["", "gAAAA", "密", "x" * 500])
def test_what_is_no_secret_does_not_open(sealed: str) -> None:
    with pytest.raises(SealError):
        unseal(sealed, "channels")
