from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0010_changes_in_order"),
    ]

    operations = [
        # The version before reads and writes these columns: the next one may drop them.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField(model_name="schedulefit", name="day"),
                migrations.RemoveField(model_name="schedulefit", name="day_fitted_at"),
            ],
        ),
    ]
