from django.db import migrations

TRIGGERS = {
    "product_index_insert": "monitor_product",
    "product_index_update": "monitor_product",
    "product_index_shop": "monitor_shop",
    "product_index_watched": "monitor_watch",
    "product_index_moved": "monitor_watch",
    "product_index_unwatched": "monitor_watch",
}
FUNCTIONS = (
    *("monitor_index_product()", "monitor_index_shop()", "monitor_index_watches()"),
    *("monitor_pairs(text)", "monitor_is_watched(bigint, bigint[])"),
)


def drop_triggers(apps, schema_editor):
    is_postgres = schema_editor.connection.vendor == "postgresql"
    for name, table in TRIGGERS.items():
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}" + f" ON {table}" * is_postgres)


def have_lists(apps, schema_editor):
    """The migrations before this one expect the column."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE monitor_productindex ADD COLUMN watchlists bigint[] DEFAULT '{}'")


def drop_functions(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for function in FUNCTIONS:
            schema_editor.execute(f"DROP FUNCTION IF EXISTS {function}")
        # `product_by_checked` follows it.
        schema_editor.execute("DROP INDEX IF EXISTS product_checked")


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0057_claim_by_columns"),
    ]

    operations = [
        migrations.RunPython(drop_triggers, have_lists),
        migrations.DeleteModel(name="ProductIndex"),
        migrations.RunPython(drop_functions, migrations.RunPython.noop),
    ]
