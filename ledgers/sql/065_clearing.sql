-- Cleared: that the bank has shown an entry. Until then it is outstanding.

-- What is said of the bank is of a posted entry that moves something there, of a day between its book date and today, and
-- stands: only its undoing is written, once, with a reason.
CREATE OR REPLACE FUNCTION keep_clearance() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  ending text[] := '{undone_by_id,undone_at,undo_reason}';
  e ledgers_journalentry;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.undone_at IS NOT NULL OR NEW.undone_at IS NULL OR to_jsonb(NEW) - ending IS DISTINCT FROM to_jsonb(OLD) - ending THEN
      PERFORM refuse('clearance_fixed', jsonb_build_object('entry', OLD.entry_id));
    END IF;
    RETURN NEW;
  END IF;
  SELECT * INTO e FROM ledgers_journalentry j WHERE j.id = NEW.entry_id;
  IF e.id IS NULL OR e.bank_amount = 0 OR e.kind IN ('opening_balance', 'reversal') THEN
    PERFORM refuse('nothing_to_clear', jsonb_build_object('entry', NEW.entry_id));
  END IF;
  IF EXISTS (SELECT 1 FROM ledgers_journalentry r WHERE r.reverses_id = e.id) THEN
    PERFORM refuse('cleared_but_reversed', jsonb_build_object('entry', e.id));
  END IF;
  IF EXISTS (SELECT 1 FROM ledgers_bankitem b WHERE b.id = e.bank_item_id AND b.closed_at IS NULL) THEN
    PERFORM refuse('not_at_the_bank_yet', jsonb_build_object('entry', e.id, 'bank_item', e.bank_item_id));
  END IF;
  IF NEW.bank_date IS NULL OR NEW.bank_date < e.book_date OR NEW.bank_date > firm_today() THEN
    PERFORM refuse('cleared_date_wrong', jsonb_build_object(
      'entry', e.id, 'date', NEW.bank_date, 'book_date', e.book_date, 'today', firm_today()));
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER keep_clearance BEFORE INSERT OR UPDATE ON ledgers_clearance
  FOR EACH ROW EXECUTE FUNCTION keep_clearance();
ALTER TABLE ledgers_clearance ENABLE ALWAYS TRIGGER keep_clearance;

-- The bank's date of an entry that has cleared; null while it is outstanding.
-- web role may execute
CREATE OR REPLACE FUNCTION cleared_on(of_entry bigint) RETURNS date
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT z.bank_date FROM ledgers_clearance z WHERE z.entry_id = of_entry AND z.undone_at IS NULL
$$;

-- What a matter paid out and the bank has not shown yet.
-- web role may execute
CREATE OR REPLACE FUNCTION outstanding_of_matter(of_matter bigint) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT e.id FROM ledgers_ledger g JOIN ledgers_journalline x ON x.ledger_id = g.id JOIN ledgers_journalentry e ON e.id = x.entry_id
   WHERE g.matter_id = of_matter AND e.kind IN ('disbursement', 'return', 'earned_fee', 'account_transfer', 'opening_check')
     AND NOT EXISTS (SELECT 1 FROM ledgers_journalentry r WHERE r.reverses_id = e.id)
     AND NOT EXISTS (SELECT 1 FROM ledgers_clearance z WHERE z.entry_id = e.id AND z.undone_at IS NULL)
$$;

-- What the bank has shown is not undone as if it never had been: pen_check_relation asks, under the ledger's lock. A trigger's
-- WHEN would be read anew by every posting.
DROP TRIGGER IF EXISTS not_cleared ON ledgers_journalentry;
DROP FUNCTION IF EXISTS refuse_undoing_cleared();

