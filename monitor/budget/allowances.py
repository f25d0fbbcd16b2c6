"""How much one person may have and ask for of what all merchants share.

A person is not limited as long as no other person has a watchlist.
"""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db.models import Count, IntegerField, Max, Min, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from monitor.models import Allowance, Charge, Message, Product, User, Watchlist
from monitor.models.usage import PARTS, provider_day, quota_reset
from monitor.schedule.spending import KEPT_PERCENT

#: Without a number, a person may ask for one in this many of a day's calls.
PERSONS_PART = 10
#: The reasons of charges that use up a person's checks of the day.
ASKED_FOR = (Charge.Reason.FIRST, Charge.Reason.ASKED, Charge.Reason.CONFIRMING)


class AllowanceError(Exception):
    """More than a person may have: `limit` is the column of the allowance, `most` its value, `left` what still fits."""

    def __init__(self, limit: str, most: int, left: int = 0) -> None:
        super().__init__(f"{limit}: {most}")
        self.limit, self.most, self.left = limit, most, left


def allowed(person: User, limit: str) -> int | None:
    """A person's limit, by its column: their own, else the largest of their groups', else the installation's.

    None, without a limit, as long as no other person has a watchlist. At most two queries.
    """
    if not others_have_lists(person):
        return None
    most: int | None = (
        User.objects.annotate(most=set_for(OuterRef("pk"), limit)).values_list("most", flat=True).get(pk=person.pk)
    )
    return in_force(limit, most)


def in_force(limit: str, set_number: int | None) -> int | None:
    """The limit that operators have set, else the installation's; None if that sets none."""
    most: int | None = getattr(settings, f"PERSON_{limit.upper()}") if set_number is None else set_number
    return most


def set_for(person: Any, limit: str) -> Coalesce:
    """The limit that operators gave a person, or their groups, as a part of a query; null if none."""
    rows = Allowance.objects.filter(**{f"{limit}__isnull": False})
    of_groups = rows.filter(group__user=person).order_by(f"-{limit}")
    return Coalesce(Subquery(rows.filter(person=person).values(limit)), Subquery(of_groups.values(limit)[:1]))


def refuse_beyond(person: User, limit: str, more: int, used: Callable[[], int]) -> None:
    """Raise `AllowanceError` unless `more` fit beside what is `used`.

    Locks the person's row, so that of two requests at once the second sees what the first has used. Call it in the
    transaction that uses it.
    """
    lock(person)
    most = allowed(person, limit)
    if most is not None and (left := most - used()) < more:
        raise AllowanceError(limit, most, max(0, left))


def lock(person: User) -> None:
    """Let no other transaction use the person's allowance before this one ends."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)


@dataclass(frozen=True, slots=True)
class CheckAllowance:
    """The checks that one person may ask for `a_day`, and how many of today's are `used`; the account's `budget` of
    calls, and what is left of it today."""

    a_day: int
    used: int
    budget: int
    left_of_day: int

    @classmethod
    def of(cls, row: Mapping[str, Any], budget: int, left_of_day: int) -> Self:
        """From the columns of `check_columns`."""
        a_day = in_force("checks", row["may_ask"])
        part = math.ceil(budget / PERSONS_PART) if a_day is None else min(a_day, budget)
        return cls(part, math.ceil(row["charged"] / PARTS) + row["pending"], budget, left_of_day)

    @property
    def is_used_up(self) -> bool:
        """Whether the person has used the whole allowance, as opposed to too few calls being left of the day."""
        return self.used >= self.a_day

    def after(self, checks: int) -> Self:
        """Returns the allowance after `checks` more checks."""
        return replace(self, used=self.used + checks, left_of_day=self.left_of_day - checks)

    @property
    def left(self) -> int:
        """How many checks the person may still ask for.

        The schedule keeps the last calls of a day for people; one person gets at most half of these.
        """
        kept = self.budget * KEPT_PERCENT // 100
        for_one = max(self.left_of_day - kept, kept // 2 - self.used)
        return max(0, min(self.a_day - self.used, self.left_of_day, for_one))


def check_columns(person: Any, now: datetime) -> dict[str, Any]:
    """What `CheckAllowance` is made of, as parts of a query: the limit that operators set, the calls charged today, and
    the checks that the person has asked for and that are not made yet."""
    charges = Charge.objects.filter(person=person, day=provider_day(now), reason__in=ASKED_FOR).order_by()
    pending = Product.objects.watched().filter(asked_at__isnull=False, asked_by=person).order_by()
    counts = {
        "charged": charges.values("person").annotate(n=Sum("parts")),
        "pending": pending.values("asked_by").annotate(n=Count("*")),
    }
    return {"may_ask": set_for(person, "checks")} | {
        name: Coalesce(Subquery(rows.values("n"), output_field=IntegerField()), 0) for name, rows in counts.items()
    }


def check_allowances(
    people: Collection[int], budget: int, left_of_day: int, now: datetime
) -> dict[int, CheckAllowance]:
    """The checks that people may ask for, given the day's budget and what is left of it. One query."""
    rows = User.objects.filter(pk__in=people).values("pk", **check_columns(OuterRef("pk"), now))
    return {row["pk"]: CheckAllowance.of(row, budget, left_of_day) for row in rows}


def without_mails(people: Collection[int], now: datetime) -> set[int]:
    """Those who have got all the mails of alerts today that they may get. Two queries, one without a limit."""
    if not people or not shares_calls():
        return set()
    begins = quota_reset(now) - timedelta(days=1)
    sent = Message.objects.filter(channel=None, kind__in=Message.OF_ALERTS, created_at__gte=begins)
    mails = sent.filter(recipient=OuterRef("pk")).order_by()
    counts = Subquery(mails.values("recipient").annotate(n=Count("*")).values("n"), output_field=IntegerField())
    rows = User.objects.filter(pk__in=people).values_list("pk", set_for(OuterRef("pk"), "messages"), counts)
    return {
        person for person, most, mails in rows if (mails or 0) >= (settings.PERSON_MESSAGES if most is None else most)
    }


def others_have_lists(person: User) -> bool:
    """Whether the person shares the account with others. One query."""
    return Watchlist.objects.kept().exclude(owner=person).exists()


def shares_calls() -> bool:
    """Whether several people have lists. One query."""
    owners = Watchlist.objects.kept().aggregate(first=Min("owner"), last=Max("owner"))
    return bool(owners["first"] != owners["last"])
