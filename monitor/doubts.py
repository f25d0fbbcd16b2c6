"""Is a reading too odd to be believed at once, and does another one settle it? Pure: values in, values out.

A provider now and then reads a placeholder for a price, or finds nothing where a product is. Such a reading is held in
doubt where a rule would hear of it, until a second one agrees with it or tells otherwise. Where very many products
are read so at once the provider is likelier to be at fault, unless they are of few shops: those may have closed.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, Self

from monitor.provider.observation import GONE, Observation, Status

#: Less than ¥1 and a tenth of the price before is almost nothing: a placeholder's ¥0.01 or ¥0.1, not a bargain.
ALMOST_NOTHING, TIMES_LESS = 100, 10
VANISHED = GONE | {Status.ABNORMAL}
#: What is told of a product for so long is its state, however odd.
BELIEVED_AFTER = timedelta(hours=3)
#: And so is what other readings could not settle so often.
MOST_READINGS = 4
_TIMES = ("seen_at", "since", "data_time")


class DoubtReason(StrEnum):
    HALVED = "halved"
    WORTHLESS = "worthless"
    GONE = "gone"


#: Where many products at once are read so, the provider is the likelier reason: shops halve their prices on one night,
#: but do not all give everything away or close.
PROVIDERS_FAULTS = frozenset({DoubtReason.WORTHLESS, DoubtReason.GONE})

#: So many vanished products of one shop are asked for again. If all of them are gone, the shop has taken its products
#: off sale, and the others are believed as well,
SAMPLE = 3
#: unless of so many second readings of any shop more than one tells otherwise: then the provider is not to be trusted.
ONE_OF = 5


class Ending(StrEnum):
    """How a doubt ended: a second reading agreed, another told otherwise, or the same was told for too long."""

    CONFIRMED = "confirmed"
    DROPPED = "dropped"
    PERSISTED = "persisted"


class Verdict(StrEnum):
    """What a later reading says of the one in doubt."""

    AGREES = "agrees"
    DENIES = "denies"
    #: It is as odd in another way.
    DIFFERS = "differs"
    SILENT = "silent"


class KnownState(Protocol):
    """What is known of a product before a reading: a state, or the row that holds it."""

    @property
    def price(self) -> int | None: ...
    @property
    def status(self) -> str | None: ...


class OddReadings(NamedTuple):
    """So many times products of a shop were read as the provider's faults have it, and how their doubts ended, if they
    have. Without a shop each is by itself."""

    shop: int | None
    times: int = 1
    ending: Ending | None = None
    is_gone: bool = True


@dataclass(frozen=True, slots=True)
class DoubtOutlook:
    """What the odd readings of a while say of the provider.

    More than `most` of them, or of shops that they are of, make a wave. `healthy` are shops of which products were read
    as on sale since the first of them.
    """

    seen: Sequence[OddReadings]
    healthy: Collection[int]
    most: int

    @property
    def is_wave(self) -> bool:
        """Whether there are so many that the provider is likelier to be at fault than each of the products gone."""
        return sum(one.times for one in self.seen) > self.most

    @property
    def is_confined(self) -> bool:
        """Whether few shops have vanished products, and no fewer have others on sale: the provider knows those."""
        shops = {one.shop for one in self.seen if one.shop is not None}
        alone = sum(one.times for one in self.seen if one.shop is None)
        return len(shops) + alone <= min(self.most, len(self.healthy))

    def _second(self, ending: Ending, shop: int | None = None) -> int:
        of_shop = (one for one in self.seen if shop is None or one.shop == shop)
        return sum(one.times for one in of_shop if one.ending is ending and one.is_gone)

    def may_believe(self, shop: int | None) -> bool:
        """Whether a second reading by which a product of the shop is gone is believed, though there is a wave."""
        if shop is None or not self.is_confined or self._second(Ending.DROPPED, shop):
            return False
        told_otherwise = self._second(Ending.DROPPED)
        return told_otherwise <= 1 or told_otherwise * ONE_OF <= told_otherwise + self._second(Ending.CONFIRMED)

    def to_sample(self, shop: int | None) -> int:
        """How many more of the shop's vanished products are to be asked for again."""
        return max(0, SAMPLE - self._second(Ending.CONFIRMED, shop)) if self.may_believe(shop) else 0

    def believes(self, shop: int | None) -> bool:
        """Whether a product of the shop that is read as gone is gone, by what second readings tell of others."""
        return self.may_believe(shop) and self.to_sample(shop) == 0


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One field of a reading, and why it is odd. Prices in fen."""

    reason: DoubtReason
    field: str
    before: int | str
    after: int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A reading in doubt: what it told, when it came, and how often what was told since did not settle it.

    `since` is when the product came in doubt, which may have been by another reading. `data_time` is the reading's,
    where the provider told one; `asked` says that a call was made to confirm it.
    """

    reason: DoubtReason
    field: str
    before: int | str
    after: int | str
    seen_at: datetime
    since: datetime
    data_time: datetime | None = None
    request_id: str = ""
    readings: int = 1
    asked: bool = False

    @classmethod
    def of(cls, suspicion: Suspicion, observation: Observation, seen_at: datetime) -> Self:
        """The doubt that a suspicious reading, received at `seen_at`, gives rise to."""
        told = None if observation.status is Status.NOT_FOUND else observation.data_time
        return cls(
            reason=suspicion.reason,
            field=suspicion.field,
            before=suspicion.before,
            after=suspicion.after,
            seen_at=seen_at,
            since=seen_at,
            data_time=told,
            request_id=observation.request_id,
        )

    def held_again(self) -> Self:
        """The same after one more reading that did not settle it, nor is to be repeated soon."""
        return replace(self, readings=self.readings + 1, asked=False)

    def is_old(self, now: datetime) -> bool:
        """Whether what is read now is to be believed, since it has been doubted for long enough."""
        return now - self.since >= BELIEVED_AFTER

    def dump(self) -> dict[str, Any]:
        """As JSON has it; `load` reads it."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(self).items()
        }

    @classmethod
    def load(cls, stored: dict[str, Any]) -> Self:
        times = {name: stored[name] and datetime.fromisoformat(stored[name]) for name in _TIMES}
        return cls(**{**stored, **times, "reason": DoubtReason(stored["reason"])})


def suspicion(before: KnownState, observation: Observation) -> Suspicion | None:
    """What is odd about the reading, if anything: a price of half or less, or of almost nothing; a product that
    vanished, whether it was on sale, off the shelf or banned. A product's first reading is never odd: there is nothing
    to compare it with. What is gone already cannot vanish again."""
    status, price, known = observation.status, observation.price, before.price
    if status in VANISHED and before.status is not None and before.status not in {status, *GONE}:
        assert status is not None
        return Suspicion(DoubtReason.GONE, "status", before.status, status.value)
    if price is None or known is None or price * 2 > known:
        return None
    worthless = price < ALMOST_NOTHING and price * TIMES_LESS <= known
    return Suspicion(DoubtReason.WORTHLESS if worthless else DoubtReason.HALVED, "price", known, price)


def verdict(doubt: Doubt, before: KnownState, observation: Observation) -> Verdict:
    """What `observation` says of the reading in doubt.

    It agrees if it is odd in the same field, be it by another value. From the provider's cache it says something only
    where its data are newer: otherwise it may be the very reading in doubt, or one from before it. What was asked
    uncached was read anew, though it may be of the same second.
    """
    stored = observation.from_cache and not (doubt.data_time and observation.data_time > doubt.data_time)
    if stored:
        return Verdict.SILENT
    again = suspicion(before, observation)
    if again is None:
        return Verdict.SILENT if getattr(observation, doubt.field) is None else Verdict.DENIES
    return Verdict.AGREES if again.field == doubt.field else Verdict.DIFFERS
