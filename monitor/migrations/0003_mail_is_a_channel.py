import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0002_mailboxes'),
    ]

    operations = [
        migrations.DeleteModel(name='MailChoice'),
        migrations.RemoveField(model_name='channel', name='left_out'),
        migrations.RemoveIndex(model_name='user', name='user_digest_due'),
        migrations.RemoveField(model_name='user', name='receives_mail'),
        migrations.RemoveField(model_name='user', name='mail_how'),
        migrations.RemoveField(model_name='user', name='next_digest_at'),
        migrations.RemoveField(model_name='user', name='refused_address'),
        migrations.RemoveField(model_name='user', name='refused_at'),
        migrations.RemoveField(model_name='user', name='refusal'),
        migrations.RemoveConstraint(model_name='message', name='message_digest_once'),
        migrations.RemoveConstraint(model_name='message', name='message_channel_digest_once'),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'digest')), fields=('channel', 'period', 'until'), name='message_digest_once'),
        ),
        migrations.RemoveIndex(model_name='message', name='message_held'),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('status', 'held')), fields=['channel'], name='message_held'),
        ),
        migrations.AlterModelOptions(
            name='message',
            options={'verbose_name': 'message', 'verbose_name_plural': 'messages'},
        ),
        migrations.RemoveConstraint(model_name='messagealert', name='message_alert_once'),
        migrations.RemoveConstraint(model_name='messagealert', name='message_on_channel_once'),
        migrations.AlterField(
            model_name='messagealert',
            name='channel',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='monitor.channel'),
        ),
        migrations.AddConstraint(
            model_name='messagealert',
            constraint=models.UniqueConstraint(fields=('alert', 'channel'), name='message_alert_once'),
        ),
    ]
