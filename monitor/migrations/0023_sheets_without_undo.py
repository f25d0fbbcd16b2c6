from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("monitor", "0022_index_of_paces")]

    operations = [
        # The version before reads and writes this column: the next one may drop it.
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("sheetupdate", "receipt")]
        ),
    ]
