"""Is a reading too odd to be believed at once, and does a second one settle it? Pure: values in, values out.

The provider sometimes returns a placeholder as the price, or does not find an existing product. Such a reading is held
in doubt until a second one agrees or disagrees. A second one proves nothing if the provider has answered wrongly ever
since the first. If very many products have odd readings at once, the provider is probably at fault, unless they belong
to few shops: those may have closed.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, Self

from monitor.provider.observation import GONE, Observation, Status

#: A price below ¥1 and a tenth of the price before is a placeholder, such as ¥0.01 or ¥0.1, and no bargain.
PLACEHOLDER_BELOW_FEN, PLACEHOLDER_RATIO = 100, 10
VANISHED = GONE | {Status.ABNORMAL}
#: An odd reading is believed after this time, and after this many readings that did not settle it.
BELIEVED_AFTER = timedelta(hours=3)
MOST_READINGS = 4
_TIMES = ("seen_at", "since", "data_time")


class DoubtReason(StrEnum):
    HALVED = "halved"
    WORTHLESS = "worthless"
    GONE = "gone"


#: For many products at once, these are probably the provider's fault. Many shops may halve their prices in one night,
#: but they do not all give everything away or close.
PROVIDERS_FAULTS = frozenset({DoubtReason.WORTHLESS, DoubtReason.GONE})

#: Up to this many odd readings at once are not the provider's fault, nor is one in this many of all readings.
FEW, READINGS_PER_ODD_ONE = 5, 20
#: This many vanished products of a shop are checked again. If all are gone, the shop's other products are too.
SAMPLE = 3
#: If more than one in this many second readings, of all shops, disagreed, the provider cannot be trusted.
TRUSTED_READINGS_PER_DENIAL = 5


class Ending(StrEnum):
    """How a doubt ended: a second reading agreed, one disagreed, or the odd reading lasted too long."""

    CONFIRMED = "confirmed"
    DROPPED = "dropped"
    PERSISTED = "persisted"


class Verdict(StrEnum):
    """What a later reading says about the one in doubt."""

    AGREES = "agrees"
    DENIES = "denies"
    #: It is as odd in another way.
    DIFFERS = "differs"
    SILENT = "silent"


class KnownState(Protocol):
    """What is known of a product before a reading: a state or the product's row."""

    @property
    def price(self) -> int | None: ...
    @property
    def status(self) -> str | None: ...


class OddReadings(NamedTuple):
    """Odd readings of one shop's products, how many, and how their doubts ended, if they have.

    Readings without a shop are not related to each other.
    """

    shop: int | None
    times: int = 1
    ending: Ending | None = None
    is_gone: bool = True


