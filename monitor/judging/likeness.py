"""Pure: which products are like mine, by their category, title and price. Prices are in fen."""

from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz

#: The higher of two prices is at most so many times the lower one.
PRICE_FACTOR = 3
#: How alike titles are, out of 100. Without a known category the title alone says what it is.
FEWEST, LIKELY = 40, 80


@dataclass(frozen=True, slots=True)
class Traits:
    """What is compared; None is not known. `category` is the platform's number."""

    title: str
    price: int | None
    category: int | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """`score`: how alike the titles are, out of 100. `apart`: how far the price is from mine, in
    percent, None if a price is not known."""

    score: int
    is_same_category: bool
    apart: int | None

    @property
    def is_likely(self) -> bool:
        return self.is_same_category or self.score >= LIKELY


def most_alike(mine: Traits, others: Mapping[int, Traits]) -> dict[int, Likeness]:
    """Return how much the others, by key, are like mine, the most alike first. Those of another
    category or price range, and those whose title is not like mine, are left out."""
    alike = {key: likeness for key, other in others.items() if (likeness := _likeness(mine, other))}
    return dict(
        sorted(
            alike.items(),
            key=lambda item: (not item[1].is_same_category, -item[1].score, item[0]),
        )
    )


def _likeness(mine: Traits, other: Traits) -> Likeness | None:
    is_known = mine.category is not None and other.category is not None
    if is_known and mine.category != other.category:
        return None
    score = round(fuzz.ratio(mine.title, other.title))
    if not is_known and score < FEWEST:
        return None
    apart = None
    if mine.price and other.price:
        if max(mine.price, other.price) > PRICE_FACTOR * min(mine.price, other.price):
            return None
        # Rounded up: 'within 12%' holds.
        apart = -(-abs(other.price - mine.price) * 100 // mine.price)
    return Likeness(score, is_known, apart)
