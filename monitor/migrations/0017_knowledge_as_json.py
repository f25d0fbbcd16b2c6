"""What checks have taught of each product becomes JSON.

It is copied in batches, each a short transaction, while checks go on. What a process of the version
before learns meanwhile is learned again.
"""

from binascii import a2b_base64
from struct import Struct, error
from typing import Any

from django.db import migrations, models, transaction

BATCH = 500
#: What version 1.0.0 stored: numbers of a belief, the cached age, a mark of a state, and flags.
STORED = Struct("<6fIB")
IS_AWAY, HAS_MARK = 1, 2


def knowledge_of(stored: str, rate: float | None, prior: dict[str, Any]) -> dict[str, Any] | None:
    """Return what a product's `known` says, as JSON; None if no version can read it."""
    try:
        changes, days, *odds, cached, mark, bits = STORED.unpack(a2b_base64(stored))
    except (ValueError, error):
        return None
    is_known = days >= prior["shape"] / prior["mean"] or changes >= max(1.0, prior["shape"])
    return {
        "belief": {"changes": changes, "days": days, "odds": odds, "is_away": bool(bits & IS_AWAY)},
        "before": mark if bits & HAS_MARK else None,
        "cached": cached,
        "shown_rate": rate if is_known else None,
    }


def copy_knowledge(apps: Any, editor: Any) -> None:
    products = apps.get_model("monitor", "Product").objects
    fit = apps.get_model("monitor", "ScheduleFit").objects.first()
    prior = fit.fleet["prior"] if fit and fit.fleet else {"mean": 0.5, "shape": 1.0}
    old, last = products.filter(known__isnull=False, knowledge__isnull=True).order_by("pk"), 0
    while True:
        with transaction.atomic():
            # Locked in the order of their keys, as everywhere: no deadlock.
            locked = old.filter(pk__gt=last).select_for_update().only("known", "rate")
            rows = list(locked[:BATCH])
            if not rows:
                return
            for row in rows:
                row.knowledge = knowledge_of(row.known, row.rate, prior)
            products.bulk_update(rows, ["knowledge"])
            last = rows[-1].pk


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("monitor", "0016_category")]

    operations = [
        migrations.AddField("product", "knowledge", models.JSONField(null=True, editable=False)),
        migrations.RunPython(copy_knowledge, migrations.RunPython.noop),
        # The version before reads and writes this column: the next one may drop it.
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("product", "known")]
        ),
    ]
