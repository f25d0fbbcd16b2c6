import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitor', '0002_catalog'),
    ]

    operations = [
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(choices=[('price', 'price'), ('list_price', 'list price'), ('sku_range', 'SKU price range'), ('sales', 'sales'), ('status', 'status'), ('presale', 'presale'), ('title', 'title'), ('images', 'images'), ('specification', 'specification'), ('freight', 'freight'), ('attributes', 'attributes'), ('service_promises', 'service promises'), ('score_scale', 'scale of the scores'), ('product_score', 'product score'), ('logistics_score', 'logistics score'), ('service_score', 'service score'), ('product_gap', 'product score against the average'), ('logistics_gap', 'logistics score against the average'), ('service_gap', 'service score against the average'), ('name', 'shop name'), ('company_name', 'company')], max_length=20, verbose_name='field')),
                ('before', models.JSONField(verbose_name='before')),
                ('after', models.JSONField(verbose_name='after')),
                ('last_seen_before', models.DateTimeField(verbose_name='last seen before')),
                ('first_seen_after', models.DateTimeField(verbose_name='first seen after')),
                ('request_id', models.CharField(blank=True, max_length=64, verbose_name='request ID')),
                ('doubted_at', models.DateTimeField(null=True, verbose_name='in doubt since')),
                ('product', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='monitor.product', verbose_name='product')),
                ('shop', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='monitor.shop', verbose_name='shop')),
            ],
            options={
                'verbose_name': 'change',
                'verbose_name_plural': 'changes',
                'indexes': [models.Index(condition=models.Q(('field__in', ['price', 'status', 'product_score', 'logistics_score', 'service_score'])), fields=['field', '-first_seen_after'], name='change_newest'), models.Index(condition=models.Q(('field__in', ('sales', 'price', 'list_price', 'sku_range', 'status')), _negated=True), fields=['product', '-first_seen_after', '-id'], name='change_marked')],
                'constraints': [models.UniqueConstraint(fields=('product', 'first_seen_after', 'field'), name='change_of_product_unique'), models.UniqueConstraint(fields=('shop', 'first_seen_after', 'field'), name='change_of_shop_unique'), models.CheckConstraint(condition=models.Q(models.Q(('product__isnull', False), ('shop__isnull', True)), models.Q(('product__isnull', True), ('shop__isnull', False)), _connector='OR'), name='change_of_a_product_or_a_shop')],
            },
        ),
    ]
