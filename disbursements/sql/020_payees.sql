-- Payees: a name that can be paid, and the names that look like it.

-- A name as the eye takes it in: case, accents, punctuation and spaces do not count, Cyrillic and Greek letters are the
-- Latin ones they look like, 0 is o, 1 and i are l, 5 and $ are s, rn is m, vv is w. Equal skeletons look alike.
-- web role may execute
CREATE OR REPLACE FUNCTION payee_skeleton(name text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT replace(replace(trim(regexp_replace(regexp_replace(translate(
    regexp_replace(normalize(lower(normalize(replace(replace(name, '&', ' and '), 'ß', 'ss'), NFKC)), NFKD), '[\u0300-\u036f]', '', 'g'),
    'асеһнорѕтхукміӏјвԁԛԝαβεικνορτυχηγłøđı01i|!5$', 'acehhopstxykmlljbdqwabelkvoptuxnylodlollllss'),
    '[''’‘`´.\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]', '', 'g'),
    '[^[:alnum:]]+', ' ', 'g')), 'rn', 'm'), 'vv', 'w')
$$;

-- The payees whose names look like this one, the nearest first: the same skeleton but for spaces, or most of its trigrams.
-- web role may execute
CREATE OR REPLACE FUNCTION payees_like(typed text, but_for bigint DEFAULT NULL) RETURNS TABLE (payee_id bigint, nearness real)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT n.id, n.nearness FROM (
    SELECT p.id, p.name, CASE WHEN replace(p.skeleton, ' ', '') = replace(s.of, ' ', '') THEN 1
                              ELSE similarity(p.skeleton, s.of) END AS nearness
      FROM disbursements_payee p, (SELECT payee_skeleton(typed) AS of) s WHERE p.id IS DISTINCT FROM but_for) n
   WHERE n.nearness >= 0.6 ORDER BY n.nearness DESC, n.name, n.id LIMIT 5
$$;

-- A payee is never cash (I8); its skeleton follows its name.
CREATE OR REPLACE FUNCTION keep_payee() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  -- Details that were confirmed for one name are not another name's.
  IF TG_OP = 'UPDATE' AND NEW.name <> OLD.name AND OLD.bank_id IS NOT NULL THEN
    PERFORM refuse('payee_name_fixed', jsonb_build_object('name', OLD.name));
  END IF;
  IF NEW.bank_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM disbursements_payeebank b
      WHERE b.id = NEW.bank_id AND b.payee_id = NEW.id AND b.confirmed_at IS NOT NULL) THEN
    PERFORM refuse('payee_bank_needs_another_person', jsonb_build_object('payee', NEW.id));
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.uid <> OLD.uid THEN PERFORM refuse('never_changed', '{"table": "disbursements_payee"}'); END IF;
  IF trim(NEW.name) = '' THEN PERFORM refuse('payee_name_missing'); END IF;
  IF is_bearer(NEW.name) THEN PERFORM refuse('payee_is_cash', jsonb_build_object('payee', NEW.name)); END IF;
  NEW.skeleton := payee_skeleton(NEW.name);
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER keep_payee BEFORE INSERT OR UPDATE ON disbursements_payee
  FOR EACH ROW EXECUTE FUNCTION keep_payee();
ALTER TABLE disbursements_payee ENABLE ALWAYS TRIGGER keep_payee;

-- How long confirmed details rest before money is sent by them (RELIABILITY D20).
-- web role may execute
CREATE OR REPLACE FUNCTION payee_cooling() RETURNS interval
LANGUAGE sql IMMUTABLE AS $$ SELECT interval '24 hours' $$;

-- Bank details are proposed with a call back and take effect as two people have just decided; they never change.
CREATE OR REPLACE FUNCTION keep_payee_bank() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.confirmed_by_id IS NOT NULL OR NEW.confirmed_at IS NOT NULL THEN
      PERFORM refuse('payee_bank_needs_another_person', jsonb_build_object('payee', NEW.payee_id));
    END IF;
    NEW.proposed_at := firm_now();
    IF trim(NEW.called_person) = '' OR trim(NEW.called_number) = '' OR NEW.called_when > NEW.proposed_at THEN
      PERFORM refuse('call_back_missing', jsonb_build_object('payee', NEW.payee_id));
    END IF;
    RETURN NEW;
  END IF;
  IF to_jsonb(NEW) - '{confirmed_by_id,confirmed_at}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{confirmed_by_id,confirmed_at}'::text[]
     OR OLD.confirmed_at IS NOT NULL THEN
    PERFORM refuse('payee_bank_fixed', jsonb_build_object('payee', OLD.payee_id));
  END IF;
  IF NEW.confirmed_by_id IS NULL OR (NEW.confirmed_by_id = NEW.proposed_by_id AND NOT solo_policy_applies())
     OR NOT decided_by_two('payees.bank', jsonb_build_object('details', NEW.id), NEW.proposed_by_id, NEW.confirmed_by_id) THEN
    PERFORM refuse('payee_bank_needs_another_person', jsonb_build_object('payee', NEW.payee_id));
  END IF;
  NEW.confirmed_at := firm_now();
  RETURN NEW;
END $$;

-- What was confirmed is in force.
CREATE OR REPLACE FUNCTION payee_bank_confirmed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE disbursements_payee SET bank_id = NEW.id WHERE id = NEW.payee_id;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER keep_payee_bank BEFORE INSERT OR UPDATE ON disbursements_payeebank
  FOR EACH ROW EXECUTE FUNCTION keep_payee_bank();
CREATE OR REPLACE TRIGGER payee_bank_confirmed AFTER UPDATE ON disbursements_payeebank
  FOR EACH ROW EXECUTE FUNCTION payee_bank_confirmed();
ALTER TABLE disbursements_payeebank ENABLE ALWAYS TRIGGER keep_payee_bank, ENABLE ALWAYS TRIGGER payee_bank_confirmed;

DO $$ BEGIN
  PERFORM refuse_removals_of('disbursements_payee'::regclass);
  PERFORM record_changes_of('disbursements_payee'::regclass, quiet => 'skeleton');
  PERFORM refuse_removals_of('disbursements_payeebank'::regclass);
  PERFORM record_changes_of('disbursements_payeebank'::regclass, hidden => 'number_encrypted,number_fingerprint');
END $$;
