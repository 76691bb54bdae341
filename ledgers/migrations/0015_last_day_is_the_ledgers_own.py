"""The row of a ledger's last day goes: its balance and deficit are the ledger's own (`leave_day`)."""

from django.db import migrations

# The pen of the release before would write days by the old rule: it goes with the rows, and the new one comes when the
# functions are installed. A posting that has begun ends first, one that waits fails and is posted again.
# Nobody removes a row of the books; these say nothing that the ledger does not say. One that differs stays, as evidence.
REMOVE = """
LOCK TABLE ledgers_ledger, ledgers_ledgerday IN ACCESS EXCLUSIVE MODE;
DROP FUNCTION IF EXISTS post_entries, pen_post;
DO $$
DECLARE
  guard name;
BEGIN
  ALTER TABLE ledgers_ledgerday DISABLE TRIGGER USER;
  DELETE FROM ledgers_ledgerday d USING ledgers_ledger l
   WHERE l.id = d.ledger_id AND (d.date, d.balance, d.deficit) = (l.last_activity_date, l.balance, l.deficit);
  FOR guard IN SELECT tgname FROM pg_trigger WHERE tgrelid = 'ledgers_ledgerday'::regclass AND NOT tgisinternal LOOP
    EXECUTE format('ALTER TABLE ledgers_ledgerday ENABLE ALWAYS TRIGGER %I', guard);
  END LOOP;
END $$
"""


class Migration(migrations.Migration):
    """Remove the rows. There is no way back: this release's pen would meet them again."""

    dependencies = [("ledgers", "0014_written_once_read_each_time")]
    operations = [migrations.RunSQL(REMOVE)]
