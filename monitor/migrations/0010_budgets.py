import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0009_attempts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Budget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('calls', models.PositiveIntegerField(verbose_name='daily calls')),
                ('begins_at', models.DateTimeField(verbose_name='holds from')),
                ('set_at', models.DateTimeField(auto_now_add=True, verbose_name='set')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('set_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='budgets', to=settings.AUTH_USER_MODEL, verbose_name='set by')),
            ],
            options={
                'verbose_name': 'budget of calls',
                'verbose_name_plural': 'budgets of calls',
                'ordering': ['-begins_at', '-pk'],
                'indexes': [models.Index(fields=['-begins_at', '-id'], name='budget_begun')],
                'constraints': [models.CheckConstraint(condition=models.Q(('calls__lte', 10000000)), name='budget_is_no_slip')],
            },
        ),
    ]
