"""Each user gets a mailbox among their channels; what was said of mails to a user is said of that channel."""

from datetime import UTC, datetime

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery

HOWS = [('at_once', 'immediately'), ('hourly', 'hourly digest'), ('daily', 'daily digest'), ('weekly', 'weekly digest')]
BATCH = 1000
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def make_mailboxes(apps, schema_editor):
    User, Channel = apps.get_model('monitor', 'User'), apps.get_model('monitor', 'Channel')
    batch = []
    for user in User.objects.order_by('pk').iterator(BATCH):
        is_refused = user.refused_address == user.email
        times = dict.fromkeys(('confirmed_at', 'created_at'), user.date_joined)
        batch.append(
            Channel(
                owner=user,
                kind='mail',
                how=user.mail_how,
                is_paused=not user.receives_mail,
                next_digest_at=user.next_digest_at,
                refused_at=user.refused_at if is_refused else None,
                failing_since=user.refused_at if is_refused else None,
                answer=user.refusal if is_refused else '',
                next_send_at=LONG_AGO,
                **times,
            )
        )
        if len(batch) == BATCH:
            Channel.objects.bulk_create(batch)
            batch.clear()
    Channel.objects.bulk_create(batch)


def copy_choices(apps, schema_editor):
    Channel, ChannelChoice = apps.get_model('monitor', 'Channel'), apps.get_model('monitor', 'ChannelChoice')
    mailboxes = dict(Channel.objects.filter(kind='mail').values_list('owner', 'pk'))
    choices = apps.get_model('monitor', 'MailChoice').objects.values_list('user', 'watchlist', 'how', 'is_off')
    left_out = Channel.left_out.through.objects.values_list('channel', 'watchlist')
    rows = [(mailboxes[user], watchlist, how, is_off) for user, watchlist, how, is_off in choices]
    rows += [(channel, watchlist, '', True) for channel, watchlist in left_out]
    ChannelChoice.objects.bulk_create(
        [
            ChannelChoice(channel_id=channel, watchlist_id=watchlist, how=how, is_off=is_off)
            for channel, watchlist, how, is_off in rows
        ],
        batch_size=BATCH,
    )


def send_through_mailboxes(apps, schema_editor):
    """Only letters stay without a channel."""
    Channel, Message = apps.get_model('monitor', 'Channel'), apps.get_model('monitor', 'Message')
    mailbox = Subquery(Channel.objects.filter(kind='mail', owner=OuterRef('recipient')).values('pk')[:1])
    reports = Message.objects.filter(channel=None, kind__in=('alerts', 'digest'), recipient__isnull=False)
    reports.update(channel=mailbox)
    apps.get_model('monitor', 'MessageAlert').objects.filter(channel=None).update(channel=mailbox)


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='channel',
            name='kind',
            field=models.CharField(choices=[('mail', 'E-mail'), ('feishu', 'Feishu robot'), ('dingtalk', 'DingTalk robot'), ('wecom', 'WeCom robot'), ('bark', 'Bark'), ('serverchan', 'ServerChan'), ('wxpusher', 'WxPusher'), ('pushdeer', 'PushDeer'), ('telegram', 'Telegram'), ('slack', 'Slack'), ('discord', 'Discord'), ('webhook', 'Webhook'), ('browser', 'Browser')], max_length=10, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='channel',
            name='name',
            field=models.CharField(blank=True, max_length=60, verbose_name='name'),
        ),
        migrations.AddField(
            model_name='channel',
            name='next_digest_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='next digest'),
        ),
        migrations.AddIndex(
            model_name='channel',
            index=models.Index(condition=models.Q(('next_digest_at__isnull', False)), fields=['next_digest_at'], name='channel_digest_due'),
        ),
        migrations.AddConstraint(
            model_name='channel',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'mail')), fields=('owner',), name='channel_one_mailbox'),
        ),
        migrations.CreateModel(
            name='ChannelChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('how', models.CharField(blank=True, choices=HOWS, max_length=10, verbose_name='alerts')),
                ('is_off', models.BooleanField(default=False, verbose_name='left out')),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='choices', to='monitor.channel', verbose_name='channel')),
                ('watchlist', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='channel_choices', to='monitor.watchlist', verbose_name='watchlist')),
            ],
            options={
                'verbose_name': 'setting of a channel for a watchlist',
                'verbose_name_plural': 'settings of channels for watchlists',
                'constraints': [models.UniqueConstraint(fields=('channel', 'watchlist'), name='channel_choice_unique')],
            },
        ),
        migrations.RunPython(make_mailboxes),
        migrations.RunPython(copy_choices),
        migrations.RunPython(send_through_mailboxes),
    ]
