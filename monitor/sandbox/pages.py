"""What a product's page says at any moment besides prices and sales: title, pictures, choices, freight, promises."""

from collections.abc import Iterator
from typing import NamedTuple

from monitor.sandbox.catalogue import Edit, Product
from monitor.sandbox.chance import Chance
from monitor.sandbox.rhythm import DAY, Rhythm, Spells
from monitor.sandbox.vocabulary import Choice

_DAYS = {
    Edit.TITLE: 35,
    Edit.PICTURE: 40,
    Edit.SPECIFICATION: 30,
    Edit.FREIGHT: 50,
    Edit.PROMISES: 60,
}
_PICTURE_HOSTS = ("p3-aio", "p6-aio", "p9-aio")
_PROMISES = (
    "pay_for_bad",
    "support_7days_refund",
    "customer_protection",
    "shop_qualification",
    "platform_announcement",
)
_MORE_PROMISES = ("freight_insurance", "fake_one_pay_ten", "delivery_48h")


class Freight(NamedTuple):
    """Delivery to most provinces costs `usual` fen, free from an order of `free_from` fen; to the far west more."""

    template: int
    usual: int
    free_from: int
    remote: int
    remote_more: int


_FREIGHTS = (
    Freight(896776, 0, 0, 1000, 100),
    Freight(903412, 600, 5900, 1500, 200),
    Freight(911853, 0, 0, 0, 0),
    Freight(927740, 800, 9900, 1800, 300),
)


class Presale(NamedTuple):
    """The record's `presell_type` (0 none, 1 full payment, 2 stepped) and the Unix second at which it ends."""

    kind: int = 0
    ends_at: int = 0


class Page(NamedTuple):
    """Everything on a product's page that its seller edits now and then."""

    title: str
    pictures: tuple[str, ...]
    choices: tuple[Choice, ...]
    freight: Freight
    promises: tuple[str, ...]
    presale: Presale


class PageEdits:
    """One product's page over time."""

    def __init__(self, chance: Chance, product: Product) -> None:
        self._chance = chance
        self._product = product
        self._name = product.num_iid
        self._edits = {
            edit: Rhythm(chance, f"{self._name}/{edit.name}", days * DAY)
            for edit, days in _DAYS.items()
            if edit in product.edits
        }
        self._presales = None
        if Edit.PRESALE in product.edits:
            announced = Rhythm(chance, f"{self._name}/presale", 30 * DAY, 0.6)
            self._presales = Spells(chance, announced, 2 * DAY, 5 * DAY)
        self._freight = chance.whole(len(_FREIGHTS), self._name, "freight")

    def at(self, now: int) -> Page:
        """The page at Unix second `now`."""
        titles = self._product.titles
        return Page(
            title=titles[self._version(Edit.TITLE, now) % len(titles)],
            pictures=self._pictures(self._version(Edit.PICTURE, now)),
            choices=self._choices(self._version(Edit.SPECIFICATION, now)),
            freight=_FREIGHTS[(self._freight + self._version(Edit.FREIGHT, now)) % len(_FREIGHTS)],
            promises=self._promises(self._version(Edit.PROMISES, now)),
            presale=self._presale(now),
        )

    def lasting(self, start: int, end: int) -> Iterator[int]:
        """The moments in (start, end] at which something on the page changes."""
        for rhythm in self._edits.values():
            yield from (beat.at for beat in rhythm.between(start, end))
        if self._presales:
            yield from self._presales.edges(start, end)

    def _version(self, edit: Edit, now: int) -> int:
        rhythm = self._edits.get(edit)
        return rhythm.last(now).number if rhythm else 0

    def _pictures(self, version: int) -> tuple[str, ...]:
        """Five pictures; an edit swaps the first."""
        return (
            picture(self._chance, self._name, "main", version),
            *(picture(self._chance, self._name, "picture", position) for position in range(4)),
        )

    def _choices(self, version: int) -> tuple[Choice, ...]:
        """The first choice's last value comes and goes with the edits, the others stay."""
        first, *rest = self._product.choices
        values = first.values if version % 2 else first.values[:-1]
        return (Choice(first.name, values), *rest)

    def _promises(self, version: int) -> tuple[str, ...]:
        more = _MORE_PROMISES[self._chance.whole(len(_MORE_PROMISES), self._name, "promise")]
        return (*_PROMISES, more) if version % 2 else _PROMISES

    def _presale(self, now: int) -> Presale:
        spell = self._presales.current(now) if self._presales else None
        return Presale(1 + spell.number % 2, spell.until) if spell else Presale()


def picture(chance: Chance, *words: object) -> str:
    """The address of a picture, on one of the platform's own hosts."""
    host = chance.pick(_PICTURE_HOSTS, *words, "host")
    return f"https://{host}.ecombdimg.com/obj/temai/{chance.hexadecimal(40, *words)}www800-800"