@dataclass(frozen=True, slots=True)
class DoubtOutlook:
    """What recent odd readings say about the provider.

    Since the first of them, `on_sale` other products were read as on sale, of the shops `healthy`. `on_sale_at`: when
    another product was last read as on sale; None if there is no other one.
    """

    seen: Sequence[OddReadings] = ()
    healthy: Collection[int] = ()
    on_sale: int = 0
    on_sale_at: datetime | None = None

    @property
    def odd(self) -> int:
        return sum(readings.times for readings in self.seen)

    @property
    def most(self) -> int:
        return most_at_once(self.odd + self.on_sale)

    @property
    def is_wave(self) -> bool:
        """Whether more readings are odd than a healthy provider sends."""
        return self.odd > self.most

    @property
    def is_confined(self) -> bool:
        """Whether few shops have vanished products, and at least as many other shops still have products on sale."""
        shops = {readings.shop for readings in self.seen if readings.shop is not None}
        unrelated = sum(readings.times for readings in self.seen if readings.shop is None)
        return len(shops) + unrelated <= min(self.most, len(self.healthy))

    def _count_gone(self, ending: Ending, shop: int | None = None) -> int:
        """Count doubts about vanished products, of one shop or of all, that ended this way."""
        of_shop = (readings for readings in self.seen if shop is None or readings.shop == shop)
        return sum(readings.times for readings in of_shop if readings.ending is ending and readings.is_gone)

    def may_believe(self, shop: int | None) -> bool:
        """Return whether a second reading that a product of the shop is gone is believed in spite of a wave."""
        if shop is None or not self.is_confined or self._count_gone(Ending.DROPPED, shop):
            return False
        denials = self._count_gone(Ending.DROPPED)
        all_readings = denials + self._count_gone(Ending.CONFIRMED)
        return denials <= 1 or denials * TRUSTED_READINGS_PER_DENIAL <= all_readings

    def to_sample(self, shop: int | None) -> int:
        """Return how many more of the shop's vanished products to check again."""
        return max(0, SAMPLE - self._count_gone(Ending.CONFIRMED, shop)) if self.may_believe(shop) else 0

    def believes(self, shop: int | None) -> bool:
        """Return whether the shop's vanished products are believed gone because second readings confirmed it for
        others."""
        return self.may_believe(shop) and self.to_sample(shop) == 0


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One field of a reading, and why it is odd. Prices in fen. `before` is None if nothing was known."""

    reason: DoubtReason
    field: str
    before: int | str | None
    after: int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt(Suspicion):
    """A reading in doubt, received at `seen_at`.

    `since` is when the product came in doubt, perhaps by an earlier reading. `data_time` is the reading's, if told.
    `readings` counts those that did not settle it; `asked` says that the next one shall come soon.
    """

    seen_at: datetime
    since: datetime
    data_time: datetime | None = None
    request_id: str = ""
    readings: int = 1
    asked: bool = False

    @classmethod
    def of(cls, suspicion: Suspicion, observation: Observation, seen_at: datetime) -> Self:
        """Return the doubt about a suspicious reading, received at `seen_at`."""
        return cls(
            **asdict(suspicion),
            seen_at=seen_at,
            since=seen_at,
            data_time=None if observation.status is Status.NOT_FOUND else observation.data_time,
            request_id=observation.request_id,
        )

    def held_again(self) -> Self:
        """Return the doubt after one more reading that did not settle it."""
        return replace(self, readings=self.readings + 1)

    def is_old(self, now: datetime) -> bool:
        """Return whether the product has been in doubt so long that a reading is believed."""
        return now - self.since >= BELIEVED_AFTER

    def dump(self) -> dict[str, Any]:
        """Return JSON values for `load`."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(self).items()
        }

    @classmethod
    def load(cls, stored: dict[str, Any]) -> Self:
        times = {name: stored[name] and datetime.fromisoformat(stored[name]) for name in _TIMES}
        return cls(**{**stored, **times, "reason": DoubtReason(stored["reason"])})


def most_at_once(readings: int) -> int:
    """Return how many of these readings, or shops with odd ones, may be odd while the provider works well."""
    return max(FEW, readings // READINGS_PER_ODD_ONE)


def suspicion(before: KnownState, observation: Observation) -> Suspicion | None:
    """Return what is odd about the reading, if anything.

    Odd are a price of half or less, a placeholder price, and a product that vanished. A product's first reading is odd
    if it is not found or costs less than ¥1. A product that is gone cannot vanish again.
    """
    status, price, known = observation.status, observation.price, before.price
    is_away = status in VANISHED if before.status else status is Status.NOT_FOUND
    if status is not None and is_away and before.status not in {status, *GONE}:
        return Suspicion(DoubtReason.GONE, "status", before.status, status.value)
    if price is None or (known is not None and price * 2 > known):
        return None
    is_placeholder = price < PLACEHOLDER_BELOW_FEN and (known is None or price * PLACEHOLDER_RATIO <= known)
    if known is None and (before.status is not None or not is_placeholder):
        return None
    return Suspicion(DoubtReason.WORTHLESS if is_placeholder else DoubtReason.HALVED, "price", known, price)


def verdict(doubt: Doubt, before: KnownState, observation: Observation) -> Verdict:
    """Return what `observation` says about the reading in doubt.

    It agrees if it is odd in the same field, even with another value. A reply from the provider's cache counts only if
    its data are newer: otherwise it may be the reading in doubt, or an earlier one. An uncached reply always counts,
    even with the same data time.
    """
    if observation.from_cache and not (doubt.data_time and observation.data_time > doubt.data_time):
        return Verdict.SILENT
    again = suspicion(before, observation)
    if again is None:
        return Verdict.SILENT if getattr(observation, doubt.field) is None else Verdict.DENIES
    return Verdict.AGREES if again.field == doubt.field else Verdict.DIFFERS
