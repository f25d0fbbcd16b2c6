from django.db import migrations, models

from monitor.migrations._indexes import AddIndexWhileInUse


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("monitor", "0035_checks_that_people_ask_for"),
    ]

    operations = [
        AddIndexWhileInUse(
            model_name="product",
            index=models.Index(
                condition=models.Q(("asked_at__isnull", False)), fields=["next_check_at"], name="product_asked"
            ),
        ),
    ]
