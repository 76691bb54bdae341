"""The check digit of routing numbers (ABA): 3(d1+d4+d7) + 7(d2+d5+d8) + (d3+d6+d9) is a multiple of ten."""

from django.db import migrations

CHECK = """
ALTER TABLE ledgers_{table} ADD CONSTRAINT {name}_routing_number CHECK (
  routing_number ~ '^[0-9]{{9}}$' AND routing_number <> '000000000' AND
  (3 * (substr(routing_number, 1, 1)::int + substr(routing_number, 4, 1)::int + substr(routing_number, 7, 1)::int)
   + 7 * (substr(routing_number, 2, 1)::int + substr(routing_number, 5, 1)::int + substr(routing_number, 8, 1)::int)
   + substr(routing_number, 3, 1)::int + substr(routing_number, 6, 1)::int + substr(routing_number, 9, 1)::int) % 10 = 0)
"""


def check(table: str, name: str) -> migrations.RunSQL:
    """Return the operation for one table."""
    return migrations.RunSQL(
        CHECK.format(table=table, name=name), f"ALTER TABLE ledgers_{table} DROP CONSTRAINT {name}_routing_number"
    )


class Migration(migrations.Migration):
    """Add the constraint to both kinds of accounts."""

    dependencies = [("ledgers", "0001_initial")]
    operations = [check("trustaccount", "trust_account"), check("operatingaccount", "operating_account")]
