-- Closing a matter and a trust account: nothing is closed over money (SPEC flow Matter close).

-- A matter closes at 0.00, or above it where dated holds say why the rest stays; nothing asked for is waiting, and the bank
-- has shown all that was paid out. It is closing before it is closed. The day it closes on is kept with it and goes when it
-- is opened again.
CREATE OR REPLACE FUNCTION keep_matter_closing() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  l record;
  waits record;
BEGIN
  IF NEW.status <> OLD.status AND NOT EXISTS (
      SELECT 1 FROM (VALUES ('open', 'closing'), ('closing', 'closed'), ('closing', 'open'), ('closed', 'closing'), ('closed', 'open'))
          AS moves (was, becomes) WHERE was = OLD.status AND becomes = NEW.status) THEN
    PERFORM refuse('matter_move_refused', jsonb_build_object('matter', NEW.number, 'status', OLD.status, 'asked', NEW.status));
  END IF;
  IF NEW.status <> 'closed' THEN
    NEW.closed_date := NULL;
    RETURN NEW;
  END IF;
  IF OLD.status = 'closed' THEN
    NEW.closed_date := OLD.closed_date;
    RETURN NEW;
  END IF;
  -- Whoever posts or reserves holds the ledger's row: what follows sees all of it.
  PERFORM 1 FROM ledgers_ledger g WHERE g.matter_id = NEW.id ORDER BY g.id FOR NO KEY UPDATE;
  FOR l IN SELECT g.id, g.balance, g.deficit, a.name AS account,
                  (SELECT coalesce(sum(h.amount), 0) FROM ledgers_hold h WHERE h.ledger_id = g.id AND h.released_at IS NULL
                      AND h.kind = 'reserved') AS asked_for,
                  (SELECT coalesce(sum(h.amount), 0) FROM ledgers_hold h WHERE h.ledger_id = g.id AND h.released_at IS NULL
                      AND h.kind IN ('manual', 'disputed') AND h.until_date > firm_today()) AS explained
             FROM ledgers_ledger g JOIN ledgers_trustaccount a ON a.id = g.trust_account_id
            WHERE g.matter_id = NEW.id ORDER BY g.id LOOP
    IF l.deficit > 0 OR l.balance < 0 THEN
      PERFORM refuse('matter_in_deficit', jsonb_build_object('matter', NEW.number, 'account', l.account, 'deficit', l.deficit));
    END IF;
    IF l.asked_for > 0 THEN
      PERFORM refuse('matter_money_asked_for', jsonb_build_object('matter', NEW.number, 'held', l.asked_for));
    END IF;
    IF l.balance > l.explained THEN
      PERFORM refuse('matter_holds_money', jsonb_build_object('matter', NEW.number, 'account', l.account, 'balance', l.balance));
    END IF;
  END LOOP;
  SELECT count(*) AS entries, min(o.id) AS oldest INTO waits FROM outstanding_of_matter(NEW.id) AS o (id);
  IF waits.entries > 0 THEN
    PERFORM refuse('matter_outstanding', jsonb_build_object('matter', NEW.number, 'count', waits.entries, 'entry', waits.oldest));
  END IF;
  NEW.closed_date := firm_today();
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER closing BEFORE UPDATE OF status, closed_date ON ledgers_matter
  FOR EACH ROW EXECUTE FUNCTION keep_matter_closing();
ALTER TABLE ledgers_matter ENABLE ALWAYS TRIGGER closing;

-- A trust account closes when each of its ledgers is at 0.00, nothing asked for is waiting and every deposit slip has gone
-- to the bank, on a day on or after its last entry. It is opened again as two people have just decided.
CREATE OR REPLACE FUNCTION keep_account_closing() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  has record;
  slips bigint;
BEGIN
  IF NEW.closed_date IS NOT DISTINCT FROM OLD.closed_date THEN RETURN NEW; END IF;
  IF OLD.closed_date IS NOT NULL THEN
    IF NEW.closed_date IS NOT NULL OR NOT decided_by_two('ledgers.reopen_account', jsonb_build_object('account', OLD.id), NULL, NULL) THEN
      PERFORM refuse('second_person_needed', jsonb_build_object('what', 'reopen_account'));
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.closed_date > firm_today() THEN
    PERFORM refuse('dated_in_future', jsonb_build_object('date', NEW.closed_date, 'today', firm_today()));
  END IF;
  -- In the order of the pen: ledgers, then months. What is being posted is waited for.
  PERFORM 1 FROM ledgers_ledger g WHERE g.trust_account_id = NEW.id ORDER BY g.id FOR NO KEY UPDATE;
  PERFORM pg_advisory_xact_lock(months_key(NEW.id));
  SELECT count(*) FILTER (WHERE g.balance <> 0 OR g.deficit <> 0) AS ledgers, coalesce(sum(g.balance), 0)::bigint AS balance,
         greatest(max(g.last_activity_date), NEW.opened_date) AS last,
         (SELECT count(*) FROM ledgers_hold h JOIN ledgers_ledger x ON x.id = h.ledger_id
           WHERE x.trust_account_id = NEW.id AND h.kind = 'reserved' AND h.released_at IS NULL) AS requests
    INTO has FROM ledgers_ledger g WHERE g.trust_account_id = NEW.id;
  IF has.ledgers > 0 THEN
    PERFORM refuse('account_holds_money', jsonb_build_object('account', NEW.name, 'count', has.ledgers, 'balance', has.balance));
  END IF;
  SELECT count(*) INTO slips FROM ledgers_bankitem b
   WHERE b.trust_account_id = NEW.id AND b.kind = 'deposit_slip' AND b.closed_at IS NULL;
  IF has.requests + slips > 0 THEN
    PERFORM refuse('account_has_open_items', jsonb_build_object('account', NEW.name, 'requests', has.requests, 'slips', slips));
  END IF;
  IF NEW.closed_date < has.last THEN
    PERFORM refuse('account_moved_later', jsonb_build_object('account', NEW.name, 'last', has.last));
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER closing BEFORE UPDATE OF closed_date ON ledgers_trustaccount
  FOR EACH ROW EXECUTE FUNCTION keep_account_closing();
ALTER TABLE ledgers_trustaccount ENABLE ALWAYS TRIGGER closing;
