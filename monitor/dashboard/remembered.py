"""Figures that are counted from very many rows are remembered for a while: a few more or less say nothing new."""

from collections.abc import Callable, Iterable
from hashlib import blake2b

from django.core.cache import cache

#: From this many rows on a count is remembered, for so many seconds.
MANY, REMEMBERED = 10_000, 30


def remembered[T](what: str, of: Iterable[object], count: Callable[[], T], rows: Callable[[T], int]) -> T:
    """`count()`, or what it was a moment ago. `of` says by what it differs, `rows` how many rows it took."""
    asked = blake2b(repr(list(of)).encode(), digest_size=16).hexdigest()
    key = f"{what}:{asked}"
    known: T | None = cache.get(key)
    if known is None:
        known = count()
        if rows(known) >= MANY:
            cache.set(key, known, REMEMBERED)
    return known
