from django.db import migrations, models

from monitor.migrations._indexes import AddIndexWhileInUse


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("monitor", "0018_read_long_lists_by_index"),
    ]

    operations = [
        AddIndexWhileInUse(
            model_name="change",
            index=models.Index(
                fields=["product", "-first_seen_after", "-id"],
                name="change_marked",
                condition=models.Q(("field__in", ("sales", "price", "list_price", "sku_range", "status")), _negated=True),
            ),
        ),
    ]
