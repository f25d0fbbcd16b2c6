from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0046_tell_all_that_watches_ask_by_index"),
    ]

    operations = [
        migrations.AlterField(
            model_name="schedulefit",
            name="share",
            field=models.FloatField(default=0.96),
        ),
    ]
