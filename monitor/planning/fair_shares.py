"""How much of a day's calls the lists of each person may ask for. Lists of those who ask for more are slowed down.

Who has an allowance may ask for that. If the lists of all together ask for more than three quarters of the budget,
those who ask for most get equal parts of it, as large as what the others leave (max-min fairness: Bertsekas and
Gallager, Data Networks, 1992, section 6.5.2). The rest of the budget goes where changes are likely, on all lists.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import OuterRef

from monitor.budget.allowances import in_force, set_for, shares_calls
from monitor.budget.limit import daily_calls
from monitor.models import Product, ScheduleFit, User, Watchlist
from monitor.planning.calls import ListPace, calls_a_day, tallies_of
from monitor.watchlists.rescheduling import reschedule

#: The part of the budget that the longest intervals of all lists may ask for, while several people have lists.
ASKED_PART = 0.75
#: A person's share changes only if the difference is larger than this.
_WORTH_IT = 0.05
#: Below it every interval is the longest one.
_LEAST = 1e-4


def apply_fair_shares(now: datetime) -> int:
    """Slow lists down, or let them go on, by the shares of their owners; return how many people's shares changed."""
    shares = granted_shares(now) if shares_calls() else {}
    people = User.objects.filter(pk__in=shares) | User.objects.filter(granted_share__lt=1)
    changed = 0
    for person in people.only("granted_share").order_by("pk"):
        share = shares.get(person.pk, 1.0)
        if abs(share / person.granted_share - 1) > _WORTH_IT or (share == 1.0) != (person.granted_share == 1.0):
            _grant(person, share, now)
            changed += 1
    return changed


def granted_shares(now: datetime) -> dict[int, float]:
    """By person, the share of what their lists ask for that they get. At most six queries."""
    asked, budget = asked_by_people(), daily_calls(now)
    people = User.objects.filter(pk__in=asked).values_list("pk", "granted_share", set_for(OuterRef("pk"), "calls"))
    granted: dict[int, float] = {}
    limits: dict[int, int | None] = {}
    for person, share, limit in people:
        granted[person], limits[person] = share, in_force("calls", limit)
    # Where people ask for the same products, fewer calls are needed.
    needs = ScheduleFit.objects.values_list("needs", flat=True).first()
    got = sum(calls * granted[person] for person, calls in asked.items())
    overlap = min(1.0, needs / got) if needs and got else 1.0
    wanted = [min(calls * overlap, _most(limits[person])) for person, calls in asked.items()]
    part = max(fair_part(wanted, ASKED_PART * budget), budget / max(1, len(wanted))) / overlap
    return {person: _share(part if limit is None else limit, asked[person]) for person, limit in limits.items()}


def _most(limit: int | None) -> float:
    return math.inf if limit is None else limit


def _share(most: float, asked: float) -> float:
    return min(1.0, max(most / asked, _LEAST)) if asked else 1.0


def asked_by_people(people: Collection[int] | None = None) -> Mapping[int, float]:
    """By person, of these or all, the calls a day that the longest intervals of their lists ask for. Two queries."""
    lists = Watchlist.objects.kept().filter(is_paused=False).defer("name")
    if people is not None:
        lists = lists.filter(owner__in=people)
    tallies = tallies_of(watchlist.pk for watchlist in lists)
    asked: dict[int, float] = defaultdict(float)
    for watchlist in lists:
        asked[watchlist.owner_id] += calls_a_day(tallies[watchlist.pk].active(ListPace.by(watchlist))).least
    return asked


def fair_part(asked: Iterable[float], calls: float) -> float:
    """The most that anybody gets, so that all together get `calls`; infinite if these are enough for all."""
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
