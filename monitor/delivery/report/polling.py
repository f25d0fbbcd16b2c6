"""How polling goes, in numbers and in the sentences of a digest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.db.models import Count, Q
from django.utils.translation import gettext, ngettext

from monitor.delivery.notices import STOPS
from monitor.history.polling import Trouble
from monitor.models import Product, ProviderAccount, User, Watch
from monitor.provider.observation import GONE
from monitor.text import formatting

#: How many kinds of failures are shown.
_WAYS = 3


@dataclass(frozen=True, slots=True)
class Polling:
    """The state of polling at the end of a digest's span. `checks` are of `count_checks`."""

    checks: Mapping[str, int]
    trouble: Trouble
    account: ProviderAccount


def count_checks(user: User, since: datetime) -> dict[str, int]:
    """Count the active `products` that the user watches, by one query.

    Of these, count those that were `checked` and `answered` since, that are `gone` or were never found, and that were
    `found`: answered since, and not gone.
    """
    mine = Watch.objects.looked_up_for(user).values("product")
    counts: dict[str, int] = (
        Product.objects.watched()
        .filter(pk__in=mine)
        .aggregate(
            products=Count("pk"),
            checked=Count("pk", filter=Q(checked_at__gt=since)),
            answered=Count("pk", filter=Q(answered_at__gt=since)),
            gone=Count("pk", filter=Q(status__in=GONE)),
            found=Count("pk", filter=Q(answered_at__gt=since) & ~Q(status__in=GONE)),
        )
    )
    return counts


def sentences(polling: Polling, now: datetime, zone: tzinfo) -> list[str]:
    """First what has stopped, then what fails and since when, then what was done."""
    return [*_stopped(polling.account, now, zone), *_failing(polling, now), *_done(polling)]


def _stopped(account: ProviderAccount, now: datetime, zone: tzinfo) -> Iterator[str]:
    if account.is_halted:
        time = formatting.instant(account.halted_at, zone)
        yield gettext("An operator stopped all checks at %(time)s.") % {"time": time}
    elif account.circuit_is_open:
        meaning = STOPS[account.circuit_code][0] if account.circuit_code in STOPS else account.circuit_code
        time = formatting.instant(account.circuit_opened_at, zone)
        yield gettext("Checks stopped at %(time)s: %(meaning)s.") % {"time": time, "meaning": meaning}
    elif account.rests(now):
        yield gettext("Checks are paused until %(time)s.") % {"time": formatting.instant(account.paused_until, zone)}


def _failing(polling: Polling, now: datetime) -> Iterator[str]:
    for group in polling.trouble.failing[:_WAYS]:
        yield ngettext(
            "%(count)d product failing for %(time)s: %(reason)s.",
            "%(count)d products failing, the first for %(time)s: %(reason)s.",
            group.count,
        ) % {"count": group.count, "time": formatting.duration(now - group.since), "reason": group.reason}
    if gone := polling.checks["gone"]:
        yield ngettext(
            "%(count)d product is not found: compare its ID with the link on Douyin, or remove it.",
            "%(count)d products are not found: compare their IDs with the links on Douyin, or remove them.",
            gone,
        ) % {"count": gone}
    if late := polling.trouble.late:
        text = ngettext("%(count)d product waits for its check.", "%(count)d products wait for their checks.", late)
        yield text % {"count": late}


def _done(polling: Polling) -> Iterator[str]:
    checks = polling.checks
    if checks["products"]:
        text = ngettext(
            "%(products)s product: %(checked)s checked, %(answered)s answered.",
            "%(products)s products: %(checked)s checked, %(answered)s answered.",
            checks["products"],
        )
        yield text % {name: f"{count:,}" for name, count in checks.items()}
    else:
        yield gettext("No products are watched.")
