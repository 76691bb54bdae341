-- Time entries: of days that have been, of open matters, at most 24 hours of a person's day, fixed once taken out.

-- A time entry begins as somebody's work of a day not after today, for a matter that is not closed. One that was taken out
-- never changes again. Versions count by one, so that nobody overwrites what he has not seen.
CREATE OR REPLACE FUNCTION keep_time_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  of_matter record;
BEGIN
  IF TG_OP = 'INSERT' AND (NEW.removed_at IS NOT NULL OR NEW.version <> 1) THEN
    PERFORM refuse('time_removed', jsonb_build_object('date', NEW.date));
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF OLD.removed_at IS NOT NULL THEN
      PERFORM refuse('time_removed', jsonb_build_object('date', OLD.date));
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
CREATE OR REPLACE TRIGGER keep_days_of_changed AFTER UPDATE ON billing_timeentry REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION keep_days_within_24_hours();
ALTER TABLE billing_timeentry ENABLE ALWAYS TRIGGER keep_time_entry, ENABLE ALWAYS TRIGGER keep_days_of_new,
  ENABLE ALWAYS TRIGGER keep_days_of_changed;
