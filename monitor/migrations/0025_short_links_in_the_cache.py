from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("monitor", "0024_no_kept_answers")]

    operations = [
        # The version before reads and writes them: the next one may drop them.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel("ShortLink"),
                migrations.RemoveField("sheetupdate", "saved_at"),
            ]
        ),
    ]
