"""What was sent to a program becomes a column of its message, and its own table goes."""

from django.db import migrations, models

BATCH = 500


def move_bodies(apps, schema_editor):
    """Copy the bodies, some in a statement. A second run copies the same."""
    alias = schema_editor.connection.alias
    bodies = apps.get_model("monitor", "MessageBody").objects.using(alias)
    messages = apps.get_model("monitor", "Message").objects.using(alias)
    last = 0
    while rows := list(bodies.filter(pk__gt=last).order_by("pk").values_list("pk", "text")[:BATCH]):
        texts = dict(rows)
        changed = list(messages.filter(pk__in=texts).only("pk"))
        for message in changed:
            message.sent_body = texts[message.pk]
        messages.bulk_update(changed, ["sent_body"])
        last = rows[-1][0]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("monitor", "0026_data_at_once")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="sent_body",
            field=models.TextField(editable=False, null=True),
        ),
        migrations.RunPython(move_bodies, migrations.RunPython.noop, atomic=False),
        # Its rows refer to messages, which could not be deleted if the table stayed.
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.DeleteModel("MessageBody")],
            state_operations=[migrations.DeleteModel("MessageBody")],
        ),
    ]
