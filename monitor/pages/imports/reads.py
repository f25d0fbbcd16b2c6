"""An import: its preview with the cost, and the progress of the first checks, in a fixed number of queries."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from monitor.models import Import, ImportRow, Pace, Product, User, Watch, Watchlist
from monitor.models.imports import ADDABLE, RowKind, RowTrouble
from monitor.pages.shared.health import is_silent
from monitor.planning.calls import Calls, ListPace, calls_of, limits_of, tightened
from monitor.planning.fit import counted
from monitor.planning.forecast import Forecast, interval_that_fits, scheduled_paces, without
from monitor.planning.frame import Shell
from monitor.planning.rates import learned_rates
from monitor.schedule.census import Census
from monitor.schedule.limits import Limits
from monitor.watchlists.requests import first_check_times
from monitor.watchlists.rescheduling import limits_by_product
from monitor.watchlists.services import MOST_AWAITED

#: The preview shows only these rows of each kind; a file has all problems.
SHOWN = 200
#: Added products that the result shows.
RESULT_SHOWN = 20
#: A worker should have begun with the checks by then.
SHOULD_HAVE_BEGUN = timedelta(seconds=30)
SECOND = timedelta(seconds=1)
#: Fewer checks are not enough for an estimate.
CHECKS_FOR_A_PACE = 3


@dataclass(slots=True)
class ImportGroup:
    """The rows of one kind: how many there are and are ticked, and the first ones."""

    count: int = 0
    chosen: int = 0
    rows: list[ImportRow] = field(default_factory=list)
    #: For products that are on other lists: the names of these lists, by the product's key.
    lists: Mapping[int, list[str]] = field(default_factory=dict)

    @property
    def more(self) -> int:
        """Rows that are not shown."""
        return self.count - len(self.rows)


@dataclass(frozen=True, slots=True)
class ImportCost:
    """The effect of the chosen rows on the budget. Of the `first` checks some are made `at_once`; the schedule makes
    the others within `spread`."""

    asked: ListPace
    products: int
    first: int
    at_once: int
    spread: timedelta
    is_paused: bool
    forecast: Forecast
    #: If the chosen interval costs too much: the shortest one that fits, if any.
    fits: timedelta | None = None

    @property
    def later(self) -> int:
        """First checks that the schedule makes."""
        return self.first - self.at_once

    @property
    def is_over_allowance(self) -> bool:
        """Whether a larger allowance would mean more checks at once."""
        return bool(self.later) and self.products <= MOST_AWAITED

    @property
    def per_product(self) -> Calls:
        """Calls a day for a product that nobody checks yet."""
        return calls_of(self.asked.limits())

    @property
    def shares(self) -> tuple[int, int]:
        """The calls needed before and the added ones, per mille of the budget or, if larger, of all needed calls."""
        before, added = self.forecast.scheduled.least, self.forecast.added
        whole = max(self.forecast.budget, math.ceil(before + added), 1)
        return round(before * 1000 / whole), round(added * 1000 / whole)


def preview_groups(of: Import) -> dict[str, ImportGroup]:
    """The groups by `RowKind`. Three queries."""
    groups = {kind.value: ImportGroup() for kind in RowKind}
    rows = of.rows.with_kind(of)
    chosen = Count("pk", filter=Q(is_chosen=True))
    for kind, count, ticked in rows.order_by().values_list("kind").annotate(n=Count("pk"), ticked=chosen):
        groups[kind].count, groups[kind].chosen = count, ticked
    place = Window(RowNumber(), partition_by=[F("kind")], order_by=F("pk").asc())
    for row in rows.annotate(place=place).filter(place__lte=SHOWN).select_related("product").order_by("pk"):
        groups[row.kind].rows.append(row)
    elsewhere = groups[RowKind.ELSEWHERE]
    elsewhere.lists = _lists_of(of.owner, [row.product_id for row in elsewhere.rows])
    return groups


def _lists_of(user: User, products: Sequence[int | None]) -> Mapping[int, list[str]]:
    """The names of the user's lists on which each product is. One query."""
    names: dict[int, list[str]] = defaultdict(list)
    watches = Watch.objects.for_user(user).filter(product__in=products).order_by("watchlist__name")
    for product, name in watches.values_list("product", "watchlist__name"):
        names[product].append(name)
    return names


