"""A transfer's currency is that of both its accounts: held by composite foreign keys."""

from django.db import migrations

SAME_CURRENCY = """
    ALTER TABLE ledger_transfer
        ADD CONSTRAINT transfer_source_currency FOREIGN KEY (source_id, currency)
            REFERENCES ledger_account (id, currency),
        ADD CONSTRAINT transfer_target_currency FOREIGN KEY (target_id, currency)
            REFERENCES ledger_account (id, currency)
"""
UNDO = """
    ALTER TABLE ledger_transfer
        DROP CONSTRAINT transfer_source_currency,
        DROP CONSTRAINT transfer_target_currency
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunSQL(SAME_CURRENCY, UNDO)]
