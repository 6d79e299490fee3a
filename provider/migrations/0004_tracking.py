"""Subscriptions are sold. What was off for being one waits for its next pricing."""

from django.db import migrations, models

WAIT_FOR_A_PRICE = """
    UPDATE provider_service SET off_reason = 'price_check'
    WHERE off_reason = 'subscriptions'
"""
READ_THEIR_CATALOGUES = """
    UPDATE provider_provider SET next_sync_at = now()
    WHERE id IN (SELECT provider_id FROM provider_offer WHERE type = 'subscriptions')
"""


class Migration(migrations.Migration):
    dependencies = [("provider", "0003_engine")]
    operations = [
        migrations.RunSQL(WAIT_FOR_A_PRICE, migrations.RunSQL.noop),
        migrations.RunSQL(READ_THEIR_CATALOGUES, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="service",
            name="off_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "on sale"),
                    ("type_unknown", "its type is not known"),
                    ("overcharged", "the provider charged more than expected"),
                    ("withdrawn", "the provider withdrew it"),
                    ("price_check", "its price is being checked"),
                ],
                default="",
                max_length=20,
                verbose_name="state",
            ),
        ),
    ]
