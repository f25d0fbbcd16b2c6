from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0031_find_what_waits"),
    ]

    operations = [
        migrations.AddField(
            model_name="emailalert",
            name="count",
            field=models.PositiveIntegerField(db_default=1, default=1),
        ),
    ]
