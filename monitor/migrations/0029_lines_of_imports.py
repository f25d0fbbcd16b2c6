from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitor", "0028_address_changes_in_mails")]

    operations = [
        migrations.AlterField(
            "importrow",
            "is_from_file",
            models.BooleanField(default=False, db_default=False),
        ),
        # The version before reads and writes these columns: the next one may drop them.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField("import", "left_out"),
                migrations.RemoveField("importrow", "is_from_file"),
            ]
        ),
    ]
