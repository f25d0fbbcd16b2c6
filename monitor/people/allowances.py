"""How much one person may have and ask for of what all merchants share.

A person is not limited as long as no other person has a watchlist.
"""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db.models import (
    Case,
    Count,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from monitor.judging.schedule.spending import KEPT_PERCENT
from monitor.models import (
    Allowance,
    Assortment,
    Charge,
    Message,
    Product,
    SearchPage,
    User,
    Watchlist,
)
from monitor.models.usage import PARTS, provider_day, quota_reset
from monitor.models.users import SPONSORED
from monitor.people import throttle

#: Without a number, a person may ask for one in this many of a day's calls.
PERSONS_PART = 10
#: All people together may ask for one in this many: the rest is for the schedule.
PEOPLES_PART = 2
#: The reasons of charges that use up a person's checks of the day.
ASKED_FOR = (Charge.Reason.FIRST, Charge.Reason.ASKED, Charge.Reason.CONFIRMING)


class AllowanceError(Exception):
    """More than a person may have: `limit` is the column of the allowance, `most` its value, `left`
    what still fits."""

    def __init__(self, limit: str, most: int, left: int = 0) -> None:
        super().__init__(f"{limit}: {most}")
        self.limit, self.most, self.left = limit, most, left


def allowed(person: User, limit: str) -> int | None:
    """Return a person's limit, by its column: their own, else the largest of their groups', else
    the installation's.

    None, without a limit, as long as no other person has a watchlist. At most two queries.
    """
    if not others_have_lists(person):
        return None
    most: int | None = (
        User.objects.annotate(most=set_for(OuterRef("pk"), limit))
        .values_list("most", flat=True)
        .get(pk=person.pk)
    )
    return in_force(limit, most)


def in_force(limit: str, set_number: int | None) -> int | None:
    """Return the limit that operators have set, else the installation's; None if that sets none."""
    most: int | None = (
        getattr(settings, f"PERSON_{limit.upper()}") if set_number is None else set_number
    )
    return most


def set_for(person: Any, limit: str) -> Coalesce:
    """Return the limit that operators gave a person, or their groups, as a part of a query; null if
    none."""
    rows = Allowance.objects.filter(**{f"{limit}__isnull": False})
    of_groups = rows.filter(group__user=person).order_by(f"-{limit}")
    return Coalesce(
        Subquery(rows.filter(person=person).values(limit)), Subquery(of_groups.values(limit)[:1])
    )


def refuse_beyond(person: User, limit: str, more: int, used: Callable[[], int]) -> None:
    """Raise `AllowanceError` unless `more` fit beside what is `used`.

    Locks the person's row, so that of two requests at once the second sees what the first has used.
    Call it in the transaction that uses it."""
    lock(person.pk)
    most = allowed(person, limit)
    if most is not None and (left := most - used()) < more:
        raise AllowanceError(limit, most, max(0, left))


def refuse_more_today(person: User, limit: str, now: datetime) -> None:
    """Count one more of what a person may do `limit` times a day, also if its rows are deleted
    again.

    Raises `AllowanceError`. Call it in the transaction of the act: what fails does not count.
    """
    most = allowed(person, limit)
    if most is not None and throttle.take_of_day(limit, most, str(person.pk), now):
        raise AllowanceError(limit, most)


def lock(person: int) -> None:
    """Let no other transaction use a person's allowance, by their key, before this one ends."""
    User.objects.select_for_update(no_key=True).get(pk=person)


def lock_at_once(person: int) -> bool:
    """Do the same if no other transaction does at this moment; return whether."""
    return (
        User.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=person).first()
        is not None
    )


def sponsored(path: str, now: datetime) -> Q:
    """Return the condition that a user's requests count for their sponsor: `path` leads to the
    user, such as "person__"."""
    return Q(**{f"{path}sponsor__isnull": False, f"{path}date_joined__gt": now - SPONSORED})


def payer(path: str, now: datetime) -> Case:
    """Return the key of the user for whom a user's requests count, as a part of a query."""
    return Case(When(sponsored(path, now), then=F(f"{path}sponsor")), default=F(f"{path}pk"))


def dependents(of: Any, now: datetime) -> QuerySet[User]:
    """Return the users whose requests count for a user, who is one of them."""
    return User.objects.filter(Q(pk=of) | sponsored("", now) & Q(sponsor=of))


