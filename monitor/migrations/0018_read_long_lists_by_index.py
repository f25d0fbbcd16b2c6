import django.db.models.deletion
from django.db import migrations, models

from monitor.migrations._indexes import AddIndexWhileInUse

ORDERS = (
    "changed_at", "title", "shop_name", "price", "day_share", "week_share", "sales", "status", "interval"
)
#: As long as the entries of those indexes may grow.
MOST_LISTS = 32
#: With another at its side that begins with the same column, each only costs every row that is written.
SECOND_ONES = {
    "monitor_snapshot_product_id_e0010318": "monitor_snapshot (product_id)",
    "monitor_watch_product_id_a7551d17": "monitor_watch (product_id)",
}
WATCHED = """
    CREATE OR REPLACE FUNCTION monitor_is_watched(product bigint, lists bigint[]) RETURNS boolean
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1 AS
    $body$
        BEGIN
            RETURN EXISTS (
                SELECT FROM monitor_watch AS w WHERE w.product_id = product AND w.watchlist_id = ANY (lists)
            );
        END
    $body$
"""


def on_postgres(*statements):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            for statement in statements:
                schema_editor.execute(statement, params=None)

    return run


def drop_second_ones(apps, schema_editor):
    way = "CONCURRENTLY " if schema_editor.connection.vendor == "postgresql" else ""
    for name in SECOND_ONES:
        schema_editor.execute(f"DROP INDEX {way}IF EXISTS {name}", params=None)


def make_second_ones(apps, schema_editor):
    way = "CONCURRENTLY " if schema_editor.connection.vendor == "postgresql" else ""
    for name, columns in SECOND_ONES.items():
        schema_editor.execute(f"CREATE INDEX {way}IF NOT EXISTS {name} ON {columns}", params=None)


def ways(order):
    return ((f"{order}", order), (f"{order}_down", f"{order} DESC NULLS LAST"))


#: The lists stand in every index of an order: so a page far down is found without a look at the rows before it.
WITH_LISTS = [
    statement
    for order in ORDERS
    for name, column in ways(order)
    for statement in (
        f"CREATE INDEX CONCURRENTLY IF NOT EXISTS product_index_by_{name}"
        f" ON monitor_productindex ({column}, product_id) INCLUDE (watchlists)",
        f"DROP INDEX CONCURRENTLY IF EXISTS product_index_{name}",
    )
]
WITHOUT_LISTS = [
    statement
    for order in ORDERS
    for name, column in ways(order)
    for statement in (
        f"CREATE INDEX CONCURRENTLY IF NOT EXISTS product_index_{name} ON monitor_productindex ({column}, product_id)",
        f"DROP INDEX CONCURRENTLY IF EXISTS product_index_by_{name}",
    )
]
NULLABLE = (
    "ALTER TABLE monitor_productindex ALTER COLUMN watchlists DROP NOT NULL",
    f"UPDATE monitor_productindex SET watchlists = NULL WHERE cardinality(watchlists) > {MOST_LISTS}",
)
NOT_NULLABLE = (
    """
    UPDATE monitor_productindex AS i SET watchlists = ARRAY(
        SELECT w.watchlist_id FROM monitor_watch AS w WHERE w.product_id = i.product_id ORDER BY w.watchlist_id
    ) WHERE watchlists IS NULL
    """,
    "ALTER TABLE monitor_productindex ALTER COLUMN watchlists SET NOT NULL",
)
#: What several lists watch, and what so many do that its lists are not told.
SHARED = (
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS product_index_shared ON monitor_productindex USING gin (watchlists)"
    " WHERE cardinality(watchlists) > 1",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS product_index_popular ON monitor_productindex (product_id)"
    " WHERE watchlists IS NULL",
    # Without it PostgreSQL takes every third product for one that several lists watch.
    "CREATE STATISTICS IF NOT EXISTS product_index_shares ON (cardinality(watchlists)) FROM monitor_productindex",
)
NOT_SHARED = (
    "DROP STATISTICS IF EXISTS product_index_shares",
    "DROP INDEX CONCURRENTLY IF EXISTS product_index_shared",
    "DROP INDEX CONCURRENTLY IF EXISTS product_index_popular",
)


class Migration(migrations.Migration):
    # Indexes cannot be made beside running writers within a transaction.
    atomic = False

    dependencies = [
        ("monitor", "0017_say_intervals_in_words"),
    ]

    operations = [
        AddIndexWhileInUse(
            model_name="watch",
            index=models.Index(fields=["product", "watchlist"], name="watch_of_product"),
        ),
        migrations.RunPython(
            on_postgres(WATCHED, *NULLABLE, *SHARED, *WITH_LISTS),
            on_postgres(*WITHOUT_LISTS, *NOT_SHARED, *NOT_NULLABLE, "DROP FUNCTION IF EXISTS monitor_is_watched"),
        ),
        migrations.SeparateDatabaseAndState(
            # Django would make the foreign keys anew, and look through all rows for that.
            database_operations=[migrations.RunPython(drop_second_ones, make_second_ones)],
            state_operations=[
                migrations.AlterField(
                    model_name="snapshot",
                    name="product",
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="snapshots", to="monitor.product", verbose_name="product"),
                ),
                migrations.AlterField(
                    model_name="watch",
                    name="product",
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="watches", to="monitor.product", verbose_name="product"),
                ),
            ],
        ),
    ]
