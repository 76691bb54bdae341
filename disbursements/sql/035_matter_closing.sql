-- A matter is not closed while somebody still asks for its money, or has a draft that would.
CREATE OR REPLACE FUNCTION refuse_closing_over_requests() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  waits record;
BEGIN
  SELECT r.id, r.payee INTO waits FROM disbursements_disbursementrequest r JOIN ledgers_ledger g ON g.id IN (r.ledger_id, r.destination_ledger_id)
   WHERE g.matter_id = NEW.id AND r.state IN ('draft', 'awaiting_approval', 'approved_unfunded') ORDER BY r.id LIMIT 1;
  IF FOUND THEN
    PERFORM refuse('matter_requests_open', jsonb_build_object('matter', NEW.number, 'request', waits.id, 'payee', waits.payee));
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER closing_requests BEFORE UPDATE OF status ON ledgers_matter
  FOR EACH ROW WHEN (NEW.status = 'closed' AND OLD.status <> 'closed') EXECUTE FUNCTION refuse_closing_over_requests();
ALTER TABLE ledgers_matter ENABLE ALWAYS TRIGGER closing_requests;

-- A final statement is of a matter that is closing or closed, whose ledgers are at 0.00, with every line of theirs; its
-- bytes are what their SHA-256 says, and stay. The worker sends none that tells no more than one before; nobody sends the
-- same to the same address twice in five minutes: two at once wait for each other at the ledgers.
CREATE OR REPLACE FUNCTION keep_final_statement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  m ledgers_matter;
  has record;
  before record;
BEGIN
  SELECT * INTO m FROM ledgers_matter x WHERE x.id = NEW.matter_id;
  PERFORM 1 FROM ledgers_ledger g WHERE g.matter_id = NEW.matter_id ORDER BY g.id FOR NO KEY UPDATE;
  SELECT coalesce(sum(g.line_count), 0) AS lines, coalesce(sum(g.balance), 0)::bigint AS balance,
         count(*) FILTER (WHERE g.balance <> 0 OR g.deficit <> 0) AS not_over INTO has
    FROM ledgers_ledger g WHERE g.matter_id = NEW.matter_id;
  IF m.status = 'open' OR has.not_over > 0 OR has.lines = 0 THEN
    PERFORM refuse('statement_too_early', jsonb_build_object('matter', m.number, 'status', m.status, 'balance', has.balance));
  END IF;
  SELECT s.address, s.made_at INTO before FROM disbursements_finalstatement s
   WHERE s.matter_id = NEW.matter_id AND s.line_count = NEW.line_count
     AND (NEW.made_by_id IS NULL OR s.address = NEW.address AND s.made_at > firm_now() - interval '5 minutes') ORDER BY s.id DESC LIMIT 1;
  IF FOUND THEN
    PERFORM refuse('statement_sent_already', jsonb_build_object('matter', m.number, 'address', before.address, 'at', before.made_at));
  END IF;
  IF NEW.line_count <> has.lines OR NEW.sha256 <> encode(sha256(NEW.content), 'hex') THEN
    PERFORM refuse('statement_not_whole', jsonb_build_object('matter', m.number));
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER keep_final_statement BEFORE INSERT ON disbursements_finalstatement
  FOR EACH ROW EXECUTE FUNCTION keep_final_statement();
ALTER TABLE disbursements_finalstatement ENABLE ALWAYS TRIGGER keep_final_statement;

DO $$ BEGIN
  PERFORM refuse_changes_of('disbursements_finalstatement'::regclass);
  PERFORM record_changes_of('disbursements_finalstatement'::regclass, hidden => 'content');
END $$;
