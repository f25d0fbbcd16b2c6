"""Rules that tell when nothing is heard of products: found by time, since nothing happens that could be judged.

A product has been silent since its last successful check, and is told of once in each silence. What is asked for less
often than a rule is patient is silent when the next check has not succeeded either. When many fall silent at once, as
when the provider cannot be reached, a rule tells of them in one alert, and for an hour of no more.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Greatest

from monitor.models import Alert, Rule, RuleMemory, Watch
from monitor.models.rules import condition_as_json
from monitor.provider.codes import Outcome
from monitor.recording.pairs import Pair, pairs_of
from monitor.rules.conditions import Memory
from monitor.rules.kinds import Kind
from monitor.schedule.limits import ALL_DAY, Limits
from monitor.schedule.looks import CheckHistory, next_check

FIELD = "checks"
#: What an alert says that was heard.
NOTHING = "none"
#: So many products of one rule are told of one by one.
ALONE = 3
#: How long a check that is due may take to succeed.
GRACE = timedelta(minutes=15)
#: A rule that has told of silence tells of no more for so long.
PATIENCE = timedelta(hours=1)


@transaction.atomic
def tell_of_silence(now: datetime) -> int:
    """Make the alerts that are due; returns how many. Two passes at once tell nothing twice."""
    silent = Rule.objects.filter(kind=Kind.SILENT, is_active=True)
    rules = silent.select_for_update(no_key=True).order_by("pk").in_bulk()
    if not rules:
        return 0
    since = _silent_since(rules.values(), now)
    of_rule: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs_of(Watch.objects.filter(product__in=since), [Kind.SILENT], now):
        hours = timedelta(hours=pair.condition.threshold or 0)
        is_new = pair.product_memory.references.get(FIELD) != _seconds(since[pair.product_id])
        if is_new and not pair.is_paused and since[pair.product_id] <= now - hours:
            of_rule[pair.rule_id].append(pair)
    telling = {key: pairs for key, pairs in of_rule.items() if not _rests(rules[key], now)}
    made = [alert for pairs in telling.values() for alert in _alerts(pairs, since, now)]
    _remember([pair for pairs in telling.values() for pair in pairs], since)
    Rule.objects.filter(pk__in=telling).update(silence_told_at=now)
    Alert.objects.bulk_create(made)
    return len(made)


def _rests(rule: Rule, now: datetime) -> bool:
    """Whether it has told of silence too lately to tell of more."""
    return rule.silence_told_at is not None and rule.silence_told_at > now - max(rule.cooldown, PATIENCE)


def _silent_since(rules: Iterable[Rule], now: datetime) -> dict[int, datetime]:
    """By product, the last success of those that are silent for long enough for some rule.

    What nobody asked for for a while, or never before, is silent since it is asked for.
    """
    shortest = timedelta(hours=min(rule.threshold or 1 for rule in rules))
    watches = Watch.objects.active().filter(watchlist__in={rule.watchlist_id for rule in rules})
    asked, answered = F("product__asked_since"), F("product__answered_at")
    since = Greatest(Coalesce(answered, asked), Coalesce(asked, answered))
    found = watches.filter(product__next_check_at__isnull=False).annotate(since=since).filter(since__lte=now - shortest)
    columns = (
        "product",
        "since",
        *(f"product__{name}" for name in ("answered_at", "interval", "hours", "last_outcome")),
    )
    rows = found.order_by("product").values_list(*columns)
    return {key: at for key, at, *told in rows if at <= now - _unasked(*told)}


def _unasked(answered_at: datetime | None, interval: timedelta | None, hours: int | None, outcome: str) -> timedelta:
    """For how long after a success nothing can be heard, because the next check is not due yet, or has just been."""
    if answered_at is None or interval is None:
        return timedelta(0)
    is_gone = outcome == Outcome.NOT_FOUND
    answered = CheckHistory(answered_at, Outcome.NOT_FOUND if is_gone else Outcome.OK)
    return next_check(answered, Limits(interval, hours=hours or ALL_DAY)) - answered_at + GRACE


def _alerts(pairs: Sequence[Pair], since: dict[int, datetime], now: datetime) -> list[Alert]:
    """One for each product, or for many together one that says how many they are."""
    if len(pairs) > ALONE:
        first = min(since[pair.product_id] for pair in pairs)
        alert = _alert(pairs[0], first, now)
        alert.product_id, alert.count, alert.group = None, len(pairs), f"silence {now.isoformat()}"
        return [alert]
    return [_alert(pair, since[pair.product_id], now) for pair in pairs]


def _alert(pair: Pair, heard: datetime, now: datetime) -> Alert:
    return Alert(
        watchlist_id=pair.watchlist_id,
        rule_id=pair.rule_id,
        rule_as_it_was={**condition_as_json(pair.condition), "is_urgent": pair.is_urgent},
        product_id=pair.product_id,
        field=FIELD,
        after=NOTHING,
        data_time=heard,
        created_at=now,
    )


def _remember(pairs: Iterable[Pair], since: dict[int, datetime]) -> None:
    """That each of these silences has been told of."""
    memories = [
        RuleMemory(
            rule_id=pair.rule_id,
            product_id=pair.product_id,
            memory=RuleMemory.dump(Memory({FIELD: _seconds(since[pair.product_id])})),
        )
        for pair in pairs
    ]
    RuleMemory.objects.bulk_create(
        memories, update_conflicts=True, unique_fields=["rule", "product"], update_fields=["memory"]
    )


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