def import_cost(of: Import, choices: Iterable[timedelta], shell: Shell, now: datetime) -> ImportCost:
    """The cost of the chosen rows with the import's settings, as if only its owner watched anything: the cost must not
    reveal what others watch. Four queries; six if the owner's other lists have some of the products."""
    is_paused = of.watchlist is not None and of.watchlist.is_paused
    schedule, asked = scheduled_paces(), asked_for(of)
    before = _asked_by_now(of)
    products, rates = sum(before.values()), learned_rates()
    own = Product.objects.filter(pk__in=_on_other_lists(of).values("product"))
    known = counted(rates.fleet.prior, own) if products > before[None] else Census()
    rates = rates.about(known, new=before[None], weight=asked.weight)

    def at(interval: timedelta) -> Forecast:
        usual, after = asked.at(interval).limits(), Counter[Limits | None]()
        for limits, count in before.items():
            after[usual if limits is None else tightened(usual, limits)] += count
        return Forecast(shell.budget, without(schedule, before), before, after, rates)

    forecast = Forecast(shell.budget, schedule) if is_paused else at(asked.interval)
    first = 0 if is_paused else before[None]
    most = first if shell.allowance is None else shell.allowance.left
    at_once = min(first, most) if products <= MOST_AWAITED else 0
    return ImportCost(
        asked=asked,
        products=products,
        first=first,
        at_once=at_once,
        spread=_wait_for_last(of, first - at_once, shell, now),
        is_paused=is_paused,
        forecast=forecast,
        fits=interval_that_fits(choices, at) if forecast.over else None,
    )


def _wait_for_last(of: Import, later: int, shell: Shell, now: datetime) -> timedelta:
    """How long the schedule needs for `later` first checks."""
    owner = of.owner_id if of.watchlist is None else of.watchlist.owner_id
    times = first_check_times(owner, shell.first_checks_a_day, now)
    return next(islice(times, later - 1, None)) - now if later else timedelta(0)


def asked_for(of: Import) -> ListPace:
    """The settings for the import's products: its own, or else its list's."""
    asked = ListPace.by(of.watchlist or Watchlist())
    return replace(asked, interval=of.interval, pace=of.pace or (asked.pace if of.watchlist else Pace.ADAPTIVE))


def _asked_by_now(of: Import) -> Counter[Limits | None]:
    """How the owner's lists check the chosen products now; None counts those that no list checks."""
    kinds = dict(_to_add(of).order_by().values_list("kind").annotate(n=Count("pk")))
    before = Counter[Limits | None]()
    if kinds.get(RowKind.ELSEWHERE):
        own = Watch.objects.active().for_user(of.owner).filter(product__in=_on_other_lists(of).values("product"))
        before.update(
            limits_of(limits.latest, limits.soonest, limits.hours) for limits in limits_by_product(own).values()
        )
    before[None] = sum(kinds.values()) - before.total()
    return before


def _on_other_lists(of: Import) -> QuerySet[Any]:
    return _to_add(of).filter(kind=RowKind.ELSEWHERE)


def _to_add(of: Import) -> QuerySet[Any]:
    return of.rows.with_kind(of).filter(kind__in=ADDABLE, is_chosen=True)


def problems(of: Import) -> QuerySet[ImportRow]:
    """The rows without an ID, or with a doubtful one, in their order."""
    return of.rows.exclude(problem="").order_by("pk")


@dataclass(slots=True)
class ImportOutcome:
    """The number of rows by outcome; `rows` is their sum."""

    rows: int = 0
    added: int = 0
    waiting: int = 0
    already: int = 0
    repeated: int = 0
    doubtful: int = 0
    bad: int = 0
    #: Not ticked, or removed again.
    left: int = 0

    @property
    def to_add(self) -> int:
        """Rows that are added now or will be."""
        return self.added + self.waiting


_NOT_ADDED = {RowKind.HERE: "already", RowKind.REPEATED: "repeated", RowKind.BAD: "bad"}


