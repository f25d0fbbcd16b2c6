"""Daily and weekly digests come at their hour also when nothing has changed: then they say that polling goes on."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F

from monitor.mail_times import SCHEDULED, How, latest_slot
from monitor.models import Email, Membership, User, Watchlist
from monitor.timing.plans import PERIODS, Choices, digest, plan_of

#: People for whom one transaction writes.
BATCH = 500


def write_digests(now: datetime) -> int:
    """Write the digests whose hour has come and that no alert has begun; returns how many.

    Each is written once, however many senders do it: they pass over each other's people. After a standstill there is
    one for all that was missed.
    """
    written = 0
    while User.objects.digest_due(now).exists():
        taken, emails = _write_batch(now)
        written += emails
        if taken < BATCH:
            break
    return written


def _write_batch(now: datetime) -> tuple[int, int]:
    """How many people were looked at, and how many digests that made."""
    with transaction.atomic():
        due = list(User.objects.digest_due(now).select_for_update(skip_locked=True, no_key=True)[:BATCH])
        choices = Choices.of(due)
        wanted, written = _wanted(due, choices), _written(due, now)
        new = []
        for user in due:
            assert user.next_digest_at is not None
            for how in SCHEDULED:
                slot = latest_slot(plan_of(user), how, now)
                is_due = slot >= user.next_digest_at and how in wanted[user.pk]
                if is_due and (user.pk, PERIODS[how]) not in written:
                    new.append(digest(user, how, (user.next_digest_at, slot), now))
            user.next_digest_at = choices.next_digest(user, now)
        Email.objects.bulk_create(new)
        User.objects.bulk_update(due, ["next_digest_at"])
    return len(due), len(new)


def _wanted(users: Collection[User], choices: Choices) -> dict[int, set[How]]:
    """In which ways people get the alerts of the lists that they have and want mails of."""
    mailed = {user.pk: user for user in users if user.receives_mail and user.is_active}
    wanted: dict[int, set[How]] = defaultdict(set)
    for user_id, watchlist_id in _lists_of(mailed):
        if choices.wants(user_id, watchlist_id):
            wanted[user_id].add(choices.how(mailed[user_id], watchlist_id))
    return wanted


def _lists_of(user_ids: Iterable[int]) -> set[tuple[int, int]]:
    """People with the watchlists that they own or share."""
    keys = list(user_ids)
    return {
        *Watchlist.objects.kept().filter(owner__in=keys).values_list("owner_id", "pk"),
        *Membership.objects.filter(user__in=keys, watchlist__deleted_at__isnull=True).values_list(
            "user_id", "watchlist_id"
        ),
    }


def _written(users: Iterable[User], now: datetime) -> set[tuple[int | None, str]]:
    """Whose digest of which period is there already, begun by an alert."""
    begun = Email.objects.filter(
        recipient__in=users, kind=Email.Kind.DIGEST, until__gte=F("recipient__next_digest_at"), until__lte=now
    )
    return set(begun.values_list("recipient_id", "period"))
