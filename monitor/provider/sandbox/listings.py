"""The state of a product and its shop at any moment, computed from the ID and the moment alone."""

from dataclasses import dataclass, field
from typing import NamedTuple

from monitor.provider.sandbox import market
from monitor.provider.sandbox.catalogue import (
    EDITS,
    ON_SALE,
    SPECIAL_PLACES,
    Place,
    SandboxProduct,
    product_of,
)
from monitor.provider.sandbox.chance import DAY, HOUR, between, hexadecimal, spell, turn
from monitor.provider.sandbox.words import Seller
from monitor.provider.text import INVENTED_PICTURES

DIMENSIONS = ("product", "logistics", "shop")
ABOVE, LEVEL, BELOW = 1, 2, 3


#: By the highest score of a scale, as shares of it: the category's average, and how far scores
#: drift. A bad spell costs up to three times as much.
SCALES = {5: (0.95, 0.012), 100: (0.9, 0.03)}
LEVEL_BAND = 0.008


class SandboxScore(NamedTuple):
    """A score as in the record (a whole number up to 100, or up to 5 with two decimals), and its
    gap to the average."""

    value: float
    gap: int


#: What delivery costs, in fen.
FREIGHTS = (0, 600, 400, 800)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A product at Unix second `at`. Equality compares tracked values only. Prices in fen; `sales`
    as recorded."""

    product: SandboxProduct
    at: int = field(compare=False)
    sales: str | int
    prices: market.Prices
    place: Place
    title: str
    pictures: tuple[str, ...]
    choices: dict[str, tuple[str, ...]]
    freight: int
    scores: dict[str, SandboxScore]


def listing_at(num_iid: str, now: int) -> Listing | None:
    """Return the product at Unix second `now`; None if the provider cannot find it then."""
    product = product_of(num_iid)
    place = _place(product, now)
    if not place.is_found:
        return None
    (name, values), *other_choices = product.choices.items()
    return Listing(
        product=product,
        at=now,
        sales=market.shown_sales(product, market.units_sold(product, now)),
        prices=market.prices_at(product, now),
        place=place,
        title=product.titles[_version(product, "title", now) % len(product.titles)],
        pictures=(
            picture(num_iid, "main", _version(product, "pictures", now)),
            *(picture(num_iid, number) for number in range(4)),
        ),
        # The first value of the first choice is offered at times only.
        choices={
            name: values[_version(product, "specification", now) % 2 :],
            **dict(other_choices),
        },
        freight=FREIGHTS[_version(product, "freight", now) % len(FREIGHTS)],
        scores={dimension: _score(product.seller, dimension, now) for dimension in DIMENSIONS},
    )


def picture(num_iid: str, *version: object) -> str:
    """Return the URL of one of a product's pictures."""
    return f"{INVENTED_PICTURES}{num_iid}/{hexadecimal(8, num_iid, *version)}"


def _place(product: SandboxProduct, now: int) -> Place:
    absence = product.absence
    if product.special or absence is None:
        return SPECIAL_PLACES.get(product.special, ON_SALE)
    away = spell(
        absence.days * DAY, absence.low * HOUR, absence.high * HOUR, now, product.num_iid, "absence"
    )
    return ON_SALE if away is None else absence.places[away % len(absence.places)]


def _version(product: SandboxProduct, edit: str, now: int) -> int:
    """Return how often the seller has made the edit so far."""
    return turn(EDITS[edit] * DAY, now, product.num_iid, edit) if edit in product.edits else 0


def _score(seller: Seller, dimension: str, now: int) -> SandboxScore:
    """Return one of a shop's scores: it drifts week by week, and falls in a bad spell now and
    then."""
    (average, drift), words = SCALES[seller.scale], (seller.brand, dimension)
    step = turn(8 * DAY, now, *words)
    share = seller.quality + between(-drift, drift, *words) + between(-drift, drift, *words, step)
    bad_spell = spell(75 * DAY, 5 * DAY, 12 * DAY, now, *words, "spell")
    if bad_spell is not None:
        share -= 3 * drift * between(0.5, 1, *words, "spell", bad_spell)
    gap = LEVEL
    if abs(share - average) > LEVEL_BAND:
        gap = ABOVE if share > average else BELOW
    value = min(1.0, share) * seller.scale
    return SandboxScore(round(value, 2) if seller.scale == 5 else round(value), gap)