def account_of(of: Import) -> ImportOutcome:
    """One query."""
    outcome = ImportOutcome()
    rows = of.rows.with_kind(of).order_by().values_list("kind", "was_added", "is_chosen").annotate(n=Count("pk"))
    for kind, was_added, is_chosen, n in rows:
        if was_added:
            part = "added"
        elif kind in ADDABLE and is_chosen and not of.finished_at:
            part = "waiting"
        elif kind == RowKind.DOUBTFUL:
            part = "doubtful"
        else:
            part = _NOT_ADDED.get(RowKind(kind), "left")
        setattr(outcome, part, getattr(outcome, part) + n)
        outcome.rows += n
    return outcome


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of the first checks. The first eight fields are from `first_checks`."""

    added: int
    bad: int
    #: Added products that fail since their first check, and those that the provider does not know.
    failing: int
    missing: int
    #: Added products without a check; how many of them the schedule checks later, and the last of these checks.
    unchecked: int
    later: int
    last_at: datetime | None
    checked_since: int
    waiting_to_be_added: int
    already: int
    #: On other lists of the owner, and not added.
    elsewhere: int
    #: None until enough were checked for an estimate.
    remaining_time: timedelta | None
    #: The list is paused, so there are no checks.
    is_paused: bool
    #: Checks are waiting, but no worker sends heartbeats.
    is_silent: bool
    failures: list[Product]
    not_found: list[Product]
    products: list[Product]

    @property
    def answered(self) -> int:
        return self.checked - self.failing

    @property
    def checked(self) -> int:
        return self.added - self.unchecked

    @property
    def more_missing(self) -> int:
        """Products that are not shown."""
        return self.missing - len(self.not_found)

    @property
    def more_failing(self) -> int:
        return self.failing - len(self.failures)

    @property
    def finds_little(self) -> bool:
        """Whether the provider does not know most of the products."""
        return self.missing * 2 > self.answered

    @property
    def is_done(self) -> bool:
        return not self.unchecked and not self.waiting_to_be_added

    @property
    def goes_on(self) -> bool:
        """Whether the page asks again."""
        return not self.is_done and not (self.is_paused and not self.waiting_to_be_added)

    @property
    def percent(self) -> int:
        return self.checked * 100 // self.added if self.added else 100

    @property
    def tens(self) -> int:
        """Percent rounded down to tens: often enough for a screen reader."""
        return self.percent // 10 * 10


def first_checks(of: Import, now: datetime) -> dict[str, Any]:
    """The import's rows by the state of their checks, and the time of the last first check. One query."""
    unchecked = Q(was_added=True, product__checked_at__isnull=True)
    later = unchecked & Q(product__next_check_at__gt=now)
    return of.rows.aggregate(
        added=Count("pk", filter=Q(was_added=True)),
        bad=Count("pk", filter=Q(num_iid="")),
        failing=Count("pk", filter=RowTrouble.FAILING.condition),
        missing=Count("pk", filter=RowTrouble.MISSING.condition),
        unchecked=Count("pk", filter=unchecked),
        later=Count("pk", filter=later),
        last_at=Max("product__next_check_at", filter=later),
        checked_since=Count("pk", filter=Q(was_added=True, product__checked_at__gte=of.saved_at or now)),
    )


def import_progress(of: Import, now: datetime, counts: dict[str, Any]) -> Progress:
    """The progress of an added import with these `first_checks`. At most five queries."""
    added = of.rows.filter(was_added=True)
    not_added = Count("pk", filter=Q(was_added=False))
    kinds = dict(of.rows.with_kind(of).order_by().values_list("kind").annotate(n=not_added))
    elapsed, remaining = now - (of.saved_at or now), None
    if counts["unchecked"] and counts["checked_since"] >= CHECKS_FOR_A_PACE:
        remaining = elapsed / counts["checked_since"] * counts["unchecked"] // SECOND * SECOND
    return Progress(
        **counts,
        waiting_to_be_added=0 if of.finished_at else _to_add(of).count(),
        already=kinds.get(RowKind.HERE, 0),
        elsewhere=kinds.get(RowKind.ELSEWHERE, 0),
        remaining_time=remaining,
        is_paused=of.watchlist is not None and of.watchlist.is_paused,
        is_silent=bool(counts["unchecked"]) and elapsed > SHOULD_HAVE_BEGUN and is_silent(now),
        failures=_products(added.filter(RowTrouble.FAILING.condition)),
        not_found=_products(added.filter(RowTrouble.MISSING.condition)),
        products=_products(added.filter(product__answered_at__isnull=False).exclude(RowTrouble.MISSING.condition)),
    )


def _products(rows: QuerySet[ImportRow]) -> list[Product]:
    chosen = rows.select_related("product__shop").order_by("pk")[:RESULT_SHOWN]
    return [row.product for row in chosen if row.product is not None]
