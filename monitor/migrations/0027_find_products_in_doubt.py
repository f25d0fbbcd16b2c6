from django.db import migrations, models

from monitor.migrations._indexes import AddIndexWhileInUse


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("monitor", "0026_doubted_readings"),
    ]

    operations = [
        AddIndexWhileInUse(
            model_name="product",
            index=models.Index(
                condition=models.Q(("doubted_at__isnull", False)), fields=["doubted_at"], name="product_doubted"
            ),
        ),
    ]
