import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.lookups
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0015_invitations'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProductIndex',
            fields=[
                ('product', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='index', serialize=False, to='monitor.product')),
                ('lists', models.JSONField(default=dict)),
                ('shop_key', models.BigIntegerField(db_index=True, null=True)),
                ('words', models.TextField(default='')),
                ('pairs', models.JSONField(default=dict)),
                ('title', models.CharField(max_length=500, null=True)),
                ('shop_name', models.CharField(max_length=200, null=True)),
                ('price', models.BigIntegerField(null=True)),
                ('price_a_day_ago', models.BigIntegerField(null=True)),
                ('price_a_week_ago', models.BigIntegerField(null=True)),
                ('day_share', models.GeneratedField(db_persist=True, expression=models.ExpressionWrapper(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('price'), '-', models.F('price_a_day_ago')), '*', models.Value(1.0)), '/', django.db.models.functions.comparison.NullIf(models.F('price_a_day_ago'), models.Value(0))), output_field=models.FloatField()), output_field=models.FloatField(null=True))),
                ('week_share', models.GeneratedField(db_persist=True, expression=models.ExpressionWrapper(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('price'), '-', models.F('price_a_week_ago')), '*', models.Value(1.0)), '/', django.db.models.functions.comparison.NullIf(models.F('price_a_week_ago'), models.Value(0))), output_field=models.FloatField()), output_field=models.FloatField(null=True))),
                ('look_back_at', models.DateTimeField(null=True)),
                ('sales', models.BigIntegerField(null=True)),
                ('status', models.CharField(choices=[('on_sale', 'on sale'), ('off_shelf', 'off the shelf'), ('deleted', 'deleted'), ('banned', 'banned'), ('under_review', 'under review'), ('rejected', 'rejected'), ('approved_waiting', 'approved, waiting'), ('not_found', 'not found'), ('abnormal', 'abnormal')], max_length=20, null=True)),
                ('standing', models.GeneratedField(db_persist=True, expression=models.Case(models.When(status='on_sale', then=models.Value(0)), models.When(status='approved_waiting', then=models.Value(1)), models.When(status='under_review', then=models.Value(2)), models.When(status='off_shelf', then=models.Value(3)), models.When(status='rejected', then=models.Value(4)), models.When(status='abnormal', then=models.Value(5)), models.When(status='banned', then=models.Value(6)), models.When(status='deleted', then=models.Value(7)), models.When(status='not_found', then=models.Value(8)), output_field=models.SmallIntegerField()), output_field=models.SmallIntegerField(null=True))),
                ('first_data_time', models.DateTimeField(null=True)),
                ('changed_at', models.DateTimeField(null=True)),
                ('really_changed_at', models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.NullIf(models.F('changed_at'), models.F('first_data_time')), output_field=models.DateTimeField(null=True))),
                ('failing_since', models.DateTimeField(null=True)),
                ('interval', models.DurationField(null=True)),
                ('soonest', models.DurationField(null=True)),
                ('hours', models.IntegerField(null=True)),
                ('is_paused', models.BooleanField(default=True)),
            ],
            options={
                'indexes': [models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('changed_at'), True)), models.OrderBy(models.F('changed_at'), descending=False), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_changed'), models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('really_changed_at'), True)), models.OrderBy(models.F('really_changed_at'), descending=True), models.OrderBy(django.db.models.lookups.IsNull(models.F('changed_at'), True)), models.OrderBy(models.F('changed_at'), descending=True), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_changed_down'), models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('title'), True)), models.OrderBy(models.F('title'), descending=False), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_title'), models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('title'), True)), models.OrderBy(models.F('title'), descending=True), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_title_down'), models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('shop_name'), True)), models.OrderBy(models.F('shop_name'), descending=False), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_shop'), models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('shop_name'), True)), models.OrderBy(models.F('shop_name'), descending=True), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_shop_down'), models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('price'), True)), models.OrderBy(models.F('price'), descending=False), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_price'), models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('price'), True)), models.OrderBy(models.F('price'), descending=True), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_price_down'), models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('day_share'), True)), models.OrderBy(models.F('day_share'), descending=False), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_day'), models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('day_share'), True)), models.OrderBy(models.F('day_share'), descending=True), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_day_down'), models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('week_share'), True)), models.OrderBy(models.F('week_share'), descending=False), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_week'), models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('week_share'), True)), models.OrderBy(models.F('week_share'), descending=True), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_week_down'), models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('sales'), True)), models.OrderBy(models.F('sales'), descending=False), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_sales'), models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('sales'), True)), models.OrderBy(models.F('sales'), descending=True), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_sales_down'), models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('standing'), True)), models.OrderBy(models.F('standing'), descending=False), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_status'), models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('standing'), True)), models.OrderBy(models.F('standing'), descending=True), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_status_down'), models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('interval'), True)), models.OrderBy(models.F('interval'), descending=False), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_interval'), models.Index(models.OrderBy(django.db.models.lookups.IsNull(models.F('interval'), True)), models.OrderBy(models.F('interval'), descending=True), models.OrderBy(models.F('product')), models.F('lists'), name='product_by_interval_down'), django.contrib.postgres.indexes.GinIndex(fields=['lists'], name='product_index_lists'), django.contrib.postgres.indexes.GinIndex(fields=['pairs'], name='product_index_pairs'), models.Index(condition=models.Q(('failing_since__isnull', False)), fields=['failing_since'], name='product_index_failing'), models.Index(condition=models.Q(('is_paused', True)), fields=['product'], name='product_index_paused'), models.Index(condition=models.Q(('look_back_at__isnull', False)), fields=['look_back_at'], name='product_index_look_back'), models.Index(condition=models.Q(('interval__isnull', False)), fields=['interval', 'soonest', 'hours'], name='product_index_paces')],
            },
        ),
    ]
