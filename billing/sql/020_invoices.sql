-- Invoices: drafts change, issued ones never; the total is the sum of the lines; a time entry is on one invoice at most.

-- The allowed moves; billing.models.MOVES says the same.
-- web role may execute
CREATE OR REPLACE FUNCTION invoice_moves() RETURNS TABLE (from_state text, to_state text)
LANGUAGE sql IMMUTABLE AS $$
  VALUES ('draft', 'issued'), ('draft', 'void'), ('issued', 'partly_paid'), ('issued', 'paid'), ('issued', 'void'),
         ('partly_paid', 'paid'), ('partly_paid', 'issued'), ('paid', 'partly_paid'), ('paid', 'issued')
$$;

-- The next number of a year. Its row is locked until the issue commits or rolls back, so no number is lost; one that
-- somebody gave by hand before is passed over.
CREATE OR REPLACE FUNCTION next_invoice_number(of_year integer) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  given text;
BEGIN
  LOOP
    INSERT INTO billing_invoicenumber AS n (year, last) VALUES (of_year, 1)
      ON CONFLICT (year) DO UPDATE SET last = n.last + 1 RETURNING n.year || '-' || lpad(n.last::text, 4, '0') INTO given;
    EXIT WHEN NOT EXISTS (SELECT 1 FROM billing_invoice i WHERE lower(i.number) = given AND i.number <> '');
  END LOOP;
  RETURN given;
END $$;

-- What issuing asks, and what it writes: something to pay, a day that has been, an open matter; number, names and address,
-- and where the fee agreement asks for a minimum, what the books hold for the matter at this moment.
CREATE OR REPLACE FUNCTION issue_invoice(draft billing_invoice) RETURNS billing_invoice
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  of_matter record;
BEGIN
  SELECT m.number, m.description, m.status, m.closed_date, c.name, c.address,
         m.minimum_balance, m.pay_invoices_from_trust AND m.type IN ('hourly', 'hybrid') AS replenished INTO of_matter
    FROM ledgers_matter m JOIN ledgers_client c ON c.id = m.client_id WHERE m.id = draft.matter_id;
  IF of_matter.status = 'closed' THEN
    PERFORM refuse('matter_not_billed', jsonb_build_object('matter', of_matter.number, 'closed', of_matter.closed_date));
  END IF;
  IF draft.total <= 0 THEN
    PERFORM refuse('invoice_empty', jsonb_build_object('matter', of_matter.number));
  END IF;
  IF draft.date > firm_today() THEN
    PERFORM refuse('invoice_in_future', jsonb_build_object('date', draft.date, 'today', firm_today()));
  END IF;
  draft.client_name := of_matter.name;
  draft.matter_name := of_matter.number || ' ' || of_matter.description;
  draft.client_address := coalesce(of_matter.address, '');
  IF of_matter.minimum_balance IS NOT NULL AND of_matter.replenished THEN
    draft.trust_minimum := of_matter.minimum_balance;
    SELECT coalesce(sum(l.balance), 0) INTO draft.trust_held FROM ledgers_ledger l WHERE l.matter_id = draft.matter_id;
    SELECT coalesce(sum(i.total - i.paid), 0) INTO draft.trust_owed_before
      FROM billing_invoice i WHERE i.matter_id = draft.matter_id AND i.state IN ('issued', 'partly_paid');
  END IF;
  IF trim(draft.number) = '' THEN
    draft.number := next_invoice_number(extract(year FROM draft.date)::integer);
  END IF;
  RETURN draft;
END $$;

-- An invoice begins as an empty draft; its total is always the sum of its lines; once issued its content never changes;
-- its state moves as allowed, one version at a time.
CREATE OR REPLACE FUNCTION keep_invoice() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  moving text[] := '{state,version,paid,voided_by_id,voided_at,void_reason}';
  of_matter record;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'draft' OR NEW.version <> 1 OR NEW.total <> 0 OR NEW.paid <> 0 THEN
      PERFORM refuse('invoice_move_refused', jsonb_build_object('state', 'new', 'asked', NEW.state));
    END IF;
    SELECT m.number, m.status, m.closed_date INTO of_matter FROM ledgers_matter m WHERE m.id = NEW.matter_id;
    IF of_matter.status = 'closed' THEN
      PERFORM refuse('matter_not_billed', jsonb_build_object('matter', of_matter.number, 'closed', of_matter.closed_date));
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.version <> OLD.version + 1 THEN
    PERFORM refuse('changed_meanwhile');
  END IF;
  IF NEW.total <> (SELECT coalesce(sum(l.amount), 0) FROM billing_invoiceline l WHERE l.invoice_id = NEW.id AND NOT l.is_removed) THEN
    PERFORM refuse('invoice_total_not_sum', jsonb_build_object('invoice', invoice_name(OLD.id)));
  END IF;
  IF NEW.matter_id <> OLD.matter_id OR NEW.created_by_id <> OLD.created_by_id OR NEW.created_at <> OLD.created_at
     OR (OLD.state <> 'draft' AND to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving) THEN
    PERFORM refuse('invoice_content_fixed', jsonb_build_object('invoice', invoice_name(OLD.id), 'state', OLD.state));
  END IF;
  IF NEW.state <> OLD.state AND NOT EXISTS (SELECT 1 FROM invoice_moves() m WHERE m.from_state = OLD.state AND m.to_state = NEW.state)
     OR OLD.state = 'void' THEN
    PERFORM refuse('invoice_move_refused', jsonb_build_object('invoice', invoice_name(OLD.id), 'state', OLD.state, 'asked', NEW.state));
  END IF;
  IF OLD.state = 'draft' AND NEW.state = 'issued' THEN
    NEW := issue_invoice(NEW);
  END IF;
  RETURN NEW;
