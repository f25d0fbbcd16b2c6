import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0008_alerts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sender', models.CharField(max_length=80, verbose_name='sending process')),
                ('began_at', models.DateTimeField(verbose_name='began')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='ended')),
                ('outcome', models.CharField(choices=[('under_way', 'under way'), ('sent', 'taken by the server'), ('retry', 'to be tried again'), ('refused', 'refused for good'), ('failed', 'given up'), ('dropped', 'no longer wanted'), ('interrupted', 'interrupted')], default='under_way', max_length=12, verbose_name='outcome')),
                ('code', models.PositiveSmallIntegerField(null=True, verbose_name='SMTP code')),
                ('enhanced_code', models.CharField(blank=True, max_length=11, verbose_name='enhanced code')),
                ('answer', models.CharField(blank=True, max_length=500, verbose_name='answer')),
                ('email', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tries', to='monitor.email', verbose_name='e-mail')),
            ],
            options={
                'verbose_name': 'delivery attempt',
                'verbose_name_plural': 'delivery attempts',
            },
        ),
    ]
