"""Even polling: one product after the other, each as often as the others, and the calls spread over the day."""

from collections.abc import Sequence

from monitor.simulation.play import DAY, MINUTE


class Even:
    """What fixed intervals come to when all products have the same."""

    def __init__(self, products: int, cap: int) -> None:
        self._products, self._cap = products, cap
        self._next = 0

    def hour(self, now: int) -> None:
        pass

    def chosen(self, now: int, spent: int) -> Sequence[int]:
        share = self._cap * (now % DAY + MINUTE) // DAY
        begin = self._next
        self._next += max(0, share - spent)
        return [number % self._products for number in range(begin, self._next)]

    def saw(self, product: int, now: int, value: int | None) -> None:
        pass
