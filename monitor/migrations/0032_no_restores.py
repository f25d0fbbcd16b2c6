"""What happened before a restore is told once more: the account forgets when it was restored."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("monitor", "0031_assortments")]

    operations = [
        # The column goes with the next version: this one's predecessor still reads it.
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("provideraccount", "restored_at")]
        )
    ]
