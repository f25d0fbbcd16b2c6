from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0047_plan_for_a_little_less_at_first"),
    ]

    operations = [
        migrations.AddField(
            model_name="usageday",
            name="asked",
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name="calls that people asked for"),
        ),
    ]
