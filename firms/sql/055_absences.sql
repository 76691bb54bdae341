-- Absences of attorneys, and who decides in their place meanwhile.

-- Who stands in for an attorney today, where the firm is; null when the attorney is not away.
-- web role may execute
CREATE OR REPLACE FUNCTION delegate_now(attorney bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT a.delegate_id FROM firms_absence a
   WHERE a.person_id = attorney AND a.ended_at IS NULL AND firm_today() BETWEEN a.first_day AND a.last_day
$$;

-- Whether somebody may record or end an absence of this person: the attorney, an administrator, a managing partner.
CREATE OR REPLACE FUNCTION may_record_absence(by_person bigint, of_person bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT by_person = of_person OR person_holds(by_person, 'administrator') OR person_holds(by_person, 'partner')
$$;

-- Refuse an absence that meets another: the same attorney is away already, or whoever stands in is away as well.
CREATE OR REPLACE FUNCTION refuse_meeting_absence(asked firms_absence) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  other record;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('firms_absence'));  -- two that are recorded at once see each other
  SELECT a.*, away.full_name AS away_name, deputy.full_name AS deputy_name INTO other
    FROM firms_absence a JOIN firms_person away ON away.id = a.person_id JOIN firms_person deputy ON deputy.id = a.delegate_id
   WHERE a.ended_at IS NULL AND a.first_day <= asked.last_day AND a.last_day >= asked.first_day
     AND (a.person_id IN (asked.person_id, asked.delegate_id) OR a.delegate_id = asked.person_id)
   ORDER BY a.person_id <> asked.person_id, a.first_day LIMIT 1;
  IF NOT FOUND THEN RETURN; END IF;
  RAISE EXCEPTION USING ERRCODE = 'TL001',
    MESSAGE = CASE WHEN other.person_id = asked.person_id THEN 'absence_overlaps'
                   WHEN other.person_id = asked.delegate_id THEN 'delegate_is_away' ELSE 'stands_in_meanwhile' END,
    DETAIL = json_build_object('name', other.away_name, 'delegate', other.deputy_name,
                               'first_day', other.first_day, 'last_day', other.last_day)::text;
END $$;

-- An absence is of an attorney, names another attorney, begins today or later, and does not change; it is ended early once.
CREATE OR REPLACE FUNCTION keep_absence() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  facts text := json_build_object('first_day', NEW.first_day, 'last_day', NEW.last_day)::text;
  code text;
BEGIN
  IF TG_OP = 'INSERT' THEN
    code := CASE
      WHEN NEW.ended_at IS NOT NULL THEN 'absence_fixed'
      WHEN NEW.first_day < firm_today() THEN 'absence_in_the_past'
      WHEN NEW.last_day < NEW.first_day THEN 'absence_without_days'
      WHEN NOT may_record_absence(NEW.recorded_by_id, NEW.person_id) THEN 'absence_not_yours'
      WHEN is_one_person(NEW.delegate_id, NEW.recorded_by_id) AND NEW.recorded_by_id <> NEW.person_id THEN 'delegate_names_self'
      WHEN NEW.delegate_id = NEW.person_id OR NOT person_holds(NEW.person_id, 'attorney')
           OR NOT person_holds(NEW.delegate_id, 'attorney') THEN 'delegate_not_attorney' END;
    IF code IS NOT NULL THEN RAISE EXCEPTION USING ERRCODE = 'TL001', MESSAGE = code, DETAIL = facts; END IF;
    PERFORM refuse_meeting_absence(NEW);
    NEW.recorded_at := firm_now();
    RETURN NEW;
  END IF;
  code := CASE
    WHEN to_jsonb(NEW) - '{ended_at,ended_by_id}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{ended_at,ended_by_id}'::text[]
         OR NEW.ended_at IS NULL THEN 'absence_fixed'
    WHEN OLD.ended_at IS NOT NULL OR OLD.last_day < firm_today() THEN 'absence_over'
    WHEN NOT may_record_absence(NEW.ended_by_id, NEW.person_id) THEN 'absence_not_yours' END;
  IF code IS NOT NULL THEN RAISE EXCEPTION USING ERRCODE = 'TL001', MESSAGE = code, DETAIL = facts; END IF;
  NEW.ended_at := firm_now();
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER keep_absence BEFORE INSERT OR UPDATE ON firms_absence
  FOR EACH ROW EXECUTE FUNCTION keep_absence();
ALTER TABLE firms_absence ENABLE ALWAYS TRIGGER keep_absence;
CREATE OR REPLACE TRIGGER refuse_removal BEFORE DELETE ON firms_absence FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON firms_absence FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE firms_absence ENABLE ALWAYS TRIGGER refuse_removal, ENABLE ALWAYS TRIGGER refuse_truncate;
