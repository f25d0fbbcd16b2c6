from django.db import migrations

#: As `monitor.pages.shared.product_filters` has them, word for word.
REALLY_CHANGED = "NULLIF(changed_at, first_data_time)"
STATUSES = (
    "on_sale", "approved_waiting", "under_review", "off_shelf", "rejected", "abnormal", "banned", "deleted", "not_found"
)
STANDING = "CASE {} ELSE NULL END".format(
    " ".join(f"WHEN status = '{status}' THEN {standing}" for standing, status in enumerate(STATUSES))
)
#: By its name, what each is of and what it carries along: an index alone answers only if it has the columns, too.
NEW = {
    "latest_change": (
        f"({REALLY_CHANGED}) DESC NULLS LAST, changed_at DESC NULLS LAST, product_id", "watchlists, first_data_time"
    ),
    "standing": (f"({STANDING}), product_id", "watchlists, status"),
    "standing_down": (f"({STANDING}) DESC NULLS LAST, product_id", "watchlists, status"),
}
OLD = {
    "changed_at_down": ("changed_at DESC NULLS LAST, product_id", "watchlists"),
    "status": ("status, product_id", "watchlists"),
    "status_down": ("status DESC NULLS LAST, product_id", "watchlists"),
}


def instead(wanted, unwanted):
    """Each order has an index all the time."""

    def run(apps, schema_editor):
        if schema_editor.connection.vendor != "postgresql":
            return
        for name, (columns, included) in wanted.items():
            schema_editor.execute(
                f"CREATE INDEX CONCURRENTLY IF NOT EXISTS product_index_by_{name}"
                f" ON monitor_productindex ({columns}) INCLUDE ({included})",
                params=None,
            )
        # How many rows have which standing is known only from now on.
        schema_editor.execute("ANALYZE monitor_productindex", params=None)
        for name in unwanted:
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS product_index_by_{name}", params=None)

    return run


class Migration(migrations.Migration):
    # Indexes cannot be made beside running writers within a transaction.
    atomic = False

    dependencies = [
        ("monitor", "0019_mark_few_changes"),
    ]

    operations = [
        migrations.RunPython(instead(NEW, OLD), instead(OLD, NEW)),
    ]
