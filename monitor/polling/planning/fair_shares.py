"""How much of a day's calls the lists of each person may ask for. Lists of those who ask for more
are slowed down.

Who has an allowance may ask for that. If the lists of all together ask for more than three quarters
of the budget, those who ask for most get equal parts of it, as large as what the others leave
(max-min fairness: Bertsekas and Gallager, Data Networks, 1992, section 6.5.2). The rest of the
budget goes where changes are likely, on all lists."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import OuterRef

from monitor.models import Product, ScheduleFit, Shop, User, Watchlist
from monitor.people.allowances import in_force, set_for, shares_calls
from monitor.polling.budget.limit import daily_calls
from monitor.polling.planning.calls import calls_a_day, tallies_of
from monitor.polling.planning.rescheduling import plan_readings, reschedule

#: The part of the budget that the longest intervals of all lists may ask for, while several people
#: have lists.
ASKED_PART = 0.75
#: A person's share changes only if the difference is larger than this.
_WORTH_IT = 0.05
#: Below it every interval is the longest one.
_LEAST = 1e-4


def apply_fair_shares(now: datetime) -> int:
    """Slow lists down, or let them go on, by the shares of their owners; return how many people's
    shares changed."""
    shares = granted_shares(now) if shares_calls() else {}
    people = User.objects.filter(pk__in=shares) | User.objects.filter(granted_share__lt=1)
    changed = 0
    for person in people.only("granted_share").order_by("pk"):
        share = shares.get(person.pk, 1.0)
        if abs(share / person.granted_share - 1) > _WORTH_IT or (share == 1.0) != (
            person.granted_share == 1.0
        ):
            _grant(person, share, now)
            changed += 1
    return changed


class Takeover(NamedTuple):
    """What a list costs a person who takes it over: its products, their checks a day if it is not
    paused, and the part of today's checks that the person's own products keep."""

    products: int
    checks: float
    kept: float


def takeover(watchlist: Watchlist, person: User, now: datetime) -> Takeover:
    """Return what the list would cost the person. At most ten queries."""
    tally = tallies_of([watchlist.pk])[watchlist.pk]
    checks = calls_a_day(tally.active(watchlist)).least
    asked = defaultdict(float, asked_by_people())
    asked[person.pk] += checks
    if not watchlist.is_paused:
        asked[watchlist.owner_id] -= checks
    is_shared = Watchlist.objects.kept().exclude(owner=person).exclude(pk=watchlist.pk).exists()
    share = granted_shares(now, asked)[person.pk] if is_shared else 1.0
    return Takeover(tally.products, checks, min(1.0, share / person.granted_share))


def granted_shares(now: datetime, asked: Mapping[int, float] | None = None) -> dict[int, float]:
    """Return by person the share of what their lists ask for, or would ask for, that they get. At
    most six queries."""
    asked, budget = asked_by_people() if asked is None else asked, daily_calls(now)
    people = User.objects.filter(pk__in=asked).values_list(
        "pk", "granted_share", set_for(OuterRef("pk"), "calls")
    )
    granted: dict[int, float] = {}
    limits: dict[int, int | None] = {}
    for person, share, limit in people:
        granted[person], limits[person] = share, in_force("calls", limit)
    # Where people ask for the same products, fewer calls are needed.
    needs = ScheduleFit.objects.values_list("needs", flat=True).first()
    got = sum(calls * granted[person] for person, calls in asked.items())
    overlap = min(1.0, needs / got) if needs and got else 1.0
    most = {person: math.inf if limit is None else limit for person, limit in limits.items()}
    wanted = [min(calls * overlap, most[person]) for person, calls in asked.items()]
    part = max(fair_part(wanted, ASKED_PART * budget), budget / max(1, len(wanted))) / overlap
    return {
        person: _share(part if limit is None else limit, asked[person])
        for person, limit in limits.items()
    }


def _share(most: float, asked: float) -> float:
    return min(1.0, max(most / asked, _LEAST)) if asked else 1.0


def asked_by_people(people: Collection[int] | None = None) -> Mapping[int, float]:
    """Return by person, of these or all, the calls a day that the longest intervals of their lists
    ask for.

    Two queries.
    """
    lists = Watchlist.objects.kept().filter(is_paused=False).defer("name")
    if people is not None:
        lists = lists.filter(owner__in=people)
    tallies = tallies_of(watchlist.pk for watchlist in lists)
    asked: dict[int, float] = defaultdict(float)
    for watchlist in lists:
        asked[watchlist.owner_id] += calls_a_day(tallies[watchlist.pk].active(watchlist)).least
    return asked


def fair_part(asked: Iterable[float], calls: float) -> float:
    """Return the most that a person gets, so that all together get `calls`; infinite if these are
    enough for all."""
    left, remaining = calls, sorted(asked)
    for number, amount in enumerate(remaining):
        part = left / (len(remaining) - number)
        if amount > part:
            return part
        left -= amount
    return math.inf


@transaction.atomic
def _grant(person: User, share: float, now: datetime) -> None:
    User.objects.filter(pk=person.pk).update(granted_share=share)
    reschedule(Product.objects.filter(watches__watchlist__owner=person), now)
    plan_readings(Shop.objects.filter(follows__watchlist__owner=person), now)
