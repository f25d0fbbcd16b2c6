from django.db import migrations, models


def rename_kind(apps, schema_editor):
    """Mails of a new token had the kind of two-step verification."""
    mails = apps.get_model('monitor', 'Message').objects.using(schema_editor.connection.alias)
    mails.filter(kind='second_factor', context__event='token_made').update(kind='token_made')


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0037_channel_added_mail'),
    ]

    operations = [
        migrations.AlterField(
            model_name='message',
            name='kind',
            field=models.CharField(choices=[('alerts', 'alerts'), ('digest', 'digest'), ('polling_stopped', 'checks stopped'), ('invitation', 'invitation'), ('password_reset', 'lost password'), ('password_changed', 'password changed'), ('join', 'new account'), ('account_exists', 'account exists'), ('address_confirm', 'new address'), ('address_changed', 'address changed'), ('address_test', 'address test'), ('data_ready', 'export of data ready'), ('account_deleted', 'account deleted'), ('new_device', 'new device'), ('second_factor', 'two-step verification changed'), ('login_code', 'code to log in'), ('token_made', 'API token created'), ('channel_added', 'channel added'), ('channel_refused', 'channel refused')], default='alerts', max_length=20, verbose_name='kind'),
        ),
        migrations.RunPython(rename_kind, migrations.RunPython.noop, elidable=True),
    ]
