"""Chance that repeats itself: the same words give the same number in every process, for ever."""

from collections.abc import Sequence
from hashlib import blake2b

_RANGE = 1 << 64


class Chance:
    """A source of numbers that depend on nothing but its seed and the words asked with."""

    def __init__(self, seed: int) -> None:
        self._key = seed.to_bytes(8, "big", signed=True)

    def _digest(self, words: tuple[object, ...], size: int) -> bytes:
        text = "\x1f".join(map(str, words))
        return blake2b(text.encode(), digest_size=size, key=self._key).digest()

    def unit(self, *words: object) -> float:
        """A number in [0, 1)."""
        # 53 bits are what a float holds; 64 of them could round up to 1.0.
        return (int.from_bytes(self._digest(words, 8), "big") >> 11) / (1 << 53)

    def whole(self, below: int, *words: object) -> int:
        """A whole number in [0, below)."""
        return int.from_bytes(self._digest(words, 8), "big") * below // _RANGE

    def between(self, low: float, high: float, *words: object) -> float:
        """A number in [low, high)."""
        return low + (high - low) * self.unit(*words)

    def pick[T](self, options: Sequence[T], *words: object) -> T:
        """One of `options`, each as likely as the others."""
        return options[self.whole(len(options), *words)]

    def shuffled[T](self, items: Sequence[T], *words: object) -> list[T]:
        """`items` in an order of chance's own."""
        order = sorted(range(len(items)), key=lambda position: self.unit(*words, position))
        return [items[position] for position in order]

    def hexadecimal(self, length: int, *words: object) -> str:
        """`length` hexadecimal digits (at most 128), as hashes and file names have them."""
        return self._digest(words, (length + 1) // 2).hex()[:length]
