from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("monitor", "0023_sheets_without_undo")]

    operations = [
        # Its rows were of a day. A process of the version before fails only for requests with the
        # header `Idempotency-Key`, and where it deletes tokens.
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.DeleteModel("KeptAnswer")],
            state_operations=[migrations.DeleteModel("KeptAnswer")],
        ),
    ]
