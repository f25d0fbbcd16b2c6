"""What is dear to read and seldom moves is remembered for a while, by each process for itself."""

from collections.abc import Callable, Collection, Iterable, Mapping
from hashlib import blake2b
from typing import Any

from django.core.cache import cache, caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache

#: From this many rows on a count is remembered, for so many seconds: a few more or less say nothing new.
MANY, REMEMBERED = 10_000, 30
#: The cache of many small things.
EACH = "each"
#: The cache of a few large things: what has so many rows takes longer to read than to remember.
LONG, LARGE = "long", 2000


def remembered[T](what: str, of: Iterable[object], count: Callable[[], T], rows: Callable[[T], int]) -> T:
    """`count()`, or what it was a moment ago. `of` says by what it differs, `rows` how many rows it took."""
    asked = blake2b(repr(list(of)).encode(), digest_size=16).hexdigest()
    return _remembered(cache, f"{what}:{asked}", count, lambda known: rows(known) >= MANY, REMEMBERED)


def remembered_each[K, T](keys: Mapping[str, K], read: Callable[[Collection[K]], Mapping[K, T]]) -> dict[K, T]:
    """Something of each of `keys`, which are named by what would make it another thing. Reads what is not known yet,
    all at once.
    """
    small = caches[EACH]
    known: dict[str, T] = small.get_many(keys)
    if missing := {name: key for name, key in keys.items() if name not in known}:
        found = read(missing.values())
        news = {name: found[key] for name, key in missing.items()}
        small.set_many(news)
        known |= news
    return {key: known[name] for name, key in keys.items()}


def remembered_long[T](name: str, read: Callable[[], T], rows: Callable[[T], int]) -> T:
    """Something long that `name` tells from what it was before and what it becomes. `rows` says of how many it is."""
    return _remembered(caches[LONG], name, read, lambda known: rows(known) >= LARGE)


def _remembered[T](
    store: BaseCache, key: str, read: Callable[[], T], is_dear: Callable[[T], bool], seconds: Any = DEFAULT_TIMEOUT
) -> T:
    known: T | None = store.get(key)
    if known is None:
        known = read()
        if is_dear(known):
            store.set(key, known, seconds)
    return known
