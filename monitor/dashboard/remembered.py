"""What is dear to read and seldom moves is remembered for a while, by each process for itself.

It is handed out as it was remembered: nobody may change it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from threading import Lock
from typing import Any

from cachetools import TTLCache

#: From this many rows on a count is remembered, for so many seconds: a few more or less say nothing new.
MANY, REMEMBERED = 10_000, 30
#: What has so many rows takes longer to read than to remember; of such rows at most so many are kept.
LARGE, MOST_ROWS = 2000, 60_000
#: Seconds for which the other things are kept, which are named by what would make them others.
WHILE = 600


class _Store:
    """Values by name, at most `most` of them or, where they have a `size`, so much of it; the oldest go first."""

    def __init__(self, most: int, seconds: float, size: Callable[[Any], int] | None = None) -> None:
        self._known: TTLCache[str, Any] = TTLCache(most, seconds, getsizeof=size)
        self._lock = Lock()

    def get(self, names: Iterable[str]) -> dict[str, Any]:
        """Those that are known."""
        with self._lock:
            found = [(name, self._known.get(name, _NOTHING)) for name in names]
        return {name: value for name, value in found if value is not _NOTHING}

    def keep(self, values: Mapping[str, Any]) -> None:
        with self._lock:
            self._known.update(values)

    def clear(self) -> None:
        with self._lock:
            self._known.clear()


_NOTHING = object()
_COUNTS = _Store(1000, REMEMBERED)
_EACH = _Store(2000, WHILE)
_LONG = _Store(MOST_ROWS, WHILE, size=lambda known: known[1])


def remembered[T](what: str, of: Iterable[object], count: Callable[[], T], rows: Callable[[T], int]) -> T:
    """`count()`, or what it was a moment ago. `of` says by what it differs, `rows` how many rows it took."""
    return _remembered(_COUNTS, f"{what}:{list(of)!r}", count, lambda told: rows(told) >= MANY)


def remembered_each[K, T](keys: Mapping[str, K], read: Callable[[Collection[K]], Mapping[K, T]]) -> dict[K, T]:
    """Something of each of `keys`, which are named by what would make it another thing. Reads what is not known yet,
    all at once.
    """
    known: dict[str, T] = _EACH.get(keys)
    if missing := {name: key for name, key in keys.items() if name not in known}:
        found = read(missing.values())
        news = {name: found[key] for name, key in missing.items()}
        _EACH.keep(news)
        known |= news
    return {key: known[name] for name, key in keys.items()}


def remembered_long[T](name: str, read: Callable[[], T], rows: Callable[[T], int]) -> T:
    """Something long that `name` tells from what it was before and what it becomes. `rows` says of how many it is."""
    told, _ = _remembered(_LONG, name, lambda: _sized(read(), rows), lambda sized: LARGE <= sized[1] <= MOST_ROWS)
    return told


def forget() -> None:
    """As if nothing had been remembered."""
    for store in (_COUNTS, _EACH, _LONG):
        store.clear()


def _sized[T](told: T, rows: Callable[[T], int]) -> tuple[T, int]:
    return told, rows(told)


def _remembered[T](store: _Store, name: str, read: Callable[[], T], is_worth_it: Callable[[T], bool]) -> T:
    known: dict[str, T] = store.get([name])
    if name in known:
        return known[name]
    told = read()
    if is_worth_it(told):
        store.keep({name: told})
    return told
