"""Channels of PushDeer, Slack and Discord end: each is refused with a reason, and its owner gets one letter."""

from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import migrations, models, transaction
from django.utils import timezone
from django.utils.encoding import punycode

ENDED = ("pushdeer", "slack", "discord")
#: As `monitor.telling.connecting.ENDED`: pages and mails translate it.
ADVICE = "Stallwatch no longer sends to this platform. Add another channel, then remove this one."


def end_channels(apps, schema_editor):
    """Refuse each channel and write its letter, one in a transaction: what is done already is left alone."""
    channels = apps.get_model("monitor", "Channel").objects.using(schema_editor.connection.alias)
    of_ended_kinds = channels.filter(kind__in=ENDED).exclude(advice=ADVICE)
    for key in list(of_ended_kinds.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic(using=channels.db):
            for channel in of_ended_kinds.filter(pk=key).select_for_update(of=("self",)).select_related("owner"):
                channel.refused_at = channel.refused_at or timezone.now()
                channel.answer, channel.advice = "", ADVICE
                channel.save(update_fields=["refused_at", "answer", "advice"])
                _write_letter(apps, channel)


def _write_letter(apps, channel):
    now, host = timezone.now(), punycode(urlsplit(settings.SITE_URL).hostname or "localhost")
    apps.get_model("monitor", "Message").objects.using(channel._state.db).create(
        recipient=channel.owner,
        address=channel.owner.email,
        kind="channel_refused",
        context={"channel": channel.name, "answer": "", "advice": ADVICE},
        uid=f"{uuid4().hex}@{host}",
        next_attempt_at=now,
        created_at=now,
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("monitor", "0014_no_replica")]

    operations = [
        migrations.RunPython(end_channels, migrations.RunPython.noop, atomic=False),
        migrations.AlterField(
            model_name="channel",
            name="kind",
            field=models.CharField(
                choices=[
                    ("mail", "E-mail"),
                    ("feishu", "Feishu robot"),
                    ("dingtalk", "DingTalk robot"),
                    ("wecom", "WeCom robot"),
                    ("bark", "Bark"),
                    ("serverchan", "ServerChan"),
                    ("wxpusher", "WxPusher"),
                    ("telegram", "Telegram"),
                    ("webhook", "Webhook"),
                    ("browser", "Browser"),
                ],
                max_length=10,
                verbose_name="kind",
            ),
        ),
    ]
