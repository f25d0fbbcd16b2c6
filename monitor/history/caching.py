"""Caches what takes long to read and soon changes little, through Django's cache."""

from collections.abc import Callable
from hashlib import sha256

from django.core.cache import cache

#: From this many rows on a count is cached, for so many seconds: a few rows more or less say nothing new.
CACHED_FROM_ROWS, CACHED_SECONDS = 10_000, 30


def cached[T](name: str, subject: object, read: Callable[[], T], seconds: int) -> T:
    """Returns `read()`, or what it was up to so many seconds ago. `subject` tells it from others of this `name`."""
    return cached_count(name, subject, read, lambda _: CACHED_FROM_ROWS, seconds)


def cached_count[T](
    name: str, subject: object, read: Callable[[], T], rows: Callable[[T], int], seconds: int = CACHED_SECONDS
) -> T:
    """The same, cached only where `rows` says that it took very many rows."""
    key = f"{name}:{sha256(repr(subject).encode()).hexdigest()}"
    result: T | None = cache.get(key)
    if result is None:
        result = read()
        if rows(result) >= CACHED_FROM_ROWS:
            cache.set(key, result, seconds)
    return result
