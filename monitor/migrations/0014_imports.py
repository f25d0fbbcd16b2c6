import datetime
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0013_heartbeats'),
    ]

    operations = [
        migrations.CreateModel(
            name='Import',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('list_name', models.CharField(blank=True, max_length=100, verbose_name='name of a new list')),
                ('makes_list', models.BooleanField(default=False)),
                ('interval', models.DurationField(default=datetime.timedelta(days=1), verbose_name='interval')),
                ('pace', models.CharField(blank=True, choices=[('adaptive', 'as often as they change'), ('fixed', 'at a fixed interval')], db_default='', default='', max_length=10, verbose_name='pace')),
                ('text', models.TextField(blank=True, verbose_name='pasted text')),
                ('file_name', models.CharField(blank=True, max_length=200, verbose_name='file name')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('saved_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('undone_at', models.DateTimeField(null=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='imports', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('watchlist', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='imports', to='monitor.watchlist', verbose_name='watchlist')),
            ],
            options={
                'verbose_name': 'import',
                'verbose_name_plural': 'imports',
            },
        ),
        migrations.CreateModel(
            name='ImportRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('column', models.PositiveSmallIntegerField(default=0)),
                ('is_from_file', models.BooleanField(default=False)),
                ('text', models.CharField(max_length=200)),
                ('num_iid', models.CharField(blank=True, max_length=19)),
                ('problem', models.CharField(blank=True, max_length=20)),
                ('is_repeated', models.BooleanField(default=False)),
                ('is_chosen', models.BooleanField(default=False)),
                ('was_added', models.BooleanField(default=False)),
                ('product', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='monitor.product')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='monitor.import')),
            ],
        ),
        migrations.AddIndex(
            model_name='import',
            index=models.Index(fields=['created_at'], name='import_created'),
        ),
    ]
