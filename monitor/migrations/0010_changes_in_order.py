from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class AddIndexOnline(AddIndexConcurrently):
    """Adds an index while others write: SQLite has one writer anyway."""

    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        is_postgres = schema_editor.connection.vendor == "postgresql"
        operation = AddIndexConcurrently if is_postgres else migrations.AddIndex
        operation.database_forwards(self, app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        is_postgres = schema_editor.connection.vendor == "postgresql"
        operation = AddIndexConcurrently if is_postgres else migrations.AddIndex
        operation.database_backwards(self, app_label, schema_editor, *states)


class Migration(migrations.Migration):
    # An index is made while others write outside a transaction only.
    atomic = False

    dependencies = [
        ("monitor", "0009_units_of_weeks"),
    ]

    operations = [
        migrations.AddField(
            model_name="change",
            name="recorded_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        AddIndexOnline(
            model_name="change",
            index=models.Index(
                condition=models.Q(("recorded_at__isnull", False)),
                fields=["field", "recorded_at", "id"],
                name="change_recorded",
            ),
        ),
    ]
