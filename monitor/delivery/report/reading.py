"""What mails about watchlists are made of, read for many of them at once: what a query costs each then costs all."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Exists, F, OuterRef

from monitor.history.checked import AnsweredCalls, calls
from monitor.history.series import Point
from monitor.history.trends import sparklines
from monitor.models import Alert, AlertRead, Email, EmailAlert, MailChoice, Membership, User, Watch
from monitor.models.alerts import own_of_rule
from monitor.models.usage import provider_day
from monitor.planning.frame import Shell, shell

_KINDS = (Email.Kind.ALERTS.value, Email.Kind.DIGEST.value)
#: What the words and pictures of an alert need.
_COLUMNS = (
    *(
        "email_id",
        "recipient_id",
        "count",
        "alert__watchlist__name",
        "alert__watchlist__owner",
        "alert__watchlist__deleted_at",
    ),
    *(f"alert__{name}" for name in ("field", "before", "after", "reference", "data_time", "created_at")),
    *(f"alert__{name}" for name in ("rule_as_it_was", "rule__watch", "count", "began_at", "moments")),
    *("alert__shop__name", "alert__shop__shop_id"),
    *(f"alert__change__{name}" for name in ("last_seen_before", "first_seen_after")),
    *(f"alert__product__{name}" for name in ("num_iid", "title", "image", "sales_step")),
    *(f"alert__product__{name}" for name in ("price", "status", "first_data_time")),
    *(f"alert__product__shop__{name}" for name in ("name", "shop_id")),
)
_RELATED = ("alert__change", "alert__product__shop", "alert__shop", "alert__watchlist", "alert__rule")


@dataclass(frozen=True, slots=True)
class MailReading:
    """By an e-mail's key its alerts, and by a product's key its prices; `off` are e-mails of lists that are switched
    off, or partly so, and `read` those that tell what has been read while they waited, or partly so.

    What it tells of the account is the same for everybody, and is asked once.
    """

    alerts: dict[int, list[Alert]] = field(default_factory=lambda: defaultdict(list))
    prices: dict[int, list[Point]] = field(default_factory=dict)
    off: set[int] = field(default_factory=set)
    read: set[int] = field(default_factory=set)
    #: What has fired more often since it was put into its mail, which tells it as it is now.
    grown: list[EmailAlert] = field(default_factory=list)
    _calls: dict[tuple[date, date], AnsweredCalls] = field(default_factory=dict)
    _account: list[Shell] = field(default_factory=list)

    def calls(self, since: datetime, until: datetime) -> AnsweredCalls:
        """One query for each pair of days."""
        days = provider_day(since), provider_day(until)
        if days not in self._calls:
            self._calls[days] = calls(since, until)
        return self._calls[days]

    def account(self, user: User, now: datetime) -> Shell:
        """One query: the day's calls and whether polling goes on."""
        if not self._account:
            self._account.append(shell(user, now))
        return self._account[0]


def read(emails: Iterable[Email]) -> MailReading:
    """Five queries at most, however many e-mails there are, and none where none is about watchlists."""
    found = MailReading()
    keys = {email.pk: email for email in emails if email.kind in _KINDS}
    if not keys:
        return found
    sees_own = Exists(Watch.objects.seen_by(OuterRef("recipient"), own_of_rule("alert__rule_as_it_was")))
    rows = EmailAlert.objects.filter(email__in=keys).select_related(*_RELATED).only(*_COLUMNS).order_by("alert_id")
    rows = rows.annotate(sees_own=sees_own)
    for row in rows:
        row.alert.sees_own = row.sees_own
    for row in rows:
        if row.count < row.alert.count:
            row.count = row.alert.count
            found.grown.append(row)
    told = [(row.email_id, row.recipient_id, row.alert) for row in rows]
    allowed, off = _readers({alert.watchlist_id for _, _, alert in told})
    done = _read_meanwhile([(reader, alert) for email, reader, alert in told if _tells_news(keys[email])])
    for email, reader, alert in told:
        # A list that is no longer shared with the reader since is none of his business.
        of = (alert.watchlist_id, reader)
        is_his = alert.watchlist.owner_id == reader or of in allowed
        if not is_his or alert.watchlist.deleted_at is not None:
            continue
        if of in off:
            found.off.add(email)
        elif (alert.pk, reader) in done and _tells_news(keys[email]):
            found.read.add(email)
        else:
            found.alerts[email].append(alert)
    products = {alert.product.pk: alert.product for _, _, alert in told if alert.product is not None}
    if products:
        found.prices.update(sparklines(list(products.values()), min(email.created_at for email in keys.values())))
    return found


def _tells_news(email: Email) -> bool:
    """A digest tells also what has been read; and a mail that was tried once may have arrived: it stays as it was."""
    return email.kind == Email.Kind.ALERTS and not email.attempts


def _read_meanwhile(told: Collection[tuple[int, Alert]]) -> set[tuple[int, int]]:
    """Alerts with the readers who have read them; what a mute has marked at once is none of these."""
    if not told:
        return set()
    reads = AlertRead.objects.filter(alert__in={alert.pk for _, alert in told}, user__in={reader for reader, _ in told})
    return set(reads.filter(read_at__gt=F("alert__created_at")).values_list("alert_id", "user_id"))


def _readers(lists: Collection[int]) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """Lists with their members, and with those who want no mails of them."""
    members = Membership.objects.filter(watchlist__in=lists).values_list("watchlist_id", "user_id")
    off = MailChoice.objects.filter(watchlist__in=lists, is_off=True).values_list("watchlist_id", "user_id")
    return set(members), set(off)
