"""Make target prices of own rules 'price below', and let the list's rules apply again where only copies were beside."""

from itertools import batched

from django.db import migrations
from django.db.models import Count

CHUNK = 500
TERMS = ("kind", "threshold", "days", "own_id", "also", "cooldown", "is_urgent")


def make_targets(apps, _editor):
    Rule, RuleMemory = apps.get_model("monitor", "Rule"), apps.get_model("monitor", "RuleMemory")
    targets = Rule.objects.filter(watch__isnull=False, is_active=True, kind="price_below", also=[])
    # Of several, none is the target.
    single = targets.order_by().values("watch").annotate(n=Count("pk")).filter(n=1)
    for watches in batched(single.values_list("watch", flat=True), CHUNK):
        for rule in targets.filter(watch__in=watches).select_related("watch"):
            of_list = Rule.objects.filter(watchlist=rule.watchlist_id, watch=None)
            terms = [_terms(each) for each in of_list.filter(is_active=True)]
            others = Rule.objects.filter(watch=rule.watch_id).exclude(pk=rule.pk)
            if all(other.is_active and _terms(other) in terms for other in others):
                others.delete()
                # What they remember of the product is outdated.
                RuleMemory.objects.filter(rule__in=of_list, product=rule.watch.product_id).delete()
            rule.is_target = True
            rule.save(update_fields=["is_target"])


def _terms(rule):
    return [getattr(rule, name) for name in TERMS]


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0005_worth'),
    ]

    operations = [
        migrations.RunPython(make_targets, migrations.RunPython.noop),
    ]
