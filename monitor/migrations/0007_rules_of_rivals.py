"""Rules that compared a whole list with one product of the user's own become rules of its rivals, the pairings."""

from django.db import migrations, models, transaction
from django.db.models import Exists, F, Min, OuterRef

SUCCESSORS = {"under_mine": "rival_cheaper", "under_mine_by": "rival_cheaper_by"}
BATCH = 100
MOST_RIVALS = 20


def bring_over(apps, schema_editor):
    """Give each old rule its successor, a few in a transaction. Where it was made of one rival alone, pair that."""
    rules = apps.get_model("monitor", "Rule").objects.using(schema_editor.connection.alias)
    old, last = rules.filter(kind__in=SUCCESSORS).order_by("pk"), 0
    while keys := list(old.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic(using=rules.db):
            for rule in old.filter(pk__in=keys).select_related("watch", "watchlist").select_for_update(of=("self",)):
                _bring_over(apps, rules, rule)
        last = keys[-1]


def _bring_over(apps, rules, rule):
    mine = _watch_of_own(apps, rules.db, rule)
    if mine is not None and rule.watch is not None:
        _pair(apps, rules.db, mine, rule.watch.product_id)
    if mine is not None:
        rule.watchlist_id = mine.watchlist_id
    # Where the product has rules of its own, a list's rule does not apply to it.
    own_rules = rules.filter(watch=mine, watch__isnull=False, is_active=True, is_target=False).exclude(pk=rule.pk)
    watch = mine if own_rules.exists() else None
    rule.kind, rule.watch, rule.own, rule.also = SUCCESSORS[rule.kind], watch, None, []
    same = rules.filter(watchlist=rule.watchlist_id, watch=watch, kind=rule.kind, threshold=rule.threshold, also=[])
    twin = same.exclude(pk=rule.pk).first()
    rule.memories.all().delete()
    if twin is None:
        rule.save()
        _remember(apps, rules.db, rule)
        return
    if rule.is_active and not twin.is_active:
        twin.is_active = True
        twin.save()
    rule.delete()


def _watch_of_own(apps, db, rule):
    """Return the owner's watch of the product that the rule compared with, best one with rivals and on its list."""
    watches = apps.get_model("monitor", "Watch").objects.using(db)
    pairings = apps.get_model("monitor", "Pairing").objects.using(db)
    theirs = watches.filter(
        product=rule.own_id, watchlist__owner=rule.watchlist.owner_id, watchlist__deleted_at=None
    ).annotate(has_rivals=Exists(pairings.filter(watch=OuterRef("pk"))))
    return min(
        theirs,
        key=lambda watch: (not watch.has_rivals, watch.watchlist_id != rule.watchlist_id, watch.pk),
        default=None,
    )


def _pair(apps, db, mine, rival):
    pairings = apps.get_model("monitor", "Pairing").objects.using(db)
    if rival != mine.product_id and pairings.filter(watch=mine).count() < MOST_RIVALS:
        pairings.get_or_create(watch=mine, rival_id=rival, defaults={"product_id": mine.product_id})


def _remember(apps, db, rule):
    """Remember how the list's products stand: what was so before the upgrade is no news."""
    pairings = apps.get_model("monitor", "Pairing").objects.using(db)
    memories = apps.get_model("monitor", "RuleMemory").objects.using(db)
    on_sale = pairings.filter(
        watch__watchlist=rule.watchlist_id, product__status="on_sale", rival__status="on_sale", rival__price__gt=0
    )
    rows = on_sale.values("product").annotate(mine=F("product__price"), lowest=Min("rival__price"))
    met = [
        (row["product"], row["lowest"])
        for row in rows
        if row["mine"] and _is_far(rule, row["mine"] - row["lowest"], row["mine"])
    ]
    memories.bulk_create(
        memories.model(rule=rule, product_id=key, memory={"references": {"price": lowest}, "met": True})
        for key, lowest in met
    )


def _is_far(rule, distance, mine):
    threshold = rule.threshold or 0
    if rule.kind == "rival_cheaper":
        return distance > 0 and distance * 10_000 >= threshold * mine
    return distance > 0 and distance >= threshold


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("monitor", "0006_told_at")]

    operations = [
        migrations.RunPython(bring_over, migrations.RunPython.noop, atomic=False),
        # The version before still writes the column: the next one drops it. Without its constraint, what that version
        # writes during the upgrade keeps no product from being deleted.
        migrations.AlterField(
            model_name="rule",
            name="own",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=models.CASCADE,
                related_name="+",
                to="monitor.product",
            ),
        ),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField(model_name="rule", name="own")]),
    ]
