"""The quotas of lists: a list that would take more calls a day than its quota is checked less often.

Only products that no other list watches count: the others cost no additional call.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from monitor.budget.fitted import load_fleet
from monitor.models import Product, ScheduleFit, Watch, Watchlist
from monitor.planning.fit import counted
from monitor.watchlists.rescheduling import reschedule

#: A list's share changes only if the difference is larger than this.
_WORTH_IT = 0.05
_LEAST = 1e-3


def apply_quotas(now: datetime) -> int:
    """Slows lists down, or lets them go on, by their quotas; returns how many lists changed."""
    fleet = load_fleet(ScheduleFit.objects.only("fleet").first())
    changed = 0
    for watchlist in Watchlist.objects.kept().filter(quota__isnull=False, is_paused=False).order_by("pk"):
        calls = counted(fleet.prior, own_products(watchlist)).calls(fleet)
        assert watchlist.quota is not None
        share = min(max(watchlist.slowed * watchlist.quota / calls, _LEAST), 1.0) if calls else 1.0
        if abs(share / watchlist.slowed - 1) > _WORTH_IT or (share == 1.0) != (watchlist.slowed == 1.0):
            _slow(watchlist, share, now)
            changed += 1
    for watchlist in Watchlist.objects.filter(quota__isnull=True, slowed__lt=1).order_by("pk"):
        _slow(watchlist, 1.0, now)
        changed += 1
    return changed


def own_products(watchlist: Watchlist) -> QuerySet[Product]:
    """Returns the products that only this list watches."""
    watches = Watch.objects.active().filter(product=OuterRef("pk"))
    others = watches.exclude(watchlist=watchlist)
    return Product.objects.filter(Exists(watches.filter(watchlist=watchlist)), ~Exists(others))


@transaction.atomic
def _slow(watchlist: Watchlist, share: float, now: datetime) -> None:
    Watchlist.objects.filter(pk=watchlist.pk).update(slowed=share)
    reschedule(Product.objects.filter(watches__watchlist=watchlist), now)
