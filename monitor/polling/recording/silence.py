"""Rules of kind 'silent': alerts for products without a successful check for some hours.

No change triggers them, so a task looks for silent products every few minutes. A product is silent
since its last successful check, and gets one alert in each silence. If its interval is longer than
the rule's hours, it is silent only when the next check has failed too. When many products fall
silent at once, as when the provider is down, the rule makes one alert for all of them, and rests
for an hour."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Greatest

from monitor.judging.rules.judging import Firing, Memory
from monitor.judging.rules.kinds import Kind
from monitor.judging.schedule.limits import Limits
from monitor.judging.schedule.next_check import CheckHistory, next_check
from monitor.models import Alert, Rule, Watch
from monitor.polling.recording.judgement import Judgement, alert_of
from monitor.polling.recording.pairs import Pair, pairs_of
from monitor.provider.codes import Outcome

FIELD = "checks"
SILENCE = Firing(FIELD, None, "none")
#: Up to this many products of one rule get an alert each; more share one.
MAX_SINGLE_ALERTS = 3
#: How long a check that is due may take to succeed.
GRACE = timedelta(minutes=15)
#: A rule's shortest rest between alerts.
REST = timedelta(hours=1)


@transaction.atomic
def raise_silence_alerts(now: datetime) -> int:
    """Make the alerts that are due; return their number. Two runs at once make no alert twice."""
    silent = Rule.objects.filter(kind=Kind.SILENT, is_active=True)
    rules = silent.select_for_update(no_key=True).order_by("pk").in_bulk()
    if not rules:
        return 0
    since = _silent_since(rules.values(), now)
    of_rule: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs_of(Watch.objects.filter(product__in=since), [Kind.SILENT]):
        hours = timedelta(hours=pair.condition.threshold or 0)
        is_new = pair.product_memory.references.get(FIELD) != _seconds(since[pair.product_id])
        if is_new and not pair.is_paused and since[pair.product_id] <= now - hours:
            of_rule[pair.rule_id].append(pair)
    firing = {key: pairs for key, pairs in of_rule.items() if not _rests(rules[key], now)}
    judgement = Judgement(now=now, deliver=True)
    for pairs in firing.values():
        judgement.alerts |= {
            (alert.rule_id or 0, alert.product_id): alert for alert in _alerts(pairs, since, now)
        }
        for pair in pairs:
            judgement.remember(
                pair, Memory({FIELD: _seconds(since[pair.product_id])}), product_id=pair.product_id
            )
    Rule.objects.filter(pk__in=firing).update(silence_told_at=now)
    judgement.write()
    return len(judgement.alerts)


def _rests(rule: Rule, now: datetime) -> bool:
    return rule.silence_told_at is not None and rule.silence_told_at > now - max(
        rule.cooldown, REST
    )


def _silent_since(rules: Iterable[Rule], now: datetime) -> dict[int, datetime]:
    """Return the last success of each product that is silent for long enough for one of the rules,
    by product.

    A product that was not watched for a while, or never before, is silent since it is watched.
    """
    shortest = timedelta(hours=min(rule.threshold or 1 for rule in rules))
    watches = Watch.objects.active().filter(watchlist__in={rule.watchlist_id for rule in rules})
    asked, answered = F("product__asked_since"), F("product__answered_at")
    since = Greatest(Coalesce(answered, asked), Coalesce(asked, answered))
    silent = watches.filter(product__next_check_at__isnull=False).annotate(since=since)
    rows = silent.filter(since__lte=now - shortest).order_by("product")
    columns = (f"product__{name}" for name in ("answered_at", "interval", "last_outcome"))
    return {
        key: at
        for key, at, *schedule in rows.values_list("product", "since", *columns)
        if at <= now - _until_next_success(*schedule)
    }


def _until_next_success(
    answered_at: datetime | None, interval: timedelta | None, outcome: str
) -> timedelta:
    """Return how long after a success the next one can take: until the next check is due, and
    `GRACE`."""
    if answered_at is None or interval is None:
        return timedelta(0)
    is_gone = outcome == Outcome.NOT_FOUND
    answered = CheckHistory(answered_at, Outcome.NOT_FOUND if is_gone else Outcome.OK)
    return next_check(answered, Limits(interval)) - answered_at + GRACE


def _alerts(pairs: Sequence[Pair], since: dict[int, datetime], now: datetime) -> list[Alert]:
    """Return one alert for each product, or one for many products with their number."""
    if len(pairs) > MAX_SINGLE_ALERTS:
        first = min(since[pair.product_id] for pair in pairs)
        alert = alert_of(pairs[0], SILENCE, first, now)
        alert.product_id, alert.count, alert.group = None, len(pairs), f"silence {now.isoformat()}"
        return [alert]
    return [alert_of(pair, SILENCE, since[pair.product_id], now) for pair in pairs]


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
