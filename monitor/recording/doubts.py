"""What the database knows of readings in doubt: whether a rule would hear of them, and how many there were lately."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.conf import settings

from monitor.doubts import PROVIDERS_FAULTS
from monitor.models import DoubtedReading, Product, Rule, Watch, Watchlist
from monitor.recording.pairs import pairs_of
from monitor.rules import Kind

#: What moves with a field in doubt, and is as doubtful.
_WITH = {"price": {"price", "sku_range"}, "status": {"status"}}
#: The while in which readings in doubt are counted.
LATELY = timedelta(minutes=15)


def heard(fields: Mapping[int, str], now: datetime) -> set[int]:
    """Those of the products, given with the field in doubt, of which an active rule of an active watch would hear: one
    of their own watches, or one that compares another product with them.

    Two statements. A muted product's rules are heard like others: they make alerts, though no mails.
    """
    watches = Watch.objects.active().filter(product_id__in=list(fields))
    pairs = pairs_of(watches, frozenset(Kind), now)
    comparing = Rule.objects.filter(own__in=list(fields), is_active=True, watchlist__in=Watchlist.objects.kept())
    compared = comparing.exclude(watchlist__is_paused=True).values_list("own", flat=True)
    hearing = {pair.product_id for pair in pairs if _WITH[fields[pair.product_id]] & pair.condition.fields}
    return hearing.union(pk for pk in compared if pk is not None)


def most_at_once() -> int:
    """How many products may be read, in such a while, as the provider's faults have it before they are taken for one:
    a twentieth of the calls that a day's budget has for the while."""
    return max(5, round(settings.PROVIDER_DAILY_CALLS * (LATELY / timedelta(days=1)) / 20))


def lately(now: datetime, besides: Collection[int]) -> int:
    """How many products `besides` these were read so lately, in doubt still or no longer. Two statements."""
    reasons = [reason.value for reason in PROVIDERS_FAULTS]
    waiting = Product.objects.filter(doubted_at__gt=now - LATELY, doubt__reason__in=reasons).exclude(pk__in=besides)
    ended = DoubtedReading.objects.filter(ended_at__gt=now - LATELY, reason__in=reasons)
    return waiting.count() + ended.count()
