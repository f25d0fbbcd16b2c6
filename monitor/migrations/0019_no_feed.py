"""The Atom feed of alerts ends: its tokens end, and their users find that in their activity."""

from django.db import migrations, models, transaction
from django.utils import timezone


def end_tokens(apps, schema_editor):
    """End one token in a transaction: what has ended already is left alone."""
    alias = schema_editor.connection.alias
    events = apps.get_model("monitor", "AuditEvent").objects.using(alias)
    tokens = apps.get_model("monitor", "ApiToken").objects.using(alias)
    for token in tokens.filter(scope="feed", ended_at=None).select_related("user"):
        with transaction.atomic(using=alias):
            tokens.filter(pk=token.pk).update(ended_at=timezone.now())
            events.create(
                kind="token_ended",
                person_id=token.user_id,
                person_name=token.user.email,
                subject=f"{token.name} …{token.last_four}",
                details={"model": "monitor.apitoken", "key": token.pk},
            )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("monitor", "0018_keep_the_past")]

    operations = [
        migrations.RunPython(end_tokens, migrations.RunPython.noop, atomic=False),
        migrations.AlterField(
            model_name="apitoken",
            name="scope",
            field=models.CharField(
                choices=[("read", "Read only"), ("write", "Read and change")],
                default="read",
                max_length=5,
                verbose_name="rights",
            ),
        ),
    ]
