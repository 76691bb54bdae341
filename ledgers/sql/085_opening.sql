-- The opening import: the moves of a run, and rows that are fixed once a second person is asked.

-- The life-cycle of a run (SPEC flow Migration). Back to an earlier stage only before it is proposed, or when declined.
CREATE OR REPLACE FUNCTION keep_opening_moves() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> OLD.state AND NOT EXISTS (SELECT 1 FROM (VALUES
      ('uploaded', 'mapped'), ('mapped', 'checked'), ('checked', 'mapped'), ('checked', 'proposed'),
      ('proposed', 'checked'), ('proposed', 'loading'), ('loading', 'loaded'), ('loading', 'refused'),
      ('loaded', 'rolled_back'), ('uploaded', 'refused'), ('mapped', 'refused'), ('checked', 'refused')
    ) AS moves(was, becomes) WHERE was = OLD.state AND becomes = NEW.state) THEN
    PERFORM refuse('opening_not_in_state', jsonb_build_object('import', OLD.id, 'state', OLD.state, 'asked', NEW.state));
  END IF;
  IF OLD.state IN ('proposed', 'loading', 'loaded', 'rolled_back', 'refused') AND
     (NEW.mapping IS DISTINCT FROM OLD.mapping OR NEW.statements IS DISTINCT FROM OLD.statements
      OR NEW.cut_over_date IS DISTINCT FROM OLD.cut_over_date OR NEW.deficits_accepted_by_id IS DISTINCT FROM OLD.deficits_accepted_by_id
      OR NEW.uploaded_by_id <> OLD.uploaded_by_id OR (OLD.proof IS NOT NULL AND NEW.proof IS DISTINCT FROM OLD.proof)) THEN
    PERFORM refuse('opening_not_in_state', jsonb_build_object('import', OLD.id, 'state', OLD.state, 'asked', 'mapped'));
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER moves BEFORE UPDATE ON ledgers_openingimport FOR EACH ROW EXECUTE FUNCTION keep_opening_moves();
ALTER TABLE ledgers_openingimport ENABLE ALWAYS TRIGGER moves;

-- What was proposed is what is loaded: its rows only learn the numbers of the clients and matters made for them.
CREATE OR REPLACE FUNCTION keep_opening_rows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  touched bigint;
BEGIN
  IF TG_OP = 'DELETE' THEN
    SELECT i.id INTO touched FROM ledgers_openingimport i JOIN (SELECT DISTINCT run_id FROM old_rows) r ON r.run_id = i.id
     WHERE i.state NOT IN ('uploaded', 'mapped', 'checked') LIMIT 1;
  ELSE
    SELECT i.id INTO touched FROM ledgers_openingimport i JOIN (SELECT DISTINCT run_id FROM new_rows) r ON r.run_id = i.id
     WHERE i.state NOT IN ('uploaded', 'mapped', 'checked') AND NOT (TG_OP = 'UPDATE' AND i.state = 'loading') LIMIT 1;
  END IF;
  IF touched IS NOT NULL THEN
    PERFORM refuse('opening_not_in_state', jsonb_build_object('import', touched, 'state', 'proposed', 'asked', 'mapped'));
  END IF;
  RETURN NULL;
END $$;
-- While a run is loaded, its rows learn which client and matter they are, and nothing else of them changes.
CREATE OR REPLACE FUNCTION keep_opening_row_content() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF (SELECT i.state FROM ledgers_openingimport i WHERE i.id = OLD.run_id) = 'loading' AND (NEW.run_id, NEW.part, NEW.line, NEW.is_total, NEW.ledger_kind, NEW.client_name, NEW.client_email, NEW.matter_number, NEW.description,
      NEW.amount, NEW.item, NEW.item_number, NEW.item_date, NEW.payee, NEW.purpose, NEW.attorney_id, NEW.trust_account_id, NEW.account_text, NEW.last_activity_date, NEW.opened_date)
     IS DISTINCT FROM
     (OLD.run_id, OLD.part, OLD.line, OLD.is_total, OLD.ledger_kind, OLD.client_name, OLD.client_email, OLD.matter_number, OLD.description,
      OLD.amount, OLD.item, OLD.item_number, OLD.item_date, OLD.payee, OLD.purpose, OLD.attorney_id, OLD.trust_account_id, OLD.account_text, OLD.last_activity_date, OLD.opened_date) THEN
    PERFORM refuse('opening_row_fixed', jsonb_build_object('import', OLD.run_id, 'line', OLD.line));
  END IF;
  RETURN NEW;
END $$;
DO $$
DECLARE
  operation text;
BEGIN
  FOREACH operation IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE'] LOOP
    EXECUTE format('DROP TRIGGER IF EXISTS kept_%s ON ledgers_openingrow', lower(operation));
    EXECUTE format('CREATE TRIGGER kept_%s AFTER %s ON ledgers_openingrow REFERENCING %s FOR EACH STATEMENT EXECUTE FUNCTION keep_opening_rows()',
      lower(operation), operation, CASE operation WHEN 'DELETE' THEN 'OLD TABLE AS old_rows' ELSE 'NEW TABLE AS new_rows' END);
    EXECUTE format('ALTER TABLE ledgers_openingrow ENABLE ALWAYS TRIGGER kept_%s', lower(operation));
  END LOOP;
END $$;
CREATE OR REPLACE TRIGGER content_fixed BEFORE UPDATE ON ledgers_openingrow FOR EACH ROW EXECUTE FUNCTION keep_opening_row_content();
ALTER TABLE ledgers_openingrow ENABLE ALWAYS TRIGGER content_fixed;

-- Look at the rows that were just read: without their statistics the rules between rows are planned as for a few.
-- web role may execute
CREATE OR REPLACE FUNCTION look_at_opening_rows() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  ANALYZE ledgers_openingrow;
END $$;

-- Look at the books while they fill: a firm's first import begins with empty tables, and plans made for them read all rows.
-- web role may execute
CREATE OR REPLACE FUNCTION look_at_books() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  ANALYZE ledgers_client, ledgers_matter, ledgers_matteraccount, ledgers_ledger, ledgers_ledgerday,
    ledgers_command, ledgers_journalentry, ledgers_journalline, ledgers_entrytext;
END $$;

SELECT refuse_changes_of('ledgers_openingfile');
SELECT refuse_changes_of('ledgers_openingpiece');
SELECT refuse_removals_of('ledgers_openingimport');
SELECT record_changes_of('ledgers_openingimport');
