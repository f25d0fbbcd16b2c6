"""Is an answer too odd to be believed at once, and does a second one settle it? Pure: values in,
values out.

The provider sometimes returns a placeholder as the price, or does not find an existing product, for
a minute also for every product. Such an answer is held in doubt until a second one agrees or
disagrees. One that may be the provider's fault is believed when the second comes half an hour
later, unless many of the last answers were odd in that way."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, Self

from monitor.provider.observation import GONE, Observation, Status

#: A price below ¥1 and a tenth of the price before is a placeholder, such as ¥0.01 or ¥0.1, and no
#: bargain.
PLACEHOLDER_BELOW_FEN, PLACEHOLDER_RATIO = 100, 10
VANISHED = GONE | {Status.ABNORMAL}
#: An odd answer is believed after this time, whatever other products tell.
BELIEVED_AFTER = timedelta(hours=3)
#: What may be the provider's fault is not believed while more of the last answers are so odd than
#: these few.
LAST_ANSWERS, FEW = 50, 5
_TIMES = ("seen_at", "since", "data_time")


class DoubtReason(StrEnum):
    HALVED = "halved"
    WORTHLESS = "worthless"
    GONE = "gone"


#: These may be the provider's fault. Many shops may halve their prices in one night, but they do
#: not all give everything away or close.
PROVIDERS_FAULTS = frozenset({DoubtReason.WORTHLESS, DoubtReason.GONE})


class Resolution(StrEnum):
    """How a doubt ended: a second answer agreed, one disagreed, or the odd answer lasted too
    long."""

    CONFIRMED = "confirmed"
    DROPPED = "dropped"
    PERSISTED = "persisted"


class Verdict(StrEnum):
    """What a later answer says about the one in doubt."""

    AGREES = "agrees"
    DENIES = "denies"
    #: It is as odd in another way.
    DIFFERS = "differs"
    SILENT = "silent"


class KnownState(Protocol):
    """What is known of a product before an answer: a state or the product's row."""

    @property
    def price(self) -> int | None: ...
    @property
    def status(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One field of an answer, and why it is odd. Prices in fen. `before` is None if nothing was
    known."""

    reason: DoubtReason
    field: str
    before: int | str | None
    after: int | str

    @property
    def may_be_a_fault(self) -> bool:
        return self.reason in PROVIDERS_FAULTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt(Suspicion):
    """An answer in doubt, received at `seen_at`.

    `since` is when the product came in doubt, perhaps by an earlier answer. `data_time` is the
    answer's, if told. `asked` says that the next one shall come soon."""

    seen_at: datetime
    since: datetime
    data_time: datetime | None = None
    request_id: str = ""
    asked: bool = False

    @classmethod
    def of(cls, suspicion: Suspicion, observation: Observation, seen_at: datetime) -> Self:
        """Return the doubt about a suspicious answer, received at `seen_at`."""
        return cls(
            **asdict(suspicion),
            seen_at=seen_at,
            since=seen_at,
            data_time=None if observation.status is Status.NOT_FOUND else observation.data_time,
            request_id=observation.request_id,
        )

    def is_old(self, now: datetime) -> bool:
        """Return whether the product has been in doubt so long that an answer is believed."""
        return now - self.since >= BELIEVED_AFTER

    def dump(self) -> dict[str, Any]:
        """Return JSON values for `load`."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def load(cls, stored: dict[str, Any]) -> Self:
        times = {name: stored[name] and datetime.fromisoformat(stored[name]) for name in _TIMES}
        # Earlier versions also stored how many answers did not settle it.
        kept = {field.name: stored[field.name] for field in fields(cls) if field.name in stored}
        return cls(**{**kept, **times, "reason": DoubtReason(stored["reason"])})


def suspicion(before: KnownState, observation: Observation) -> Suspicion | None:
    """Return what is odd about the answer, if anything.

    Odd are a price of half or less, a placeholder price, and a product that vanished. A product's
    first answer is odd if it is not found or costs less than ¥1. A product that is gone cannot
    vanish again."""
    status, price, known = observation.status, observation.price, before.price
    is_away = status in VANISHED if before.status else status is Status.NOT_FOUND
    if status is not None and is_away and before.status not in {status, *GONE}:
        return Suspicion(DoubtReason.GONE, "status", before.status, status.value)
    if price is None or (known is not None and price * 2 > known):
        return None
    is_placeholder = price < PLACEHOLDER_BELOW_FEN and (
        known is None or price * PLACEHOLDER_RATIO <= known
    )
    if known is None and (before.status is not None or not is_placeholder):
        return None
    return Suspicion(
        DoubtReason.WORTHLESS if is_placeholder else DoubtReason.HALVED, "price", known, price
    )


def verdict(doubt: Doubt, before: KnownState, observation: Observation) -> Verdict:
    """Return what `observation` says about the answer in doubt.

    It agrees if it is odd in the same field, even with another value. A reply from the provider's
    cache counts only if its data are newer: otherwise it may be the answer in doubt, or an earlier
    one. An uncached reply always counts, even with the same data time."""
    if observation.from_cache and not (doubt.data_time and observation.data_time > doubt.data_time):
        return Verdict.SILENT
    again = suspicion(before, observation)
    if again is None:
        return Verdict.SILENT if getattr(observation, doubt.field) is None else Verdict.DENIES
    return Verdict.AGREES if again.field == doubt.field else Verdict.DIFFERS
