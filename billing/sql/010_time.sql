-- Time entries: fixed once billed, of days that have been, of open matters, at most 24 hours of a person's day, fixed once taken out.

-- How an invoice is called in a sentence.
CREATE OR REPLACE FUNCTION invoice_name(invoice bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN i.number = '' THEN 'draft ' || i.id ELSE 'invoice ' || i.number END FROM billing_invoice i WHERE i.id = invoice
$$;

-- Whether time may go from one invoice (none) to another (none): onto one that has its line and from none, or off one that
-- has no line of it any more or is void.
CREATE OR REPLACE FUNCTION time_is_on(entry bigint, was_on bigint, goes_to bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN goes_to IS NOT NULL THEN was_on IS NULL ELSE true END AND (goes_to IS NOT NULL) = EXISTS (
    SELECT 1 FROM billing_invoiceline l JOIN billing_invoice i ON i.id = l.invoice_id
     WHERE l.time_entry_id = entry AND NOT l.is_removed AND i.state <> 'void' AND i.id = coalesce(goes_to, was_on))
$$;

-- A time entry begins as somebody's work of a day not after today, for a matter that is not closed. One that was taken out
-- never changes again. Versions count by one, so that nobody overwrites what he has not seen.
CREATE OR REPLACE FUNCTION keep_time_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  of_matter record;
BEGIN
  IF TG_OP = 'INSERT' AND (NEW.removed_at IS NOT NULL OR NEW.version <> 1 OR NEW.invoice_id IS NOT NULL) THEN
    PERFORM refuse('time_removed', jsonb_build_object('date', NEW.date));
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF OLD.removed_at IS NOT NULL THEN
      PERFORM refuse('time_removed', jsonb_build_object('date', OLD.date));
    END IF;
    IF NEW.invoice_id IS DISTINCT FROM OLD.invoice_id THEN
      IF to_jsonb(NEW) - '{invoice_id,amount}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{invoice_id,amount}'::text[]
         OR NOT time_is_on(NEW.id, OLD.invoice_id, NEW.invoice_id) THEN
        PERFORM refuse('time_billed', jsonb_build_object('person', (SELECT p.full_name FROM firms_person p WHERE p.id = OLD.person_id),
          'date', OLD.date, 'invoice', invoice_name(coalesce(OLD.invoice_id, NEW.invoice_id))));
      END IF;
      RETURN NEW;
    END IF;
    IF OLD.invoice_id IS NOT NULL THEN
      PERFORM refuse('time_billed', jsonb_build_object('person', (SELECT p.full_name FROM firms_person p WHERE p.id = OLD.person_id),
        'date', OLD.date, 'invoice', invoice_name(OLD.invoice_id)));
    END IF;
    IF NEW.recorded_by_id <> OLD.recorded_by_id OR NEW.recorded_at <> OLD.recorded_at
       OR NEW.imported_from_id IS DISTINCT FROM OLD.imported_from_id OR NEW.version <> OLD.version + 1 THEN
      PERFORM refuse('changed_meanwhile');
    END IF;
  END IF;
  IF NEW.date > firm_today() THEN
    PERFORM refuse('time_in_future', jsonb_build_object('date', NEW.date, 'today', firm_today()));
  END IF;
  SELECT m.number, m.status, m.closed_date INTO of_matter FROM ledgers_matter m WHERE m.id = NEW.matter_id;
  IF of_matter.status = 'closed' AND (TG_OP = 'INSERT' OR NEW.matter_id <> OLD.matter_id) THEN
    PERFORM refuse('matter_not_billed', jsonb_build_object('matter', of_matter.number, 'closed', of_matter.closed_date));
  END IF;
  RETURN NEW;
END $$;

-- Nobody works more than 24 hours a day. Whoever records a person's time waits for whoever else does: two entries of the
-- same day at once are added up together.
CREATE OR REPLACE FUNCTION keep_days_within_24_hours() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  who bigint;
  beyond record;
BEGIN
  PERFORM refuse_old_snapshot();
  IF TG_OP = 'UPDATE' THEN
    -- What was only put on an invoice or off it has the hours it had.
    IF NOT EXISTS (SELECT 1 FROM new_rows n JOIN old_rows o ON o.id = n.id
                    WHERE (n.person_id, n.date, n.hours) IS DISTINCT FROM (o.person_id, o.date, o.hours)) THEN
      RETURN NULL;
    END IF;
  END IF;
  FOR who IN SELECT DISTINCT n.person_id FROM new_rows n ORDER BY 1 LOOP
    PERFORM pg_advisory_xact_lock(hashtextextended('time of a person', who));
  END LOOP;
  SELECT p.full_name, t.date, sum(t.hours) AS hours INTO beyond FROM billing_timeentry t JOIN firms_person p ON p.id = t.person_id
   WHERE t.removed_at IS NULL AND (t.person_id, t.date) IN (SELECT n.person_id, n.date FROM new_rows n)
   GROUP BY p.full_name, t.person_id, t.date HAVING sum(t.hours) > 24 ORDER BY t.date LIMIT 1;
  IF FOUND THEN
    PERFORM refuse('day_too_long', jsonb_build_object('person', beyond.full_name, 'date', beyond.date, 'hours', beyond.hours::text));
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER keep_time_entry BEFORE INSERT OR UPDATE ON billing_timeentry
  FOR EACH ROW EXECUTE FUNCTION keep_time_entry();
CREATE OR REPLACE TRIGGER keep_days_of_new AFTER INSERT ON billing_timeentry REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION keep_days_within_24_hours();
CREATE OR REPLACE TRIGGER keep_days_of_changed AFTER UPDATE ON billing_timeentry REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION keep_days_within_24_hours();
ALTER TABLE billing_timeentry ENABLE ALWAYS TRIGGER keep_time_entry, ENABLE ALWAYS TRIGGER keep_days_of_new,
  ENABLE ALWAYS TRIGGER keep_days_of_changed;
