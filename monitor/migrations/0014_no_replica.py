from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0013_how_long_calls_take"),
    ]

    operations = [
        # The version before reads and writes this column: the next one may drop it.
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name="user", name="wrote_at")],
        ),
    ]
