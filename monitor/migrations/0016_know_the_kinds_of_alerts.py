from django.db import migrations

#: Without it PostgreSQL takes every kind for rare, and reads all alerts of a list to find thirty.
KNOW = "CREATE STATISTICS IF NOT EXISTS alert_kinds ON (rule_as_it_was -> 'kind') FROM monitor_alert"
FORGET = "DROP STATISTICS IF EXISTS alert_kinds"


def on_postgres(statement):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(statement, params=None)

    return run


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0015_mails_that_are_not_wanted"),
    ]

    operations = [
        migrations.RunPython(on_postgres(KNOW), on_postgres(FORGET)),
    ]
