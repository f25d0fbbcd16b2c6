"""Units and revenue a day of a product; cost and wanted profit of a watch; which rules are target prices."""

import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.math
import django.db.models.lookups
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0004_drop_system_clock_and_failed_writes'),
    ]

    operations = [
        migrations.AddField(
            model_name='productindex',
            name='units',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='productindex',
            name='units_high',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='productindex',
            name='units_low',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='rule',
            name='is_target',
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name='target price'),
        ),
        migrations.AddField(
            model_name='watch',
            name='cost',
            field=models.PositiveBigIntegerField(blank=True, help_text='What one unit costs you.', null=True, verbose_name='cost'),
        ),
        migrations.AddField(
            model_name='watch',
            name='profit',
            field=models.PositiveBigIntegerField(blank=True, help_text='What one unit should earn you.', null=True, verbose_name='wanted profit'),
        ),
        migrations.AddField(
            model_name='productindex',
            name='revenue',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Cast(django.db.models.functions.math.Round(django.db.models.expressions.CombinedExpression(models.F('price'), '*', models.F('units')), output_field=models.FloatField()), models.BigIntegerField()), output_field=models.BigIntegerField(null=True)),
        ),
        migrations.AddIndex(
            model_name='productindex',
            index=models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('units'), True)), models.OrderBy(models.F('units'), descending=False), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_units'),
        ),
        migrations.AddIndex(
            model_name='productindex',
            index=models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('units'), True)), models.OrderBy(models.F('units'), descending=True), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_units_down'),
        ),
        migrations.AddIndex(
            model_name='productindex',
            index=models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('revenue'), True)), models.OrderBy(models.F('revenue'), descending=False), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_revenue'),
        ),
        migrations.AddIndex(
            model_name='productindex',
            index=models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('revenue'), True)), models.OrderBy(models.F('revenue'), descending=True), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_revenue_down'),
        ),
    ]
