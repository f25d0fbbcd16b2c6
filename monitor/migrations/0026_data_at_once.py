from django.db import migrations, models

TABLES = ("DataExportPart", "DataExport")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("monitor", "0025_short_links_in_the_cache")]

    operations = [
        # Files that can be made anew at any time.
        *(
            migrations.SeparateDatabaseAndState(
                database_operations=[migrations.DeleteModel(table)],
                state_operations=[migrations.DeleteModel(table)],
            )
            for table in TABLES
        ),
        migrations.AlterField(
            model_name="message",
            name="kind",
            field=models.CharField(
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
    ]
