"""Caches slow queries whose results rarely change, in Django's cache."""

from collections.abc import Callable
from hashlib import sha256
from typing import cast

from django.core.cache import cache

#: Counts from this number of rows on are cached: a few rows more or less do not matter.
CACHED_FROM_ROWS, CACHED_SECONDS = 1_000, 30


def cached[T](name: str, subject: object, read: Callable[[], T], seconds: int) -> T:
    """Return `read()`, cached for `seconds` under `name` and `subject`."""
    return cast(T, cache.get_or_set(_key(name, subject), read, seconds))


def cached_count[T](
    name: str, subject: object, read: Callable[[], T], rows: Callable[[T], int]
) -> T:
    """Return `read()`; cache it if `rows`, given the result, returns `CACHED_FROM_ROWS` or more."""
    key = _key(name, subject)
    result: T | None = cache.get(key)
    if result is None:
        result = read()
        if rows(result) >= CACHED_FROM_ROWS:
            cache.set(key, result, CACHED_SECONDS)
    return result


def _key(name: str, subject: object) -> str:
    return f"{name}:{sha256(repr(subject).encode()).hexdigest()}"
