import datetime
import django.core.validators
import django.db.models.deletion
import monitor.text.rule_words
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0006_personal'),
    ]

    operations = [
        migrations.CreateModel(
            name='Rule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=monitor.text.rule_words.kind_choices, max_length=30, verbose_name='when')),
                ('threshold', models.PositiveBigIntegerField(blank=True, help_text='Percent × 100, fen, points × 100, units or hours, as the kind of rule counts.', null=True, verbose_name='threshold')),
                ('days', models.PositiveSmallIntegerField(blank=True, help_text='How far back a kind of rule looks that compares with the past.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)], verbose_name='days')),
                ('also', models.JSONField(blank=True, default=list, editable=False, verbose_name='and')),
                ('cooldown', models.DurationField(default=datetime.timedelta(0), help_text='What fires again within this time after an alert is told as one when it is over.', validators=[django.core.validators.MinValueValidator(datetime.timedelta(0)), django.core.validators.MaxValueValidator(datetime.timedelta(days=30))], verbose_name='at most one alert in')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('is_urgent', models.BooleanField(default=False, help_text='Its alerts are mailed at once, also in quiet hours.', verbose_name='urgent')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('silence_told_at', models.DateTimeField(editable=False, null=True)),
                ('own', models.ForeignKey(blank=True, help_text='What a kind of rule compares with that speaks of it.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='monitor.product', verbose_name='my own product')),
                ('watch', models.ForeignKey(blank=True, help_text='Empty for all products of the list that have no rules of their own.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='rules', to='monitor.watch', verbose_name='watch')),
                ('watchlist', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rules', to='monitor.watchlist', verbose_name='watchlist')),
            ],
            options={
                'verbose_name': 'rule',
                'verbose_name_plural': 'rules',
            },
        ),
        migrations.CreateModel(
            name='RuleMemory',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('memory', models.JSONField()),
                ('product', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='monitor.product')),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memories', to='monitor.rule')),
                ('shop', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='monitor.shop')),
            ],
        ),
        migrations.AddConstraint(
            model_name='rule',
            constraint=models.CheckConstraint(condition=models.Q(('threshold__isnull', True), ('threshold__gt', 0), _connector='OR'), name='rule_threshold_positive', violation_error_message='The threshold must be above zero.'),
        ),
        migrations.AddConstraint(
            model_name='rulememory',
            constraint=models.UniqueConstraint(fields=('rule', 'product'), name='rule_memory_of_product_unique'),
        ),
        migrations.AddConstraint(
            model_name='rulememory',
            constraint=models.UniqueConstraint(fields=('rule', 'shop'), name='rule_memory_of_shop_unique'),
        ),
        migrations.AddConstraint(
            model_name='rulememory',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('product__isnull', False), ('shop__isnull', True)), models.Q(('product__isnull', True), ('shop__isnull', False)), _connector='OR'), name='rule_memory_of_a_product_or_a_shop'),
        ),
    ]
