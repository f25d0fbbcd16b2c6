from django.db import migrations

CHUNK = 5000


def forget_prices(apps, schema_editor):
    """In chunks by key, so that no lock is held for long."""
    rows = apps.get_model("monitor", "ProductIndex").objects.filter(
        status__in=("deleted", "not_found"), price__isnull=False
    )
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        rows.filter(pk__in=keys).update(price=None)


class Migration(migrations.Migration):
    # Each chunk is a transaction of its own.
    atomic = False

    dependencies = [
        ("monitor", "0051_count_the_checks_that_a_person_asks_for"),
    ]

    operations = [
        migrations.RunPython(forget_prices, migrations.RunPython.noop),
    ]
