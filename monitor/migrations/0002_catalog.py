import django.db.models.deletion
import django.db.models.lookups
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0001_users"),
    ]

    operations = [
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=500, null=True, verbose_name="title")),
                ("price", models.BigIntegerField(null=True, verbose_name="price")),
                ("list_price", models.BigIntegerField(null=True, verbose_name="list price")),
                ("sku_min_price", models.BigIntegerField(null=True, verbose_name="lowest SKU price")),
                ("sku_max_price", models.BigIntegerField(null=True, verbose_name="highest SKU price")),
                ("sales", models.BigIntegerField(null=True, verbose_name="sales")),
                ("sales_step", models.BigIntegerField(null=True, verbose_name="sales rounded to")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("on_sale", "on sale"),
                            ("off_shelf", "off the shelf"),
                            ("deleted", "deleted"),
                            ("banned", "banned"),
                            ("under_review", "under review"),
                            ("rejected", "rejected"),
                            ("approved_waiting", "approved, waiting"),
                            ("not_found", "not found"),
                            ("abnormal", "abnormal"),
                        ],
                        max_length=20,
                        null=True,
                        verbose_name="status",
                    ),
                ),
                (
                    "presale",
                    models.CharField(
                        choices=[
                            ("none", "no presale"),
                            ("full_payment", "presale, paid in full"),
                            ("stepped", "presale, paid in steps"),
                        ],
                        max_length=20,
                        null=True,
                        verbose_name="presale",
                    ),
                ),
                ("platform", models.CharField(default="douyin", max_length=20, verbose_name="platform")),
                ("num_iid", models.CharField(max_length=19, verbose_name="product ID")),
                ("image", models.CharField(blank=True, editable=False, max_length=500, verbose_name="picture")),
                ("content_digest", models.CharField(blank=True, editable=False, max_length=32)),
                ("stock", models.BigIntegerField(editable=False, null=True, verbose_name="stock")),
                ("supply_status", models.IntegerField(editable=False, null=True, verbose_name="supply status")),
                ("sale_starts_at", models.DateTimeField(editable=False, null=True, verbose_name="sale starts")),
                ("sale_ends_at", models.DateTimeField(editable=False, null=True, verbose_name="sale ends")),
                ("first_data_time", models.DateTimeField(editable=False, null=True, verbose_name="first seen")),
                ("changed_at", models.DateTimeField(editable=False, null=True, verbose_name="last changed")),
                ("data_time", models.DateTimeField(editable=False, null=True, verbose_name="data time")),
                (
                    "unchanged_checks",
                    models.PositiveIntegerField(default=0, editable=False, verbose_name="checks since the last change"),
                ),
                (
                    "from_cache",
                    models.BooleanField(default=False, editable=False, verbose_name="from the provider's cache"),
                ),
                ("request_id", models.CharField(blank=True, editable=False, max_length=64, verbose_name="request ID")),
                ("flags", models.JSONField(default=list, editable=False, verbose_name="remarks on the last reply")),
                ("shop_told_at", models.DateTimeField(editable=False, null=True)),
                ("asked_at", models.DateTimeField(editable=False, null=True)),
                ("checked_at", models.DateTimeField(editable=False, null=True, verbose_name="last checked")),
                ("answered_at", models.DateTimeField(editable=False, null=True, verbose_name="last answered")),
                (
                    "last_outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("ok", "changed"),
                            ("unchanged", "unchanged"),
                            ("stale", "older than known"),
                            ("not_found", "not found"),
                            ("doubtful", "to be confirmed"),
                            ("wrong_product", "another product's record"),
                            ("bad_reply", "unreadable reply"),
                            ("network", "network failure"),
                            ("timeout", "timeout"),
                            ("provider_error", "provider's error"),
                            ("budget", "no calls left today"),
                            ("circuit_open", "polling stopped"),
                        ],
                        editable=False,
                        max_length=20,
                        verbose_name="last outcome",
                    ),
                ),
                ("last_code", models.CharField(blank=True, editable=False, max_length=32, verbose_name="last code")),
                ("failing_since", models.DateTimeField(editable=False, null=True, verbose_name="failing since")),
                ("failures", models.PositiveIntegerField(default=0, editable=False, verbose_name="failures in a row")),
                ("doubt", models.JSONField(editable=False, null=True)),
                ("doubted_at", models.DateTimeField(editable=False, null=True, verbose_name="in doubt")),
                ("dropped", models.JSONField(editable=False, null=True)),
                ("interval", models.DurationField(editable=False, null=True, verbose_name="interval")),
                ("soonest", models.DurationField(editable=False, null=True)),
                ("weight", models.FloatField(db_default=1.0, default=1.0, editable=False)),
                ("priority", models.PositiveSmallIntegerField(db_default=2, default=2, editable=False)),
                ("cannot_wait", models.BooleanField(db_default=False, default=False, editable=False)),
                ("hours", models.IntegerField(editable=False, null=True)),
                ("known", models.CharField(editable=False, max_length=40, null=True)),
                ("rate", models.FloatField(editable=False, null=True, verbose_name="changes a day")),
                ("next_check_at", models.DateTimeField(editable=False, null=True, verbose_name="next check")),
                ("asked_since", models.DateTimeField(editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="added")),
                ("claim", models.UUIDField(editable=False, null=True)),
                ("claimed_until", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "product",
                "verbose_name_plural": "products",
            },
        ),
        migrations.CreateModel(
            name="ProductContent",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="stored_content",
                        serialize=False,
                        to="monitor.product",
                        verbose_name="product",
                    ),
                ),
                ("parts", models.JSONField(default=dict, verbose_name="content")),
            ],
            options={
                "verbose_name": "content",
                "verbose_name_plural": "contents",
            },
        ),
        migrations.CreateModel(
            name="Shop",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("score_scale", models.PositiveSmallIntegerField(editable=False, null=True, verbose_name="scale")),
                ("product_score", models.PositiveIntegerField(editable=False, null=True, verbose_name="product score")),
                (
                    "logistics_score",
                    models.PositiveIntegerField(editable=False, null=True, verbose_name="logistics score"),
                ),
                ("service_score", models.PositiveIntegerField(editable=False, null=True, verbose_name="service score")),
                (
                    "product_gap",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "not compared"), (1, "above average"), (2, "average"), (3, "below average")],
                        editable=False,
                        null=True,
                        verbose_name="product gap",
                    ),
                ),
                (
                    "logistics_gap",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "not compared"), (1, "above average"), (2, "average"), (3, "below average")],
                        editable=False,
                        null=True,
                        verbose_name="logistics gap",
                    ),
                ),
                (
                    "service_gap",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "not compared"), (1, "above average"), (2, "average"), (3, "below average")],
                        editable=False,
                        null=True,
                        verbose_name="service gap",
                    ),
                ),
                ("platform", models.CharField(default="douyin", max_length=20, verbose_name="platform")),
                ("shop_id", models.CharField(max_length=64, verbose_name="shop ID")),
                ("name", models.CharField(max_length=200, null=True, verbose_name="name")),
                ("company_name", models.CharField(max_length=200, null=True, verbose_name="company")),
                ("logo", models.CharField(blank=True, max_length=500, verbose_name="logo")),
                ("data_time", models.DateTimeField(editable=False, null=True, verbose_name="data time")),
            ],
            options={
                "verbose_name": "shop",
                "verbose_name_plural": "shops",
                "constraints": [models.UniqueConstraint(fields=("platform", "shop_id"), name="shop_unique")],
            },
        ),
        migrations.AddField(
            model_name="product",
            name="shop",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="products",
                to="monitor.shop",
                verbose_name="shop",
            ),
        ),
        migrations.CreateModel(
            name="ShopScore",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("score_scale", models.PositiveSmallIntegerField(editable=False, null=True, verbose_name="scale")),
                ("product_score", models.PositiveIntegerField(editable=False, null=True, verbose_name="product score")),
                (
                    "logistics_score",
                    models.PositiveIntegerField(editable=False, null=True, verbose_name="logistics score"),
                ),
                ("service_score", models.PositiveIntegerField(editable=False, null=True, verbose_name="service score")),
                (
                    "product_gap",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "not compared"), (1, "above average"), (2, "average"), (3, "below average")],
                        editable=False,
                        null=True,
                        verbose_name="product gap",
                    ),
                ),
                (
                    "logistics_gap",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "not compared"), (1, "above average"), (2, "average"), (3, "below average")],
                        editable=False,
                        null=True,
                        verbose_name="logistics gap",
                    ),
                ),
                (
                    "service_gap",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "not compared"), (1, "above average"), (2, "average"), (3, "below average")],
                        editable=False,
                        null=True,
                        verbose_name="service gap",
                    ),
                ),
                ("data_time", models.DateTimeField(verbose_name="data time")),
                ("last_seen_before", models.DateTimeField(null=True, verbose_name="previous scores last seen")),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="score_history",
                        to="monitor.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "shop scores",
                "verbose_name_plural": "shop scores",
            },
        ),
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=500, null=True, verbose_name="title")),
                ("price", models.BigIntegerField(null=True, verbose_name="price")),
                ("list_price", models.BigIntegerField(null=True, verbose_name="list price")),
                ("sku_min_price", models.BigIntegerField(null=True, verbose_name="lowest SKU price")),
                ("sku_max_price", models.BigIntegerField(null=True, verbose_name="highest SKU price")),
                ("sales", models.BigIntegerField(null=True, verbose_name="sales")),
                ("sales_step", models.BigIntegerField(null=True, verbose_name="sales rounded to")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("on_sale", "on sale"),
                            ("off_shelf", "off the shelf"),
                            ("deleted", "deleted"),
                            ("banned", "banned"),
                            ("under_review", "under review"),
                            ("rejected", "rejected"),
                            ("approved_waiting", "approved, waiting"),
                            ("not_found", "not found"),
                            ("abnormal", "abnormal"),
                        ],
                        max_length=20,
                        null=True,
                        verbose_name="status",
                    ),
                ),
                (
                    "presale",
                    models.CharField(
                        choices=[
                            ("none", "no presale"),
                            ("full_payment", "presale, paid in full"),
                            ("stepped", "presale, paid in steps"),
                        ],
                        max_length=20,
                        null=True,
                        verbose_name="presale",
                    ),
                ),
                ("data_time", models.DateTimeField(verbose_name="data time")),
                ("last_seen_before", models.DateTimeField(null=True, verbose_name="previous state last seen")),
                ("content", models.JSONField(null=True, verbose_name="content")),
                ("received_at", models.DateTimeField(verbose_name="received")),
                ("request_id", models.CharField(blank=True, max_length=64, verbose_name="request ID")),
                ("from_cache", models.BooleanField(default=False, verbose_name="from the provider's cache")),
                ("thin", models.BooleanField(default=False, verbose_name="thin record")),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="snapshots",
                        to="monitor.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "snapshot",
                "verbose_name_plural": "snapshots",
            },
        ),
        migrations.CreateModel(
            name="Outage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("ok", "changed"),
                            ("unchanged", "unchanged"),
                            ("stale", "older than known"),
                            ("not_found", "not found"),
                            ("doubtful", "to be confirmed"),
                            ("wrong_product", "another product's record"),
                            ("bad_reply", "unreadable reply"),
                            ("network", "network failure"),
                            ("timeout", "timeout"),
                            ("provider_error", "provider's error"),
                            ("budget", "no calls left today"),
                            ("circuit_open", "polling stopped"),
                        ],
                        max_length=20,
                        verbose_name="outcome",
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=32, verbose_name="code")),
                ("began_at", models.DateTimeField(verbose_name="began")),
                ("ended_at", models.DateTimeField(verbose_name="ended")),
                ("checks", models.PositiveIntegerField(verbose_name="failed checks")),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outages",
                        to="monitor.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "outage",
                "verbose_name_plural": "outages",
                "constraints": [
                    models.UniqueConstraint(fields=("product", "began_at"), name="outage_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("ended_at__gte", models.F("began_at"))), name="outage_ends_after_it_began"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DoubtedReading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("halved", "the price fell by half or more"),
                            ("worthless", "the price fell to almost nothing"),
                            ("gone", "the product is gone"),
                        ],
                        max_length=10,
                        verbose_name="reason",
                    ),
                ),
                ("field", models.CharField(max_length=20, verbose_name="field")),
                ("before", models.JSONField(verbose_name="before")),
                ("after", models.JSONField(verbose_name="read")),
                ("seen_at", models.DateTimeField(verbose_name="received")),
                ("data_time", models.DateTimeField(null=True, verbose_name="data time")),
                ("request_id", models.CharField(blank=True, max_length=64, verbose_name="request ID")),
                (
                    "ending",
                    models.CharField(
                        choices=[
                            ("confirmed", "confirmed by a second reading"),
                            ("dropped", "not confirmed"),
                            ("persisted", "told for so long that it was believed"),
                        ],
                        max_length=10,
                        verbose_name="what became of it",
                    ),
                ),
                ("ended_at", models.DateTimeField(verbose_name="ended")),
                (
                    "ended_by",
                    models.CharField(blank=True, max_length=64, verbose_name="request ID of the reading that ended it"),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="doubted_readings",
                        to="monitor.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "reading in doubt",
                "verbose_name_plural": "readings in doubt",
                "indexes": [models.Index(fields=["-ended_at"], name="doubted_reading_newest")],
                "constraints": [models.UniqueConstraint(fields=("product", "seen_at"), name="doubted_reading_unique")],
            },
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                condition=models.Q(("next_check_at__isnull", False)), fields=["next_check_at", "id"], name="product_due"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                condition=models.Q(("cannot_wait", True)), fields=["next_check_at", "id"], name="product_strict"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                condition=models.Q(("asked_at__isnull", False)), fields=["next_check_at"], name="product_asked"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                condition=models.Q(("claimed_until__isnull", False)), fields=["claimed_until"], name="product_claimed"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                condition=models.Q(("failing_since__isnull", False)), fields=["failing_since"], name="product_failing"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                models.OrderBy(django.db.models.lookups.IsNull(models.F("checked_at"), True)),
                models.OrderBy(models.F("checked_at"), descending=True),
                models.OrderBy(models.F("id")),
                name="product_by_checked",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                condition=models.Q(("doubted_at__isnull", False)), fields=["doubted_at"], name="product_doubted"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(fields=("platform", "num_iid"), name="product_unique"),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("num_iid__regex", "^[0-9]{1,19}\\Z")),
                name="product_num_iid_is_digits",
                violation_error_message="A product ID has 1 to 19 digits and nothing else.",
            ),
        ),
        migrations.AddConstraint(
            model_name="shopscore",
            constraint=models.UniqueConstraint(fields=("shop", "data_time"), name="shop_score_unique"),
        ),
        migrations.AddConstraint(
            model_name="snapshot",
            constraint=models.UniqueConstraint(fields=("product", "data_time"), name="snapshot_unique"),
        ),
    ]
