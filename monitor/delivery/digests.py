"""Daily and weekly digests come at their hour even without changes: then they say that polling goes on."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from monitor.mail_times import SCHEDULED, How, latest_slot
from monitor.models import Email, Membership, User, Watchlist
from monitor.timing.plans import PERIODS, Choices, digest, plan_of

#: Users, or alerts, in one transaction.
BATCH = 500


def write_digests(now: datetime) -> int:
    """Write the digests that are due and that no alert has begun; returns how many.

    Each is written once, even by many senders: they skip users that another one has locked. After a standstill there
    is one digest for all missed ones.
    """
    return in_batches(_write_batch, now)


def in_batches(write_batch: Callable[[datetime], tuple[bool, int]], now: datetime) -> int:
    """Call `write_batch` until it says that there are no more rows; returns the number of new e-mails."""
    has_more, written = True, 0
    while has_more:
        has_more, emails = write_batch(now)
        written += emails
    return written


def _write_batch(now: datetime) -> tuple[bool, int]:
    """Returns whether there may be more due users, and the number of new digests."""
    with transaction.atomic():
        due = list(User.objects.digest_due(now).select_for_update(skip_locked=True, no_key=True)[:BATCH])
        choices = Choices.of(due)
        wanted, begun = _wanted(due, choices), _begun(due, now)
        new = []
        for user in due:
            assert user.next_digest_at is not None
            for how in SCHEDULED:
                slot = latest_slot(plan_of(user), how, now)
                is_due = slot >= user.next_digest_at and how in wanted[user.pk]
                if is_due and (user.pk, PERIODS[how]) not in begun:
                    new.append(digest(user, how, (user.next_digest_at, slot), now))
            user.next_digest_at = choices.next_digest(user, now)
        Email.objects.bulk_create(new)
        User.objects.bulk_update(due, ["next_digest_at"])
    return len(due) == BATCH, len(new)


def _wanted(users: Iterable[User], choices: Choices) -> dict[int, set[How]]:
    """How users, by their keys, get the alerts of their lists."""
    lists = Watchlist.objects.kept().filter(Q(owner__in=users) | Q(memberships__user__in=users))
    wanted: dict[int, set[How]] = defaultdict(set)
    for watchlist_id, user in mail_readers(readers_of(lists), users, choices):
        wanted[user.pk].add(choices.how(user, watchlist_id))
    return wanted


def readers_of(watchlists: QuerySet[Watchlist]) -> set[tuple[int, int]]:
    """Watchlists with their owners and members."""
    members = Membership.objects.filter(watchlist__in=watchlists.values("pk"))
    return {*watchlists.values_list("pk", "owner_id"), *members.values_list("watchlist_id", "user_id")}


def mail_readers(
    readers: Iterable[tuple[int, int]], users: Iterable[User], choices: Choices
) -> Iterator[tuple[int, User]]:
    """The pairs of `readers` with the user instead of a key, for those of `users` who want mails of the list."""
    mailed = {user.pk: user for user in users if user.receives_mail and user.is_active}
    for watchlist_id, user_id in sorted(readers):
        if user_id in mailed and choices.wants(user_id, watchlist_id):
            yield watchlist_id, mailed[user_id]


def _begun(users: Iterable[User], now: datetime) -> set[tuple[int | None, str]]:
    """Users and periods whose digest exists already, begun by an alert."""
    begun = Email.objects.filter(
        recipient__in=users, kind=Email.Kind.DIGEST, until__gte=F("recipient__next_digest_at"), until__lte=now
    )
    return set(begun.values_list("recipient_id", "period"))
