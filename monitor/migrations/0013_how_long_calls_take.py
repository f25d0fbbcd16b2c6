from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0012_how_long_tasks_take"),
    ]

    operations = [
        migrations.AddField(
            model_name="usage",
            name="seconds",
            field=models.FloatField(db_default=0, default=0, editable=False),
        ),
    ]