END $$;

-- The time on an invoice that becomes void is free again.
CREATE OR REPLACE FUNCTION free_time_of_void() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE billing_timeentry SET invoice_id = NULL WHERE invoice_id = NEW.id;
  RETURN NULL;
END $$;

-- A line is written while its invoice is a draft, and only ever taken off again. A line of time says what its entry says:
-- charged, of the same matter, on no other invoice. Whoever bills an entry or changes it waits for whoever does so first.
CREATE OR REPLACE FUNCTION keep_invoice_line() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  of_invoice billing_invoice;
  worked billing_timeentry;
  who text;
BEGIN
  PERFORM refuse_old_snapshot();
  SELECT * INTO of_invoice FROM billing_invoice i WHERE i.id = NEW.invoice_id FOR NO KEY UPDATE;
  IF of_invoice.state <> 'draft' THEN
    PERFORM refuse('invoice_content_fixed', jsonb_build_object('invoice', invoice_name(of_invoice.id), 'state', of_invoice.state));
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF OLD.is_removed OR to_jsonb(NEW) - 'is_removed' IS DISTINCT FROM to_jsonb(OLD) - 'is_removed' THEN
      PERFORM refuse('invoice_line_fixed', jsonb_build_object('line', OLD.description));
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.kind <> 'time' THEN RETURN NEW; END IF;
  SELECT * INTO worked FROM billing_timeentry t WHERE t.id = NEW.time_entry_id FOR NO KEY UPDATE;
  SELECT p.full_name INTO who FROM firms_person p WHERE p.id = worked.person_id;
  IF worked.invoice_id IS NOT NULL THEN
    PERFORM refuse('time_billed', jsonb_build_object('person', who, 'date', worked.date, 'invoice', invoice_name(worked.invoice_id)));
  END IF;
  IF worked.matter_id IS DISTINCT FROM of_invoice.matter_id OR worked.removed_at IS NOT NULL OR NOT worked.is_billable THEN
    PERFORM refuse('time_not_for_this', jsonb_build_object('person', who, 'date', worked.date));
  END IF;
  NEW.date := worked.date; NEW.hours := worked.hours; NEW.rate := worked.rate; NEW.amount := worked.amount;
  NEW.description := worked.narrative; NEW.person_name := who;
  RETURN NEW;
END $$;

-- After lines were written: their time is on the invoice or off it, and the totals are added up anew.
CREATE OR REPLACE FUNCTION add_up_invoice() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  twice record;
BEGIN
  UPDATE billing_timeentry t SET invoice_id = CASE WHEN n.is_removed THEN NULL ELSE n.invoice_id END
    FROM new_rows n WHERE t.id = n.time_entry_id;
  SELECT p.full_name, t.date, t.invoice_id INTO twice FROM new_rows n JOIN billing_timeentry t ON t.id = n.time_entry_id
    JOIN firms_person p ON p.id = t.person_id WHERE NOT n.is_removed AND t.invoice_id IS DISTINCT FROM n.invoice_id LIMIT 1;
  IF FOUND THEN
    PERFORM refuse('time_billed', jsonb_build_object('person', twice.full_name, 'date', twice.date, 'invoice', invoice_name(twice.invoice_id)));
  END IF;
  UPDATE billing_invoice i SET version = i.version + 1,
         total = (SELECT coalesce(sum(l.amount), 0) FROM billing_invoiceline l WHERE l.invoice_id = i.id AND NOT l.is_removed)
   WHERE i.id IN (SELECT n.invoice_id FROM new_rows n);
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER keep_invoice BEFORE INSERT OR UPDATE ON billing_invoice
  FOR EACH ROW EXECUTE FUNCTION keep_invoice();
CREATE OR REPLACE TRIGGER free_time_of_void AFTER UPDATE ON billing_invoice
  FOR EACH ROW WHEN (NEW.state = 'void' AND OLD.state <> 'void') EXECUTE FUNCTION free_time_of_void();
ALTER TABLE billing_invoice ENABLE ALWAYS TRIGGER keep_invoice, ENABLE ALWAYS TRIGGER free_time_of_void;

CREATE OR REPLACE TRIGGER keep_invoice_line BEFORE INSERT OR UPDATE ON billing_invoiceline
  FOR EACH ROW EXECUTE FUNCTION keep_invoice_line();
CREATE OR REPLACE TRIGGER add_up_new_lines AFTER INSERT ON billing_invoiceline REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION add_up_invoice();
CREATE OR REPLACE TRIGGER add_up_changed_lines AFTER UPDATE ON billing_invoiceline REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION add_up_invoice();
ALTER TABLE billing_invoiceline ENABLE ALWAYS TRIGGER keep_invoice_line, ENABLE ALWAYS TRIGGER add_up_new_lines,
  ENABLE ALWAYS TRIGGER add_up_changed_lines;
