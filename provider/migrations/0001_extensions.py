"""What the catalogue's search and prices need of the database."""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

# The SQL twin of shop.money.round_up: noise beyond ten decimals is rounded away,
# half to even, then up to a multiple of `step`. div() and mod() are exact.
ROUND_UP = """
    CREATE FUNCTION shop_round_up(value numeric, step numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT (div(clean, step)
                + CASE WHEN mod(clean, step) > 0 THEN 1 ELSE 0 END) * step
        FROM (
            SELECT CASE
                WHEN abs(value - trunc(value, 10)) = 0.00000000005
                 AND mod(trunc(value, 10) * 10000000000, 2) = 0
                THEN trunc(value, 10)
                ELSE round(value, 10)
            END AS clean
        ) AS cleaned
    $$
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        TrigramExtension(),
        migrations.RunSQL(ROUND_UP, "DROP FUNCTION shop_round_up(numeric, numeric)"),
    ]
