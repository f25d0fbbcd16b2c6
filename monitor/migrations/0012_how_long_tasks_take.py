from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0011_even_days"),
    ]

    operations = [
        migrations.AddField(
            model_name="heartbeat",
            name="runs",
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="heartbeat",
            name="failures",
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="heartbeat",
            name="seconds",
            field=models.FloatField(db_default=0, default=0),
        ),
    ]