-- Entries with all that is one line at the bank with them; their ledgers locked in one order, as the pen does, so that
-- nothing is undone, stopped or numbered while it is said to have cleared.
CREATE OR REPLACE FUNCTION at_the_bank_with(entries bigint[]) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  together bigint[];
BEGIN
  PERFORM refuse_old_snapshot();
  SELECT array_agg(u.id ORDER BY u.id) INTO together FROM (
    SELECT unnest(entries) AS id
    UNION SELECT s.id FROM ledgers_journalentry e JOIN ledgers_journalentry s ON s.bank_item_id = e.bank_item_id
     WHERE e.id = ANY (entries) AND NOT EXISTS (SELECT 1 FROM ledgers_journalentry r WHERE r.reverses_id = s.id)) u;
  PERFORM 1 FROM ledgers_ledger g WHERE g.id IN (SELECT x.ledger_id FROM ledgers_journalline x WHERE x.entry_id = ANY (together))
    ORDER BY g.id FOR NO KEY UPDATE;
  RETURN together;
END $$;

-- Whoever says what the bank shows is a coordinator of the firm, now.
CREATE OR REPLACE FUNCTION refuse_unless_reads_bank(actor bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT coalesce(person_holds(actor, 'coordinator'), false) THEN PERFORM refuse('not_allowed'); END IF;
END $$;

-- The one writer of clearances: entries were seen at the bank on a day, by hand or by a match with a statement. Answers
-- which entries have cleared with it.
-- web role may execute
CREATE OR REPLACE FUNCTION clear_entries(actor bigint, entries bigint[], on_date date, how text, bank_reference text) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  together bigint[];
  before record;
BEGIN
  PERFORM refuse_unless_reads_bank(actor);
  IF coalesce(cardinality(entries), 0) = 0 THEN PERFORM refuse('no_entries_chosen'); END IF;
  IF trim(coalesce(bank_reference, '')) = '' THEN PERFORM refuse('bank_line_missing'); END IF;
  together := at_the_bank_with(entries);
  SELECT z.entry_id, z.bank_date INTO before FROM ledgers_clearance z
   WHERE z.entry_id = ANY (entries) AND z.undone_at IS NULL ORDER BY z.entry_id LIMIT 1;
  IF FOUND THEN PERFORM refuse('cleared_already', jsonb_build_object('entry', before.entry_id, 'bank_date', before.bank_date)); END IF;
  INSERT INTO ledgers_clearance (entry_id, bank_date, source, reference, recorded_by_id, recorded_at, undo_reason)
  SELECT u.id, on_date, how, left(trim(bank_reference), 100), actor, firm_now(), '' FROM unnest(together) AS u (id)
   WHERE cleared_on(u.id) IS NULL ORDER BY u.id;
  RETURN together;
END $$;

-- Take back that an entry, with what is one line at the bank with it, was seen there. Answers which are outstanding again.
-- web role may execute
CREATE OR REPLACE FUNCTION undo_clearance(actor bigint, of_entry bigint, why text) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  together bigint[];
BEGIN
  PERFORM refuse_unless_reads_bank(actor);
  IF trim(coalesce(why, '')) = '' THEN PERFORM refuse('reason_missing'); END IF;
  together := at_the_bank_with(ARRAY[of_entry]);
  IF cleared_on(of_entry) IS NULL THEN PERFORM refuse('not_cleared', jsonb_build_object('entry', of_entry)); END IF;
  UPDATE ledgers_clearance SET undone_by_id = actor, undone_at = firm_now(), undo_reason = left(trim(why), 300)
   WHERE entry_id = ANY (together) AND undone_at IS NULL;
  -- A matter that was closed on the bank's word is closing again.
  UPDATE ledgers_matter m SET status = 'closing', version = m.version + 1
   WHERE m.status = 'closed' AND m.id IN (SELECT g.matter_id FROM ledgers_journalline x JOIN ledgers_ledger g ON g.id = x.ledger_id
     WHERE x.entry_id = ANY (together));
  RETURN together;
END $$;

DO $$ BEGIN
  PERFORM refuse_removals_of('ledgers_clearance'::regclass);
  PERFORM record_changes_of('ledgers_clearance'::regclass);
END $$;
