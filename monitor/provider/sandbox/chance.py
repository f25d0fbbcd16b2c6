"""Repeatable chance: the same words give the same number in every process, at any time."""

from collections.abc import Sequence
from hashlib import blake2b

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def hexadecimal(length: int, *words: object) -> str:
    """Return `length` hexadecimal digits, an even number."""
    return blake2b("/".join(map(str, words)).encode(), digest_size=length // 2).hexdigest()


def draw(*words: object) -> float:
    """Return a number in [0, 1)."""
    return int(hexadecimal(12, *words), 16) / 16**12


def between(low: float, high: float, *words: object) -> float:
    """Return a number in [low, high)."""
    return low + (high - low) * draw(*words)


def pick[T](options: Sequence[T], *words: object) -> T:
    """Return one of `options`, all equally likely."""
    return options[int(len(options) * draw(*words))]


def turn(period: int, now: int, *words: object) -> int:
    """Return the number of turns up to Unix second `now`. Each `period` seconds have one, at a
    random moment."""
    number, passed = divmod(now, period)
    return number if passed >= period * draw(*words, number) else number - 1


def spell(period: int, low: int, high: int, now: int, *words: object) -> int | None:
    """Return the number of the spell at Unix second `now`, or None.

    Each period of `period` seconds has one spell of `low` to `high` seconds.
    """
    number, passed = divmod(now, period)
    length = between(low, high, *words, number, "length")
    begin = between(0, period - length, *words, number)
    return number if begin <= passed < begin + length else None
