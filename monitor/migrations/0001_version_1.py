import datetime
import django.contrib.postgres.indexes
import django.core.serializers.json
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.math
import django.db.models.functions.text
import django.db.models.lookups
import django.utils.timezone
import monitor.models.names
import monitor.models.users
import monitor.text.rule_words
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    # Databases from before version 1.0.0 have applied these.
    replaces = [
        ("monitor", "0001_initial"),
        ("monitor", "0002_mailboxes"),
        ("monitor", "0003_mail_is_a_channel"),
        ("monitor", "0004_drop_system_clock_and_failed_writes"),
        ("monitor", "0005_worth"),
        ("monitor", "0006_targets_beside_rules"),
        ("monitor", "0007_estimate_units"),
        ("monitor", "0008_ranges"),
    ]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "email",
                    models.EmailField(
                        error_messages={"unique": "This e-mail address already has an account."},
                        max_length=254,
                        unique=True,
                        verbose_name="e-mail address",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        max_length=150,
                        validators=[monitor.models.names.refuse_web_addresses],
                        verbose_name="name",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("zh-hans", "Simplified Chinese"), ("en", "English")],
                        default="zh-hans",
                        max_length=10,
                        verbose_name="language",
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(
                        default=monitor.models.users.default_time_zone,
                        max_length=64,
                        validators=[monitor.models.users.validate_time_zone],
                        verbose_name="time zone",
                    ),
                ),
                (
                    "digest_hour",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "00:00"),
                            (1, "01:00"),
                            (2, "02:00"),
                            (3, "03:00"),
                            (4, "04:00"),
                            (5, "05:00"),
                            (6, "06:00"),
                            (7, "07:00"),
                            (8, "08:00"),
                            (9, "09:00"),
                            (10, "10:00"),
                            (11, "11:00"),
                            (12, "12:00"),
                            (13, "13:00"),
                            (14, "14:00"),
                            (15, "15:00"),
                            (16, "16:00"),
                            (17, "17:00"),
                            (18, "18:00"),
                            (19, "19:00"),
                            (20, "20:00"),
                            (21, "21:00"),
                            (22, "22:00"),
                            (23, "23:00"),
                        ],
                        default=9,
                        verbose_name="digest time",
                    ),
                ),
                (
                    "digest_weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ],
                        default=0,
                        verbose_name="weekly digest day",
                    ),
                ),
                (
                    "quiet_from",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[
                            (0, "00:00"),
                            (1, "01:00"),
                            (2, "02:00"),
                            (3, "03:00"),
                            (4, "04:00"),
                            (5, "05:00"),
                            (6, "06:00"),
                            (7, "07:00"),
                            (8, "08:00"),
                            (9, "09:00"),
                            (10, "10:00"),
                            (11, "11:00"),
                            (12, "12:00"),
                            (13, "13:00"),
                            (14, "14:00"),
                            (15, "15:00"),
                            (16, "16:00"),
                            (17, "17:00"),
                            (18, "18:00"),
                            (19, "19:00"),
                            (20, "20:00"),
                            (21, "21:00"),
                            (22, "22:00"),
                            (23, "23:00"),
                        ],
                        null=True,
                        verbose_name="quiet from",
                    ),
                ),
                (
                    "quiet_to",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[
                            (0, "00:00"),
                            (1, "01:00"),
                            (2, "02:00"),
                            (3, "03:00"),
                            (4, "04:00"),
                            (5, "05:00"),
                            (6, "06:00"),
                            (7, "07:00"),
                            (8, "08:00"),
                            (9, "09:00"),
                            (10, "10:00"),
                            (11, "11:00"),
                            (12, "12:00"),
                            (13, "13:00"),
                            (14, "14:00"),
                            (15, "15:00"),
                            (16, "16:00"),
                            (17, "17:00"),
                            (18, "18:00"),
                            (19, "19:00"),
                            (20, "20:00"),
                            (21, "21:00"),
                            (22, "22:00"),
                            (23, "23:00"),
                        ],
                        null=True,
                        verbose_name="quiet until",
                    ),
                ),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="May use the admin; is mailed when checks stop.",
                        verbose_name="operator",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("seen_at", models.DateTimeField(editable=False, null=True, verbose_name="last seen")),
                ("last_visit_at", models.DateTimeField(editable=False, null=True, verbose_name="previous visit")),
                (
                    "alerts_read_before",
                    models.DateTimeField(editable=False, null=True, verbose_name="alerts read before"),
                ),
                ("granted_share", models.FloatField(db_default=1.0, default=1.0, editable=False)),
                ("deleted_at", models.DateTimeField(editable=False, null=True, verbose_name="account deleted")),
                (
                    "consent_version",
                    models.CharField(
                        blank=True, editable=False, max_length=10, verbose_name="privacy version agreed to"
                    ),
                ),
                ("consent_at", models.DateTimeField(editable=False, null=True, verbose_name="agreed at")),
                ("date_joined", models.DateTimeField(default=django.utils.timezone.now, verbose_name="joined")),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "sponsor",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="invited by",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"),
                        name="user_email_unique_whatever_case",
                        violation_error_message="This e-mail address already has an account.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("quiet_from__isnull", True), ("quiet_to__isnull", True)),
                            models.Q(
                                ("quiet_from__isnull", False),
                                ("quiet_to__isnull", False),
                                models.Q(("quiet_from", models.F("quiet_to")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="user_quiet_hours_begin_and_end",
                        violation_error_message="Quiet hours begin at one hour and end at another.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AddressChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("old", models.EmailField(max_length=254, verbose_name="old address")),
                ("new", models.EmailField(max_length=254, verbose_name="new address")),
                ("changed_at", models.DateTimeField(verbose_name="changed at")),
                ("undone_at", models.DateTimeField(null=True, verbose_name="undone")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="address_changes",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
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
                "constraints": [models.UniqueConstraint(fields=("shop", "data_time"), name="shop_score_unique")],
            },
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                            ("wrong_product", "wrong product returned"),
                            ("bad_reply", "unreadable reply"),
                            ("network", "network failure"),
                            ("timeout", "timeout"),
                            ("provider_error", "provider's error"),
                            ("budget", "no calls left today"),
                            ("circuit_open", "checks stopped"),
                        ],
                        editable=False,
                        max_length=20,
                        verbose_name="last outcome",
                    ),
                ),
                ("last_code", models.CharField(blank=True, editable=False, max_length=32, verbose_name="last code")),
                ("failing_since", models.DateTimeField(editable=False, null=True, verbose_name="failing since")),
                ("failures", models.PositiveIntegerField(default=0, editable=False, verbose_name="failures in a row")),
                ("interval", models.DurationField(editable=False, null=True, verbose_name="interval")),
                ("soonest", models.DurationField(editable=False, null=True)),
                ("weight", models.FloatField(db_default=1.0, default=1.0, editable=False)),
                ("known", models.CharField(editable=False, max_length=40, null=True)),
                ("rate", models.FloatField(editable=False, null=True, verbose_name="changes a day")),
                ("next_check_at", models.DateTimeField(editable=False, null=True, verbose_name="next check")),
                ("claim", models.UUIDField(editable=False, null=True)),
                ("claimed_until", models.DateTimeField(editable=False, null=True)),
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
                            ("off_shelf", "off shelf"),
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
                ("flags", models.JSONField(default=list, editable=False, verbose_name="last reply remarks")),
                ("shop_told_at", models.DateTimeField(editable=False, null=True)),
                ("doubt", models.JSONField(editable=False, null=True)),
                ("doubted_at", models.DateTimeField(editable=False, null=True, verbose_name="in doubt")),
                ("dropped", models.JSONField(editable=False, null=True)),
                ("priority", models.PositiveSmallIntegerField(db_default=2, default=2, editable=False)),
                ("cannot_wait", models.BooleanField(db_default=False, default=False, editable=False)),
                ("hours", models.IntegerField(editable=False, null=True)),
                ("asked_since", models.DateTimeField(editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="added")),
                (
                    "asked_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="products",
                        to="monitor.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "product",
                "verbose_name_plural": "products",
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_check_at__isnull", False)),
                        fields=["next_check_at", "id"],
                        name="product_due",
                    ),
                    models.Index(
                        condition=models.Q(("cannot_wait", True)), fields=["next_check_at", "id"], name="product_strict"
                    ),
                    models.Index(
                        condition=models.Q(("asked_at__isnull", False)), fields=["next_check_at"], name="product_asked"
                    ),
                    models.Index(
                        condition=models.Q(("asked_by__isnull", False)), fields=["asked_by"], name="product_asked_by"
                    ),
                    models.Index(
                        condition=models.Q(("failing_since__isnull", False)),
                        fields=["failing_since"],
                        name="product_failing",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("checked_at"), True)),
                        models.OrderBy(models.F("checked_at"), descending=True),
                        models.OrderBy(models.F("id")),
                        name="product_by_checked",
                    ),
                    models.Index(
                        condition=models.Q(("doubted_at__isnull", False)), fields=["doubted_at"], name="product_doubted"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("platform", "num_iid"), name="product_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("num_iid__regex", "^[0-9]{1,19}\\Z")),
                        name="product_num_iid_is_digits",
                        violation_error_message="A product ID has 1 to 19 digits and nothing else.",
                    ),
                ],
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
                            ("off_shelf", "off shelf"),
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
                ("thin", models.BooleanField(default=False, verbose_name="incomplete record")),
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
                "constraints": [models.UniqueConstraint(fields=("product", "data_time"), name="snapshot_unique")],
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
                            ("wrong_product", "wrong product returned"),
                            ("bad_reply", "unreadable reply"),
                            ("network", "network failure"),
                            ("timeout", "timeout"),
                            ("provider_error", "provider's error"),
                            ("budget", "no calls left today"),
                            ("circuit_open", "checks stopped"),
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
                ("after", models.JSONField(verbose_name="reading")),
                ("seen_at", models.DateTimeField(verbose_name="received")),
                ("data_time", models.DateTimeField(null=True, verbose_name="data time")),
                ("request_id", models.CharField(blank=True, max_length=64, verbose_name="request ID")),
                (
                    "ending",
                    models.CharField(
                        choices=[
                            ("confirmed", "confirmed by a second reading"),
                            ("dropped", "not confirmed"),
                            ("persisted", "accepted after repeated readings"),
                        ],
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("ended_at", models.DateTimeField(verbose_name="ended")),
                ("ended_by", models.CharField(blank=True, max_length=64, verbose_name="final request ID")),
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
                "verbose_name": "doubtful reading",
                "verbose_name_plural": "doubtful readings",
                "indexes": [models.Index(fields=["-ended_at"], name="doubted_reading_newest")],
                "constraints": [models.UniqueConstraint(fields=("product", "seen_at"), name="doubted_reading_unique")],
            },
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "field",
                    models.CharField(
                        choices=[
                            ("price", "price"),
                            ("list_price", "list price"),
                            ("sku_range", "SKU price range"),
                            ("sales", "sales"),
                            ("status", "status"),
                            ("presale", "presale"),
                            ("title", "title"),
                            ("images", "images"),
                            ("specification", "specification"),
                            ("freight", "freight"),
                            ("attributes", "attributes"),
                            ("service_promises", "service promises"),
                            ("score_scale", "score scale"),
                            ("product_score", "product score"),
                            ("logistics_score", "logistics score"),
                            ("service_score", "service score"),
                            ("product_gap", "product score against the average"),
                            ("logistics_gap", "logistics score against the average"),
                            ("service_gap", "service score against the average"),
                            ("name", "shop name"),
                            ("company_name", "company"),
                            ("range", "in the shop's range"),
                            ("best_ten", "among the shop's ten best sellers"),
                            ("revenue", "revenue a day"),
                        ],
                        max_length=20,
                        verbose_name="field",
                    ),
                ),
                ("before", models.JSONField(verbose_name="before")),
                ("after", models.JSONField(verbose_name="after")),
                ("last_seen_before", models.DateTimeField(verbose_name="last seen before")),
                ("first_seen_after", models.DateTimeField(verbose_name="first seen after")),
                ("request_id", models.CharField(blank=True, max_length=64, verbose_name="request ID")),
                ("doubted_at", models.DateTimeField(null=True, verbose_name="in doubt since")),
                (
                    "product",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="monitor.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="monitor.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "change",
                "verbose_name_plural": "changes",
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("field__in", ["price", "status", "product_score", "logistics_score", "service_score"])
                        ),
                        fields=["field", "-first_seen_after"],
                        name="change_newest",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("field__in", ("sales", "price", "list_price", "sku_range", "status")), _negated=True
                        ),
                        fields=["product", "-first_seen_after", "-id"],
                        name="change_marked",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("product", "first_seen_after", "field"), name="change_of_product_unique"
                    ),
                    models.UniqueConstraint(fields=("shop", "first_seen_after", "field"), name="change_of_shop_unique"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("product__isnull", False), ("shop__isnull", True)),
                            models.Q(("product__isnull", True), ("shop__isnull", False)),
                            _connector="OR",
                        ),
                        name="change_of_a_product_or_a_shop",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Watchlist",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        max_length=100, validators=[monitor.models.names.refuse_web_addresses], verbose_name="name"
                    ),
                ),
                (
                    "interval",
                    models.DurationField(
                        default=datetime.timedelta(days=1),
                        help_text="Each check is a paid call.",
                        validators=[
                            django.core.validators.MinValueValidator(
                                datetime.timedelta(seconds=60), "The shortest interval is one minute."
                            ),
                            django.core.validators.MaxValueValidator(
                                datetime.timedelta(days=30), "The longest interval is 30 days."
                            ),
                        ],
                        verbose_name="interval",
                    ),
                ),
                (
                    "pace",
                    models.CharField(
                        choices=[("adaptive", "Smart"), ("fixed", "Fixed")],
                        default="adaptive",
                        help_text="Smart: products that change often are checked more often.",
                        max_length=10,
                        verbose_name="pace",
                    ),
                ),
                (
                    "soonest",
                    models.DurationField(
                        default=datetime.timedelta(seconds=300),
                        help_text="No product is checked more often than this.",
                        validators=[
                            django.core.validators.MinValueValidator(
                                datetime.timedelta(seconds=60), "The shortest interval is one minute."
                            ),
                            django.core.validators.MaxValueValidator(
                                datetime.timedelta(days=30), "The longest interval is 30 days."
                            ),
                        ],
                        verbose_name="at most every",
                    ),
                ),
                (
                    "hours_from",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Checks are made between these hours only (Beijing time).",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(24, "A day has 24 hours.")],
                        verbose_name="checked from",
                    ),
                ),
                (
                    "hours_until",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(24, "A day has 24 hours.")],
                        verbose_name="checked until",
                    ),
                ),
                (
                    "is_paused",
                    models.BooleanField(
                        default=False, help_text="A paused watchlist causes no checks.", verbose_name="paused"
                    ),
                ),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "low"), (2, "normal"), (3, "high")], default=2, verbose_name="priority"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="deleted")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="watchlists",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "watchlist",
                "verbose_name_plural": "watchlists",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at__isnull", True)),
                        fields=("owner", "name"),
                        name="watchlist_name_unique",
                        violation_error_message="This owner has a watchlist of that name already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("hours_from__isnull", True), ("hours_until__isnull", True)),
                            models.Q(
                                ("hours_from__isnull", False),
                                ("hours_from__lte", 24),
                                ("hours_until__isnull", False),
                                ("hours_until__lte", 24),
                            ),
                            _connector="OR",
                        ),
                        name="watchlist_hours_are_a_pair",
                        violation_error_message="Enter both hours, or neither.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[("viewer", "may view"), ("editor", "may edit")],
                        default="viewer",
                        max_length=10,
                        verbose_name="role",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                (
                    "watchlist",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="monitor.watchlist",
                        verbose_name="watchlist",
                    ),
                ),
            ],
            options={
                "verbose_name": "member",
                "verbose_name_plural": "members",
                "constraints": [models.UniqueConstraint(fields=("watchlist", "user"), name="membership_unique")],
            },
        ),
        migrations.CreateModel(
            name="Watch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                ("is_paused", models.BooleanField(default=False, verbose_name="paused")),
                (
                    "interval",
                    models.DurationField(
                        blank=True,
                        help_text="For this product only.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(
                                datetime.timedelta(seconds=60), "The shortest interval is one minute."
                            ),
                            django.core.validators.MaxValueValidator(
                                datetime.timedelta(days=30), "The longest interval is 30 days."
                            ),
                        ],
                        verbose_name="interval",
                    ),
                ),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[(1, "low"), (2, "normal"), (3, "high")],
                        help_text="For this product only.",
                        null=True,
                        verbose_name="priority",
                    ),
                ),
                (
                    "pace",
                    models.CharField(
                        blank=True,
                        choices=[("adaptive", "Smart"), ("fixed", "Fixed")],
                        db_default="",
                        default="",
                        help_text="For this product only.",
                        max_length=10,
                        verbose_name="pace",
                    ),
                ),
                (
                    "soonest",
                    models.DurationField(
                        blank=True,
                        help_text="For this product only.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(
                                datetime.timedelta(seconds=60), "The shortest interval is one minute."
                            ),
                            django.core.validators.MaxValueValidator(
                                datetime.timedelta(days=30), "The longest interval is 30 days."
                            ),
                        ],
                        verbose_name="at most every",
                    ),
                ),
                (
                    "hours_from",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(24, "A day has 24 hours.")],
                        verbose_name="checked from",
                    ),
                ),
                (
                    "hours_until",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(24, "A day has 24 hours.")],
                        verbose_name="checked until",
                    ),
                ),
                (
                    "cost",
                    models.PositiveBigIntegerField(
                        blank=True, help_text="What one unit costs you.", null=True, verbose_name="cost"
                    ),
                ),
                (
                    "profit",
                    models.PositiveBigIntegerField(
                        blank=True, help_text="What one unit should earn you.", null=True, verbose_name="wanted profit"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="added")),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="watches",
                        to="monitor.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "watchlist",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="watches",
                        to="monitor.watchlist",
                        verbose_name="watchlist",
                    ),
                ),
            ],
            options={
                "verbose_name": "watched product",
                "verbose_name_plural": "watched products",
                "indexes": [
                    models.Index(
                        fields=["watchlist", "is_paused", "interval", "pace", "soonest", "hours_from", "hours_until"],
                        name="watch_asked",
                    ),
                    models.Index(fields=["product", "watchlist"], name="watch_of_product"),
                    models.Index(fields=["watchlist", "created_at"], name="watch_first"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("watchlist", "product"),
                        name="watch_unique",
                        violation_error_message="This product is on the watchlist already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("hours_from__isnull", True), ("hours_until__isnull", True)),
                            models.Q(
                                ("hours_from__isnull", False),
                                ("hours_from__lte", 24),
                                ("hours_until__isnull", False),
                                ("hours_until__lte", 24),
                            ),
                            _connector="OR",
                        ),
                        name="watch_hours_are_a_pair",
                        violation_error_message="Enter both hours, or neither.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WatchTag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=30, verbose_name="name")),
                (
                    "watch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tags",
                        to="monitor.watch",
                        verbose_name="watched product",
                    ),
                ),
            ],
            options={
                "verbose_name": "tag",
                "verbose_name_plural": "tags",
                "ordering": ["pk"],
                "indexes": [models.Index(fields=["name", "watch"], name="watch_tag_name")],
                "constraints": [models.UniqueConstraint(fields=("watch", "name"), name="watch_tag_unique")],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("query", models.CharField(blank=True, max_length=1000, verbose_name="query")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "name"),
                        name="saved_view_name_unique",
                        violation_error_message="You have a view of that name already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Mute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("until", models.DateTimeField(verbose_name="until")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mutes",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mutes",
                        to="monitor.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "product"), name="mute_unique")],
            },
        ),
        migrations.CreateModel(
            name="Rule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(choices=monitor.text.rule_words.kind_choices, max_length=30, verbose_name="when"),
                ),
                (
                    "threshold",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="Percent × 100, fen, points × 100, units or hours, as the kind of rule counts.",
                        null=True,
                        verbose_name="threshold",
                    ),
                ),
                (
                    "days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="How many days the rule looks back.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(365),
                        ],
                        verbose_name="days",
                    ),
                ),
                ("also", models.JSONField(blank=True, default=list, editable=False, verbose_name="and")),
                (
                    "cooldown",
                    models.DurationField(
                        default=datetime.timedelta(0),
                        help_text="Alerts within this time are combined into one.",
                        validators=[
                            django.core.validators.MinValueValidator(datetime.timedelta(0)),
                            django.core.validators.MaxValueValidator(datetime.timedelta(days=30)),
                        ],
                        verbose_name="minimum time between alerts",
                    ),
                ),
                (
                    "is_target",
                    models.BooleanField(db_default=False, default=False, editable=False, verbose_name="target price"),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "is_urgent",
                    models.BooleanField(
                        default=False, help_text="Mailed immediately, even in quiet hours.", verbose_name="urgent"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("silence_told_at", models.DateTimeField(editable=False, null=True)),
                (
                    "own",
                    models.ForeignKey(
                        blank=True,
                        help_text="The product to compare with.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="monitor.product",
                        verbose_name="my product",
                    ),
                ),
                (
                    "watch",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: products without rules of their own.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rules",
                        to="monitor.watch",
                        verbose_name="watched product",
                    ),
                ),
                (
                    "watchlist",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rules",
                        to="monitor.watchlist",
                        verbose_name="watchlist",
                    ),
                ),
            ],
            options={
                "verbose_name": "rule",
                "verbose_name_plural": "rules",
                "indexes": [
                    models.Index(condition=models.Q(("watch__isnull", True)), fields=["watchlist"], name="rule_of_list")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("threshold__isnull", True), ("threshold__gt", 0), _connector="OR"),
                        name="rule_threshold_positive",
                        violation_error_message="The threshold must be above zero.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RuleMemory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("memory", models.JSONField()),
                (
                    "product",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="monitor.product"
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="memories", to="monitor.rule"
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="monitor.shop"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("rule", "product"), name="rule_memory_of_product_unique"),
                    models.UniqueConstraint(fields=("rule", "shop"), name="rule_memory_of_shop_unique"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("product__isnull", False), ("shop__isnull", True)),
                            models.Q(("product__isnull", True), ("shop__isnull", False)),
                            _connector="OR",
                        ),
                        name="rule_memory_of_a_product_or_a_shop",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule_as_it_was", models.JSONField(verbose_name="rule at the time")),
                (
                    "field",
                    models.CharField(
                        choices=[
                            ("price", "price"),
                            ("list_price", "list price"),
                            ("sku_range", "SKU price range"),
                            ("sales", "sales"),
                            ("status", "status"),
                            ("presale", "presale"),
                            ("title", "title"),
                            ("images", "images"),
                            ("specification", "specification"),
                            ("freight", "freight"),
                            ("attributes", "attributes"),
                            ("service_promises", "service promises"),
                            ("score_scale", "score scale"),
                            ("product_score", "product score"),
                            ("logistics_score", "logistics score"),
                            ("service_score", "service score"),
                            ("product_gap", "product score against the average"),
                            ("logistics_gap", "logistics score against the average"),
                            ("service_gap", "service score against the average"),
                            ("name", "shop name"),
                            ("company_name", "company"),
                            ("range", "in the shop's range"),
                            ("best_ten", "among the shop's ten best sellers"),
                            ("revenue", "revenue a day"),
                            ("my_price", "my price"),
                            ("my_units", "my sales"),
                            ("checks", "successful checks"),
                        ],
                        max_length=20,
                        verbose_name="field",
                    ),
                ),
                ("before", models.JSONField(null=True, verbose_name="before")),
                ("after", models.JSONField(null=True, verbose_name="after")),
                ("reference", models.BigIntegerField(null=True, verbose_name="compared with")),
                ("data_time", models.DateTimeField(verbose_name="data time")),
                ("request_id", models.CharField(blank=True, max_length=64, verbose_name="request ID")),
                ("count", models.PositiveIntegerField(default=1, verbose_name="times")),
                ("began_at", models.DateTimeField(null=True, verbose_name="began")),
                ("moments", models.JSONField(default=list, verbose_name="moments")),
                ("group", models.CharField(editable=False, max_length=100, null=True)),
                ("held_until", models.DateTimeField(null=True, verbose_name="held until")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "is_delivered",
                    models.BooleanField(
                        default=False,
                        help_text="All its messages have been written.",
                        verbose_name="handed to delivery",
                    ),
                ),
                (
                    "change",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to="monitor.change",
                        verbose_name="change",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to="monitor.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="alerts",
                        to="monitor.rule",
                        verbose_name="rule",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to="monitor.shop",
                        verbose_name="shop",
                    ),
                ),
                (
                    "watchlist",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to="monitor.watchlist",
                        verbose_name="watchlist",
                    ),
                ),
            ],
            options={
                "verbose_name": "alert",
                "verbose_name_plural": "alerts",
                "indexes": [
                    models.Index(fields=["watchlist", "-created_at", "-id"], name="alert_newest"),
                    models.Index(condition=models.Q(("is_delivered", False)), fields=["id"], name="alert_undelivered"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("rule", "change"), name="alert_unique"),
                    models.UniqueConstraint(
                        condition=models.Q(("change__isnull", True), ("group__isnull", True)),
                        fields=("rule", "product", "data_time", "reference"),
                        name="alert_without_change_unique",
                    ),
                    models.UniqueConstraint(fields=("rule", "group"), name="alert_gathered_unique"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AlertRead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("read_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reads", to="monitor.alert"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["user", "read_at"], name="alert_read_at_once")],
                "constraints": [models.UniqueConstraint(fields=("alert", "user"), name="alert_read_unique")],
            },
        ),
        migrations.CreateModel(
            name="Allowance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("calls", models.PositiveIntegerField(blank=True, null=True, verbose_name="scheduled checks a day")),
                ("checks", models.PositiveIntegerField(blank=True, null=True, verbose_name="manual checks a day")),
                ("lists", models.PositiveIntegerField(blank=True, null=True, verbose_name="watchlists")),
                ("products", models.PositiveIntegerField(blank=True, null=True, verbose_name="products on them")),
                ("shops", models.PositiveIntegerField(blank=True, null=True, verbose_name="followed shops")),
                ("rules", models.PositiveIntegerField(blank=True, null=True, verbose_name="rules per watchlist")),
                ("messages", models.PositiveIntegerField(blank=True, null=True, verbose_name="alert mails a day")),
                ("imports", models.PositiveIntegerField(blank=True, null=True, verbose_name="imports a day")),
                ("sheets", models.PositiveIntegerField(blank=True, null=True, verbose_name="sheets a day")),
                (
                    "import_rows",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="stored rows of imports and sheets"
                    ),
                ),
                (
                    "group",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="allowance",
                        to="auth.group",
                        verbose_name="group",
                    ),
                ),
                (
                    "person",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="allowance",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "allowance",
                "verbose_name_plural": "allowances",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("group__isnull", True), ("person__isnull", False)),
                            models.Q(("group__isnull", False), ("person__isnull", True)),
                            _connector="OR",
                        ),
                        name="allowance_of_person_or_group",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("last_four", models.CharField(max_length=4, verbose_name="last characters")),
                (
                    "scope",
                    models.CharField(
                        choices=[("read", "Read only"), ("write", "Read and change"), ("feed", "Alert feed (Atom)")],
                        default="read",
                        max_length=5,
                        verbose_name="rights",
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("expires_at", models.DateTimeField(verbose_name="expires")),
                ("last_used_at", models.DateTimeField(null=True, verbose_name="last used")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                (
                    "watchlist",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="monitor.watchlist",
                        verbose_name="watchlist",
                    ),
                ),
            ],
            options={
                "verbose_name": "API token",
                "verbose_name_plural": "API tokens",
            },
        ),
        migrations.CreateModel(
            name="KeptAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=100)),
                ("request_hash", models.CharField(max_length=64)),
                ("answer", models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ("created_at", models.DateTimeField(db_index=True)),
                (
                    "token",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="monitor.apitoken",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("token", "key"), name="kept_answer_unique")],
            },
        ),
        migrations.CreateModel(
            name="Channel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("mail", "E-mail"),
                            ("feishu", "Feishu robot"),
                            ("dingtalk", "DingTalk robot"),
                            ("wecom", "WeCom robot"),
                            ("bark", "Bark"),
                            ("serverchan", "ServerChan"),
                            ("wxpusher", "WxPusher"),
                            ("pushdeer", "PushDeer"),
                            ("telegram", "Telegram"),
                            ("slack", "Slack"),
                            ("discord", "Discord"),
                            ("webhook", "Webhook"),
                            ("browser", "Browser"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=60, verbose_name="name")),
                ("sealed", models.TextField(editable=False)),
                ("ending", models.CharField(editable=False, max_length=80, verbose_name="address")),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("at_once", "immediately"),
                            ("hourly", "hourly digest"),
                            ("daily", "daily digest"),
                            ("weekly", "weekly digest"),
                        ],
                        default="at_once",
                        max_length=10,
                        verbose_name="alerts",
                    ),
                ),
                ("only_urgent", models.BooleanField(default=False, verbose_name="only urgent rules")),
                ("is_paused", models.BooleanField(default=False, verbose_name="paused")),
                ("rotated_at", models.DateTimeField(editable=False, null=True)),
                ("confirmed_at", models.DateTimeField(editable=False, verbose_name="tested")),
                ("next_send_at", models.DateTimeField(editable=False)),
                ("next_digest_at", models.DateTimeField(editable=False, null=True, verbose_name="next digest")),
                (
                    "failures",
                    models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="failures in a row"),
                ),
                ("failing_since", models.DateTimeField(editable=False, null=True, verbose_name="failing since")),
                ("refused_at", models.DateTimeField(editable=False, null=True, verbose_name="refused since")),
                ("answer", models.CharField(blank=True, editable=False, max_length=500, verbose_name="last answer")),
                ("advice", models.CharField(blank=True, editable=False, max_length=200)),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="channels",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "channel",
                "verbose_name_plural": "channels",
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_digest_at__isnull", False)),
                        fields=["next_digest_at"],
                        name="channel_digest_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "name"), name="channel_name_unique"),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "mail")), fields=("owner",), name="channel_one_mailbox"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="time")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("login", "log-in"),
                            ("login_failed", "failed log-in"),
                            ("logout", "log-out"),
                            ("sessions_ended", "devices logged out"),
                            ("not_me", "log-in reported"),
                            ("password_changed", "password changed"),
                            ("address_changed", "address changed"),
                            ("address_restored", "address restored"),
                            ("factor_added", "two-step verification added"),
                            ("factor_removed", "two-step verification removed"),
                            ("codes_made", "recovery codes created"),
                            ("site_connected", "login site connected"),
                            ("site_disconnected", "login site disconnected"),
                            ("token_made", "API token created"),
                            ("token_ended", "API token ended"),
                            ("api_write", "change by API"),
                            ("account_made", "account created"),
                            ("account_deleted", "account deleted"),
                            ("account_restored", "account restored"),
                            ("account_purged", "account purged"),
                            ("list_transferred", "watchlist transferred"),
                            ("list_deleted", "watchlist deleted"),
                            ("list_restored", "watchlist restored"),
                            ("list_purged", "watchlist purged"),
                            ("invited", "invitation sent"),
                            ("invitation_accepted", "invitation accepted"),
                            ("invitation_closed", "invitation declined or withdrawn"),
                            ("role_changed", "role changed"),
                            ("member_removed", "member removed"),
                            ("rights_changed", "rights changed"),
                            ("channel_added", "channel added"),
                            ("channel_changed", "channel changed"),
                            ("channel_removed", "channel removed"),
                            ("exported", "data exported"),
                            ("budget_set", "budget set"),
                            ("allowance_changed", "allowance changed"),
                            ("checks_stopped", "checks stopped"),
                            ("checks_started", "checks started"),
                            ("trial_call", "trial call"),
                            ("admin_added", "added in the admin"),
                            ("admin_changed", "changed in the admin"),
                            ("admin_deleted", "deleted in the admin"),
                            ("admin_action", "action in the admin"),
                        ],
                        max_length=20,
                        verbose_name="event",
                    ),
                ),
                ("actor_name", models.CharField(blank=True, max_length=254, verbose_name="by")),
                ("person_name", models.CharField(blank=True, max_length=254, verbose_name="user")),
                ("subject", models.CharField(blank=True, max_length=120, verbose_name="about")),
                ("network", models.CharField(blank=True, max_length=50, verbose_name="network")),
                ("details", models.JSONField(default=dict, verbose_name="details")),
                (
                    "actor",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "audit event",
                "verbose_name_plural": "audit events",
                "indexes": [models.Index(fields=["at"], name="audit_at")],
            },
        ),
        migrations.CreateModel(
            name="Budget",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("calls", models.PositiveIntegerField(verbose_name="daily calls")),
                ("begins_at", models.DateTimeField(verbose_name="valid from")),
                ("set_at", models.DateTimeField(auto_now_add=True, verbose_name="set")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                (
                    "set_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="budgets",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="set by",
                    ),
                ),
            ],
            options={
                "verbose_name": "daily budget",
                "verbose_name_plural": "daily budgets",
                "ordering": ["-begins_at", "-pk"],
                "indexes": [models.Index(fields=["-begins_at", "-id"], name="budget_begun")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("calls__lte", 10000000)), name="budget_is_no_slip")
                ],
            },
        ),
        migrations.CreateModel(
            name="DataExport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField(verbose_name="requested")),
                ("claimed_until", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ready")),
                ("size", models.PositiveBigIntegerField(null=True, verbose_name="bytes")),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="data_export",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "export of a user's data",
                "verbose_name_plural": "exports of users' data",
            },
        ),
        migrations.CreateModel(
            name="DataExportPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("data", models.BinaryField()),
                (
                    "export",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="monitor.dataexport"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("export", "number"), name="data_export_part_unique")],
            },
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("worker", models.CharField(max_length=200, verbose_name="worker")),
                ("work", models.CharField(max_length=40, verbose_name="work")),
                ("seen_at", models.DateTimeField(verbose_name="last heartbeat")),
                ("expected_at", models.DateTimeField(verbose_name="due by")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("worker", "work"), name="heartbeat_unique")],
            },
        ),
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("list_name", models.CharField(blank=True, max_length=100, verbose_name="name of a new list")),
                ("makes_list", models.BooleanField(default=False)),
                ("interval", models.DurationField(default=datetime.timedelta(days=1), verbose_name="interval")),
                (
                    "pace",
                    models.CharField(
                        blank=True,
                        choices=[("adaptive", "Smart"), ("fixed", "Fixed")],
                        db_default="",
                        default="",
                        max_length=10,
                        verbose_name="pace",
                    ),
                ),
                ("text", models.TextField(blank=True, verbose_name="pasted text")),
                ("file_name", models.CharField(blank=True, max_length=200, verbose_name="file name")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("saved_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
                ("left_out", models.PositiveIntegerField(db_default=0, default=0)),
                ("paired", models.JSONField(null=True)),
                ("size", models.PositiveIntegerField(db_default=0, default=0)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="imports",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "watchlist",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="imports",
                        to="monitor.watchlist",
                        verbose_name="watchlist",
                    ),
                ),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
                "indexes": [models.Index(fields=["created_at"], name="import_created")],
            },
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("column", models.PositiveSmallIntegerField(default=0)),
                ("is_from_file", models.BooleanField(default=False)),
                ("text", models.CharField(max_length=200)),
                ("num_iid", models.CharField(blank=True, max_length=19)),
                ("problem", models.CharField(blank=True, max_length=20)),
                ("is_repeated", models.BooleanField(default=False)),
                ("is_chosen", models.BooleanField(default=False)),
                ("rival_of", models.CharField(blank=True, db_default="", default="", max_length=400)),
                ("rival_problem", models.CharField(blank=True, db_default="", default="", max_length=20)),
                ("was_added", models.BooleanField(default=False)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rows", to="monitor.import"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="monitor.product"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ProductIndex",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="index",
                        serialize=False,
                        to="monitor.product",
                    ),
                ),
                ("lists", models.JSONField(default=dict)),
                ("shop_key", models.BigIntegerField(db_index=True, null=True)),
                ("words", models.TextField(default="")),
                ("pairs", models.JSONField(default=dict)),
                ("title", models.CharField(max_length=500, null=True)),
                ("shop_name", models.CharField(max_length=200, null=True)),
                ("price", models.BigIntegerField(null=True)),
                ("price_a_day_ago", models.BigIntegerField(null=True)),
                ("price_a_week_ago", models.BigIntegerField(null=True)),
                (
                    "day_share",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.ExpressionWrapper(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("price"), "-", models.F("price_a_day_ago")
                                    ),
                                    "*",
                                    models.Value(1.0),
                                ),
                                "/",
                                django.db.models.functions.comparison.NullIf(
                                    models.F("price_a_day_ago"), models.Value(0)
                                ),
                            ),
                            output_field=models.FloatField(),
                        ),
                        output_field=models.FloatField(null=True),
                    ),
                ),
                (
                    "week_share",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.ExpressionWrapper(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("price"), "-", models.F("price_a_week_ago")
                                    ),
                                    "*",
                                    models.Value(1.0),
                                ),
                                "/",
                                django.db.models.functions.comparison.NullIf(
                                    models.F("price_a_week_ago"), models.Value(0)
                                ),
                            ),
                            output_field=models.FloatField(),
                        ),
                        output_field=models.FloatField(null=True),
                    ),
                ),
                ("look_back_at", models.DateTimeField(null=True)),
                ("sales", models.BigIntegerField(null=True)),
                ("units_low", models.FloatField(null=True)),
                ("units", models.FloatField(null=True)),
                ("units_high", models.FloatField(null=True)),
                (
                    "revenue",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.comparison.Cast(
                            django.db.models.functions.math.Round(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("price"), "*", models.F("units")
                                ),
                                output_field=models.FloatField(),
                            ),
                            models.BigIntegerField(),
                        ),
                        output_field=models.BigIntegerField(null=True),
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("on_sale", "on sale"),
                            ("off_shelf", "off shelf"),
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
                    ),
                ),
                (
                    "standing",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Case(
                            models.When(status="on_sale", then=models.Value(0)),
                            models.When(status="approved_waiting", then=models.Value(1)),
                            models.When(status="under_review", then=models.Value(2)),
                            models.When(status="off_shelf", then=models.Value(3)),
                            models.When(status="rejected", then=models.Value(4)),
                            models.When(status="abnormal", then=models.Value(5)),
                            models.When(status="banned", then=models.Value(6)),
                            models.When(status="deleted", then=models.Value(7)),
                            models.When(status="not_found", then=models.Value(8)),
                            output_field=models.SmallIntegerField(),
                        ),
                        output_field=models.SmallIntegerField(null=True),
                    ),
                ),
                ("first_data_time", models.DateTimeField(null=True)),
                ("changed_at", models.DateTimeField(null=True)),
                (
                    "really_changed_at",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.comparison.NullIf(
                            models.F("changed_at"), models.F("first_data_time")
                        ),
                        output_field=models.DateTimeField(null=True),
                    ),
                ),
                ("failing_since", models.DateTimeField(null=True)),
                ("interval", models.DurationField(null=True)),
                ("soonest", models.DurationField(null=True)),
                ("hours", models.IntegerField(null=True)),
                ("is_paused", models.BooleanField(default=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("changed_at"), True)),
                        models.OrderBy(models.F("changed_at"), descending=False),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_changed",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("really_changed_at"), True)),
                        models.OrderBy(models.F("really_changed_at"), descending=True),
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("changed_at"), True)),
                        models.OrderBy(models.F("changed_at"), descending=True),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_changed_down",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("title"), True)),
                        models.OrderBy(models.F("title"), descending=False),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_title",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("title"), True)),
                        models.OrderBy(models.F("title"), descending=True),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_title_down",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("shop_name"), True)),
                        models.OrderBy(models.F("shop_name"), descending=False),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_shop",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("shop_name"), True)),
                        models.OrderBy(models.F("shop_name"), descending=True),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_shop_down",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("price"), True)),
                        models.OrderBy(models.F("price"), descending=False),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_price",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("price"), True)),
                        models.OrderBy(models.F("price"), descending=True),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_price_down",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("day_share"), True)),
                        models.OrderBy(models.F("day_share"), descending=False),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_day",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("day_share"), True)),
                        models.OrderBy(models.F("day_share"), descending=True),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_day_down",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("week_share"), True)),
                        models.OrderBy(models.F("week_share"), descending=False),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_week",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("week_share"), True)),
                        models.OrderBy(models.F("week_share"), descending=True),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_week_down",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("sales"), True)),
                        models.OrderBy(models.F("sales"), descending=False),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_sales",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("sales"), True)),
                        models.OrderBy(models.F("sales"), descending=True),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_sales_down",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("units"), True)),
                        models.OrderBy(models.F("units"), descending=False),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_units",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("units"), True)),
                        models.OrderBy(models.F("units"), descending=True),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_units_down",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("revenue"), True)),
                        models.OrderBy(models.F("revenue"), descending=False),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_revenue",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("revenue"), True)),
                        models.OrderBy(models.F("revenue"), descending=True),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_revenue_down",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("standing"), True)),
                        models.OrderBy(models.F("standing"), descending=False),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_status",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("standing"), True)),
                        models.OrderBy(models.F("standing"), descending=True),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_status_down",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("interval"), True)),
                        models.OrderBy(models.F("interval"), descending=False),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_interval",
                    ),
                    models.Index(
                        models.OrderBy(django.db.models.lookups.IsNull(models.F("interval"), True)),
                        models.OrderBy(models.F("interval"), descending=True),
                        models.OrderBy(models.F("product")),
                        models.F("lists"),
                        name="product_by_interval_down",
                    ),
                    django.contrib.postgres.indexes.GinIndex(fields=["lists"], name="product_index_lists"),
                    django.contrib.postgres.indexes.GinIndex(fields=["pairs"], name="product_index_pairs"),
                    models.Index(
                        condition=models.Q(("failing_since__isnull", False)),
                        fields=["failing_since"],
                        name="product_index_failing",
                    ),
                    models.Index(
                        condition=models.Q(("is_paused", True)), fields=["product"], name="product_index_paused"
                    ),
                    models.Index(
                        condition=models.Q(("look_back_at__isnull", False)),
                        fields=["look_back_at"],
                        name="product_index_look_back",
                    ),
                    models.Index(
                        condition=models.Q(("interval__isnull", False)),
                        fields=["interval", "soonest", "hours"],
                        name="product_index_paces",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScheduleFit",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ("fitted_at", models.DateTimeField(null=True, verbose_name="planned")),
                ("calls", models.PositiveIntegerField(default=0, verbose_name="daily calls")),
                ("share", models.FloatField(default=0.96)),
                ("products", models.PositiveIntegerField(default=0, verbose_name="products")),
                ("needs", models.FloatField(default=0.0)),
                ("fleet", models.JSONField(null=True)),
                ("day", models.JSONField(null=True)),
                ("day_fitted_at", models.DateTimeField(null=True)),
                ("is_stale", models.BooleanField(default=False)),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="schedule_fit_is_one_row")],
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("user_agent", models.CharField(blank=True, max_length=300, verbose_name="browser")),
                ("address", models.GenericIPAddressField(null=True, verbose_name="address")),
                ("seen_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="last seen")),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Throttle",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("empty_at", models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="SheetUpdate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("stored_rows", models.JSONField()),
                ("saved_at", models.DateTimeField(null=True)),
                ("receipt", models.JSONField(null=True)),
                ("size", models.PositiveIntegerField(db_default=0, default=0)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sheet_updates",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["created_at"], name="sheet_update_created")],
            },
        ),
        migrations.CreateModel(
            name="ShortLink",
            fields=[
                ("code", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("num_iid", models.CharField(blank=True, max_length=19)),
                ("followed_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["followed_at"], name="short_link_followed")],
            },
        ),
        migrations.CreateModel(
            name="UsageDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False, verbose_name="day")),
                ("reserved", models.PositiveIntegerField(default=0, verbose_name="calls")),
                (
                    "confirmations",
                    models.PositiveIntegerField(db_default=0, default=0, verbose_name="confirming calls"),
                ),
                ("asked", models.PositiveIntegerField(db_default=0, default=0, verbose_name="manual calls")),
                ("marked_at", models.DateTimeField(editable=False, null=True)),
                ("marked_calls", models.PositiveIntegerField(db_default=0, default=0, editable=False)),
                ("set_back_by", models.DurationField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "daily calls reserved",
                "verbose_name_plural": "daily calls reserved",
                "ordering": ["-day"],
            },
        ),
        migrations.CreateModel(
            name="Usage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="day")),
                ("api", models.CharField(max_length=40, verbose_name="API")),
                ("code", models.CharField(max_length=32, verbose_name="code")),
                ("calls", models.PositiveIntegerField(default=0, verbose_name="calls")),
                (
                    "billing",
                    models.CharField(
                        choices=[("billed", "billed"), ("not_billed", "not billed"), ("possibly", "possibly billed")],
                        max_length=12,
                        verbose_name="billing",
                    ),
                ),
                ("provider_used", models.PositiveBigIntegerField(null=True, verbose_name="the provider's count")),
                ("provider_ahead", models.BigIntegerField(editable=False, null=True)),
                ("provider_cap", models.PositiveBigIntegerField(null=True, verbose_name="the provider's cap")),
            ],
            options={
                "verbose_name": "usage",
                "verbose_name_plural": "usage",
                "ordering": ["-day", "api", "code"],
                "constraints": [models.UniqueConstraint(fields=("day", "api", "code"), name="usage_unique")],
            },
        ),
        migrations.CreateModel(
            name="Charge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="day")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("schedule", "scheduled"),
                            ("first", "first checks"),
                            ("asked", "manual checks"),
                            ("confirming", "confirmations"),
                        ],
                        max_length=10,
                        verbose_name="reason",
                    ),
                ),
                ("parts", models.PositiveBigIntegerField(default=0, verbose_name="calls")),
                (
                    "person",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="charges",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "charge",
                "verbose_name_plural": "charges",
                "ordering": ["-day", "-parts"],
                "constraints": [models.UniqueConstraint(fields=("day", "person", "reason"), name="charge_unique")],
            },
        ),
        migrations.CreateModel(
            name="ProviderAccount",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ("circuit_code", models.CharField(blank=True, max_length=32, verbose_name="code that stopped checks")),
                ("circuit_reason", models.CharField(blank=True, max_length=200, verbose_name="provider's reason")),
                ("circuit_opened_at", models.DateTimeField(blank=True, null=True, verbose_name="checks stopped")),
                ("next_probe_at", models.DateTimeField(blank=True, null=True, verbose_name="next trial call")),
                ("trial_calls", models.PositiveSmallIntegerField(db_default=1, default=1, editable=False)),
                ("paused_until", models.DateTimeField(blank=True, null=True, verbose_name="paused until")),
                ("pause_code", models.CharField(blank=True, max_length=32, verbose_name="code that paused checks")),
                ("halted_at", models.DateTimeField(blank=True, null=True, verbose_name="stopped by an operator")),
                (
                    "halted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="operator who stopped it",
                    ),
                ),
            ],
            options={
                "verbose_name": "provider account",
                "verbose_name_plural": "provider account",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="provider_account_is_one_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="Follow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "interval",
                    models.DurationField(
                        default=datetime.timedelta(days=1),
                        validators=[
                            django.core.validators.MinValueValidator(
                                datetime.timedelta(seconds=3600), "A shop is read once an hour at most."
                            ),
                            django.core.validators.MaxValueValidator(
                                datetime.timedelta(days=30), "The longest interval is 30 days."
                            ),
                        ],
                        verbose_name="read at least every",
                    ),
                ),
                (
                    "adds",
                    models.CharField(
                        blank=True,
                        choices=[("", "nothing"), ("all", "all"), ("new", "new ones"), ("best", "best sellers")],
                        default="",
                        max_length=10,
                        verbose_name="add by itself",
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=100, verbose_name="words in the title")),
                ("lowest", models.PositiveBigIntegerField(blank=True, null=True, verbose_name="price from")),
                ("highest", models.PositiveBigIntegerField(blank=True, null=True, verbose_name="price to")),
                (
                    "most",
                    models.PositiveSmallIntegerField(
                        default=20,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(500),
                        ],
                        verbose_name="at most",
                    ),
                ),
                ("matched_at", models.DateTimeField(editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="added")),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="follows",
                        to="monitor.shop",
                        verbose_name="shop",
                    ),
                ),
                (
                    "watchlist",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="follows",
                        to="monitor.watchlist",
                        verbose_name="watchlist",
                    ),
                ),
            ],
            options={
                "verbose_name": "followed shop",
                "verbose_name_plural": "followed shops",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("watchlist", "shop"),
                        name="follow_unique",
                        violation_error_message="The watchlist follows this shop already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ChannelChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "how",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("at_once", "immediately"),
                            ("hourly", "hourly digest"),
                            ("daily", "daily digest"),
                            ("weekly", "weekly digest"),
                        ],
                        max_length=10,
                        verbose_name="alerts",
                    ),
                ),
                ("is_off", models.BooleanField(default=False, verbose_name="left out")),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="choices",
                        to="monitor.channel",
                        verbose_name="channel",
                    ),
                ),
                (
                    "watchlist",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="channel_choices",
                        to="monitor.watchlist",
                        verbose_name="watchlist",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("channel", "watchlist"), name="channel_choice_unique")],
            },
        ),
        migrations.CreateModel(
            name="RangeEntry",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="range_entry",
                        serialize=False,
                        to="monitor.product",
                        verbose_name="product",
                    ),
                ),
                ("appeared_at", models.DateTimeField(null=True, verbose_name="appeared")),
                ("listed_at", models.DateTimeField(verbose_name="last listed")),
                ("reading", models.PositiveIntegerField()),
                ("missed", models.PositiveSmallIntegerField(default=0)),
                ("left_at", models.DateTimeField(null=True, verbose_name="left")),
                ("price", models.BigIntegerField(null=True, verbose_name="price")),
                ("sales", models.BigIntegerField(null=True, verbose_name="sales")),
                ("is_best", models.BooleanField(default=False)),
                ("is_known", models.BooleanField(default=False)),
                (
                    "shop",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="range_entries",
                        to="monitor.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["shop", "left_at", "reading"], name="range_entry_of_shop")],
            },
        ),
        migrations.CreateModel(
            name="Pairing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="monitor.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "rival",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="monitor.product",
                        verbose_name="rival",
                    ),
                ),
                (
                    "watch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pairings",
                        to="monitor.watch",
                        verbose_name="watched product",
                    ),
                ),
            ],
            options={
                "verbose_name": "pairing",
                "verbose_name_plural": "pairings",
                "constraints": [
                    models.UniqueConstraint(fields=("watch", "rival"), name="pairing_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("product", models.F("rival")), _negated=True), name="pairing_with_another"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("words", models.CharField(max_length=60, verbose_name="words")),
                ("page", models.PositiveSmallIntegerField(verbose_name="page")),
                ("products", models.JSONField(default=list)),
                ("read_at", models.DateTimeField(null=True, verbose_name="read")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("ok", "changed"),
                            ("unchanged", "unchanged"),
                            ("stale", "older than known"),
                            ("not_found", "not found"),
                            ("doubtful", "to be confirmed"),
                            ("wrong_product", "wrong product returned"),
                            ("bad_reply", "unreadable reply"),
                            ("network", "network failure"),
                            ("timeout", "timeout"),
                            ("provider_error", "provider's error"),
                            ("budget", "no calls left today"),
                            ("circuit_open", "checks stopped"),
                        ],
                        max_length=20,
                        verbose_name="outcome",
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=32, verbose_name="code")),
                ("asked_at", models.DateTimeField(null=True)),
                ("claimed_until", models.DateTimeField(null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("asked_at__isnull", False)), fields=["asked_at"], name="search_asked"
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("words", "page"), name="search_page_unique")],
            },
        ),
        migrations.CreateModel(
            name="ShopRange",
            fields=[
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
                            ("wrong_product", "wrong product returned"),
                            ("bad_reply", "unreadable reply"),
                            ("network", "network failure"),
                            ("timeout", "timeout"),
                            ("provider_error", "provider's error"),
                            ("budget", "no calls left today"),
                            ("circuit_open", "checks stopped"),
                        ],
                        editable=False,
                        max_length=20,
                        verbose_name="last outcome",
                    ),
                ),
                ("last_code", models.CharField(blank=True, editable=False, max_length=32, verbose_name="last code")),
                ("failing_since", models.DateTimeField(editable=False, null=True, verbose_name="failing since")),
                ("failures", models.PositiveIntegerField(default=0, editable=False, verbose_name="failures in a row")),
                ("interval", models.DurationField(editable=False, null=True, verbose_name="interval")),
                ("soonest", models.DurationField(editable=False, null=True)),
                ("weight", models.FloatField(db_default=1.0, default=1.0, editable=False)),
                ("known", models.CharField(editable=False, max_length=40, null=True)),
                ("rate", models.FloatField(editable=False, null=True, verbose_name="changes a day")),
                ("next_check_at", models.DateTimeField(editable=False, null=True, verbose_name="next check")),
                ("claim", models.UUIDField(editable=False, null=True)),
                ("claimed_until", models.DateTimeField(editable=False, null=True)),
                (
                    "shop",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="range",
                        serialize=False,
                        to="monitor.shop",
                        verbose_name="shop",
                    ),
                ),
                ("read_at", models.DateTimeField(editable=False, null=True, verbose_name="last read")),
                ("pages", models.PositiveIntegerField(editable=False, null=True, verbose_name="pages")),
                ("reading", models.PositiveIntegerField(default=0, editable=False)),
                ("began_at", models.DateTimeField(editable=False, null=True)),
                ("next_page", models.PositiveIntegerField(default=1, editable=False)),
                ("data_time", models.DateTimeField(editable=False, null=True)),
                ("is_whole", models.BooleanField(default=True, editable=False)),
                ("arrivals", models.PositiveIntegerField(default=0, editable=False)),
                ("bases", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("revenue", models.BigIntegerField(editable=False, null=True, verbose_name="revenue a day")),
                (
                    "asked_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "range of a followed shop",
                "verbose_name_plural": "ranges of followed shops",
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_check_at__isnull", False)), fields=["next_check_at"], name="range_due"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.EmailField(blank=True, max_length=254, verbose_name="address")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("alerts", "alerts"),
                            ("digest", "digest"),
                            ("polling_stopped", "checks stopped"),
                            ("invitation", "invitation"),
                            ("password_reset", "lost password"),
                            ("password_changed", "password changed"),
                            ("join", "new account"),
                            ("account_exists", "account exists"),
                            ("address_confirm", "new address"),
                            ("address_changed", "address changed"),
                            ("address_test", "address test"),
                            ("data_ready", "export of data ready"),
                            ("account_deleted", "account deleted"),
                            ("new_device", "new device"),
                            ("second_factor", "two-step verification changed"),
                            ("login_code", "code to log in"),
                            ("token_made", "API token created"),
                            ("channel_added", "channel added"),
                            ("channel_refused", "channel refused"),
                            ("list_transferred", "watchlist transferred"),
                        ],
                        default="alerts",
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("context", models.JSONField(default=dict, editable=False, verbose_name="context")),
                (
                    "period",
                    models.CharField(
                        blank=True,
                        choices=[("hour", "hourly digest"), ("day", "daily digest"), ("week", "weekly digest")],
                        editable=False,
                        max_length=4,
                        verbose_name="period",
                    ),
                ),
                ("until", models.DateTimeField(editable=False, null=True, verbose_name="until")),
                ("uid", models.CharField(max_length=200, unique=True, verbose_name="Message-ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("sent", "sent"),
                            ("refused", "refused for good"),
                            ("failed", "given up"),
                            ("dropped", "no longer wanted"),
                            ("held", "held"),
                        ],
                        default="pending",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("next_attempt_at", models.DateTimeField(verbose_name="next attempt")),
                ("lease", models.UUIDField(editable=False, null=True)),
                ("answer", models.CharField(blank=True, max_length=500, verbose_name="last server answer")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="sent")),
                (
                    "channel",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="monitor.channel",
                        verbose_name="channel",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="received",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recipient",
                    ),
                ),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
                "indexes": [
                    models.Index(
                        condition=models.Q(("channel__isnull", True), ("status", "pending")),
                        fields=["next_attempt_at"],
                        name="message_due",
                    ),
                    models.Index(
                        condition=models.Q(("channel__isnull", False), ("status", "pending")),
                        fields=["channel", "next_attempt_at"],
                        name="message_channel_due",
                    ),
                    models.Index(fields=["-created_at"], name="message_newest"),
                    models.Index(condition=models.Q(("status", "held")), fields=["channel"], name="message_held"),
                    models.Index(
                        condition=models.Q(("status", "pending")), fields=["recipient"], name="message_waiting"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "digest")),
                        fields=("channel", "period", "until"),
                        name="message_digest_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MessageBody",
            fields=[
                (
                    "message",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="body",
                        serialize=False,
                        to="monitor.message",
                    ),
                ),
                ("text", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="MessageAlert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("count", models.PositiveIntegerField(db_default=1, default=1)),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="monitor.alert"
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="monitor.channel"
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="monitor.message"
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("alert", "channel"), name="message_alert_once")],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sender", models.CharField(max_length=80, verbose_name="sending process")),
                ("began_at", models.DateTimeField(verbose_name="began")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("under_way", "being checked"),
                            ("sent", "accepted by the server"),
                            ("retry", "will retry"),
                            ("refused", "refused for good"),
                            ("failed", "given up"),
                            ("dropped", "no longer wanted"),
                            ("interrupted", "interrupted"),
                        ],
                        default="under_way",
                        max_length=12,
                        verbose_name="outcome",
                    ),
                ),
                ("code", models.PositiveIntegerField(null=True, verbose_name="code")),
                ("enhanced_code", models.CharField(blank=True, max_length=11, verbose_name="enhanced code")),
                ("answer", models.CharField(blank=True, max_length=500, verbose_name="answer")),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tries",
                        to="monitor.message",
                        verbose_name="message",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery attempt",
                "verbose_name_plural": "delivery attempts",
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                (
                    "role",
                    models.CharField(
                        choices=[("viewer", "may view"), ("editor", "may edit"), ("owner", "new owner")],
                        default="viewer",
                        max_length=10,
                        verbose_name="role",
                    ),
                ),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("expires_at", models.DateTimeField(verbose_name="expires")),
                ("accepted_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="accepted")),
                (
                    "closed_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="declined or withdrawn"),
                ),
                ("mailed_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="mailed")),
                (
                    "invited_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="invited by",
                    ),
                ),
                (
                    "mail",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="invitations",
                        to="monitor.message",
                        verbose_name="e-mail",
                    ),
                ),
                (
                    "watchlist",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="monitor.watchlist",
                        verbose_name="watchlist",
                    ),
                ),
            ],
            options={
                "verbose_name": "invitation",
                "verbose_name_plural": "invitations",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("accepted_at__isnull", True)),
                        fields=("email", "watchlist"),
                        name="invitation_open_unique",
                        violation_error_message="This address is already invited.",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="message",
            name="alerts",
            field=models.ManyToManyField(related_name="messages", through="monitor.MessageAlert", to="monitor.alert"),
        ),
    ]