@dataclass(frozen=True, slots=True)
class CheckAllowance:
    """The checks that one person may ask for `a_day`, and how many of today's are `used`.

    Of the account's `budget` of calls `left_of_day` are left, `left_for_people` of the part of all
    people together."""

    a_day: int
    used: int
    budget: int
    left_of_day: int
    left_for_people: int

    @classmethod
    def of(cls, row: Mapping[str, Any], budget: int, left_of_day: int) -> Self:
        """Make it from the columns of `_check_columns`."""
        a_day = in_force("checks", row["may_ask"])
        part = math.ceil(budget / PERSONS_PART) if a_day is None else min(a_day, budget)
        used = (
            math.ceil(row["charged"] / PARTS) + row["pending"] + row["readings"] + row["searches"]
        )
        asked = row["asked_by_all"] + row["readings_of_all"] + row["searches_of_all"]
        of_people, of_all = budget // PEOPLES_PART, math.ceil(row["charged_to_all"] / PARTS) + asked
        # After an outage more first checks may be late than a day allows.
        promised = min(row["promised"] + row["promised_pages"], of_people - _kept(budget))
        return cls(part, used, budget, left_of_day, of_people - of_all - promised)

    @property
    def is_used_up(self) -> bool:
        """Whether the person has used the whole allowance, as opposed to too few calls being left
        of the day."""
        return self.used >= self.a_day

    def after(self, checks: int) -> Self:
        """Return the allowance after `checks` more checks."""
        return replace(
            self,
            used=self.used + checks,
            left_of_day=self.left_of_day - checks,
            left_for_people=self.left_for_people - checks,
        )

    @property
    def left(self) -> int:
        """How many checks the person may still ask for. One person gets at most half of those that
        are kept."""
        left = min(self.left_of_day, self.left_for_people)
        kept = _kept(self.budget)
        for_one = max(left - kept, kept // 2 - self.used)
        return max(0, min(self.a_day - self.used, left, for_one))

    @property
    def left_for_first(self) -> int:
        """For how many first checks the person may still wait today, besides those that they have
        asked for."""
        return min(self.a_day - self.used, self.left_for_people - _kept(self.budget))

    @property
    def for_first(self) -> int:
        """How many first checks of all people are planned for one day."""
        return max(1, self.budget // PEOPLES_PART - _kept(self.budget))


def _kept(budget: int) -> int:
    """Return the last calls of a day, and of people's part of it, for people who have asked for
    little."""
    return budget * KEPT_PERCENT // 100


def _check_columns(now: datetime) -> dict[str, Any]:
    """Return what `CheckAllowance` is made of, as parts of a query, for its `payer` and their
    `dependents`.

    The limit that operators set, the calls charged today, and the checks that were asked for and
    are not made yet; the same for all people; and the first checks of other people that are
    promised for today."""
    people = dependents(OuterRef(OuterRef("payer")), now)
    charges = Charge.objects.filter(day=provider_day(now)).order_by()
    waiting = Product.objects.watched().filter(asked_by__isnull=False).order_by()
    is_asked = Q(asked_at__isnull=False)
    is_first = Q(asked_at__isnull=True, checked_at__isnull=True, next_check_at__lt=quota_reset(now))
    # Of a shop that is read at a user's request, the next page: each is granted by itself.
    readings = Assortment.objects.filter(is_asked).order_by()
    pages = Assortment.objects.in_slots().filter(next_check_at__lt=quota_reset(now)).order_by()
    searches = SearchPage.objects.filter(is_asked).order_by()
    counts: dict[str, tuple[QuerySet[Any], Any]] = {
        "charged": (charges.filter(person__in=people, reason__in=ASKED_FOR), Sum("parts")),
        "charged_to_all": (
            charges.filter(reason__in=(Charge.Reason.FIRST, Charge.Reason.ASKED)),
            Sum("parts"),
        ),
        "pending": (waiting.filter(is_asked, asked_by__in=people), Count("*")),
        "asked_by_all": (waiting.filter(is_asked), Count("*")),
        "readings": (readings.filter(asked_by__in=people), Count("*")),
        "readings_of_all": (readings, Count("*")),
        "searches": (searches.filter(asked_by__in=people), Count("*")),
        "searches_of_all": (searches, Count("*")),
        "promised": (waiting.filter(is_first).exclude(asked_by__in=people), Count("*")),
        "promised_pages": (pages.exclude(asked_by__in=people), Count("*")),
    }
    return {"may_ask": set_for(OuterRef("payer"), "checks")} | {
        name: Coalesce(Subquery(_in_one(rows, count), output_field=IntegerField()), 0)
        for name, (rows, count) in counts.items()
    }


def _in_one(rows: QuerySet[Any], count: Any) -> QuerySet[Any]:
    """Return one row with the count of all."""
    counted: QuerySet[Any] = rows.values(all=Value(1)).annotate(n=count)
    return counted.values("n")


def check_allowances(
    people: Collection[int], budget: int, left_of_day: int, now: datetime
) -> dict[int, CheckAllowance]:
    """Return the checks that people may ask for, given the day's budget and what is left of it. One
    query."""
    rows = (
        User.objects.filter(pk__in=people)
        .annotate(payer=payer("", now))
        .values("pk", **_check_columns(now))
    )
    return {row["pk"]: CheckAllowance.of(row, budget, left_of_day) for row in rows}


def without_mails(people: Collection[int], now: datetime) -> set[int]:
    """Return those who have got all the mails of alerts today that they may get. Two queries, one
    without a limit."""
    if not people or not shares_calls():
        return set()
    begins = quota_reset(now) - timedelta(days=1)
    mails = (
        Message.objects.alert_mails()
        .filter(created_at__gte=begins, recipient=OuterRef("pk"))
        .order_by()
    )
    counts = Subquery(
        mails.values("recipient").annotate(n=Count("*")).values("n"), output_field=IntegerField()
    )
    rows = User.objects.filter(pk__in=people).values_list(
        "pk", set_for(OuterRef("pk"), "messages"), counts
    )
    return {
        person
        for person, most, mails in rows
        if (mails or 0) >= (settings.PERSON_MESSAGES if most is None else most)
    }


def with_readings_left(
    people: Collection[int], now: datetime, besides: int, calls: int = 1
) -> list[int]:
    """Return the people who have `calls` left today for reading shops.

    The first checks and the readings of shops of one day are never more than the scheduled checks
    that a person may have. Calls under way count, except for the page of the shop `besides`. Two
    queries, a third if any of them has a limit."""
    if not people or not shares_calls():
        return list(people)
    rows = User.objects.filter(pk__in=people)
    set_numbers = dict(rows.values_list("pk", set_for(OuterRef("pk"), "calls")))
    limits = {person: in_force("calls", number) for person, number in set_numbers.items()}
    limited = [person for person, most in limits.items() if most is not None]
    used = (
        dict(rows.filter(pk__in=limited).values_list("pk", _parts_for_shops(now, besides)))
        if limited
        else {}
    )
    return [
        person
        for person, most in limits.items()
        if most is None or used[person] <= (most - calls) * PARTS
    ]


def _parts_for_shops(now: datetime, besides: int) -> Combinable:
    """Return the parts of today's first checks and calls for shops, with those under way, as a part
    of a query."""
    reasons = (Charge.Reason.FIRST, Charge.Reason.READING)
    charged = Charge.objects.filter(
        day=provider_day(now), person=OuterRef("pk"), reason__in=reasons
    )
    follows = "shop__follows__watchlist__owner"
    pages = Assortment.objects.claimed(now).exclude(pk=besides).filter(**{follows: OuterRef("pk")})
    # Own checks of products that only shops list.
    checks = Product.objects.filter(next_check_at__lte=now, interval=None)
    checks = checks.filter(**{f"assortment_entries__{follows}": OuterRef("pk")})
    number = Count("pk", distinct=True) * PARTS
    counts = [
        _in_one(charged.order_by(), Sum("parts")),
        _in_one(pages, number),
        _in_one(checks, number),
    ]
    parts: list[Combinable] = [
        Coalesce(Subquery(count, output_field=IntegerField()), 0) for count in counts
    ]
    return sum(parts, Value(0))


def others_have_lists(person: User) -> bool:
    """Return whether the person shares the account with others. One query."""
    return Watchlist.objects.kept().exclude(owner=person).exists()


def shares_calls() -> bool:
    """Return whether several people have lists. One query."""
    owners = Watchlist.objects.kept().aggregate(first=Min("owner"), last=Max("owner"))
    return bool(owners["first"] != owners["last"])
