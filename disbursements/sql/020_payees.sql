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
  IF TG_OP = 'UPDATE' AND NEW.uid <> OLD.uid THEN PERFORM refuse('never_changed', '{"table": "disbursements_payee"}'); END IF;
  IF trim(NEW.name) = '' THEN PERFORM refuse('payee_name_missing'); END IF;
  IF is_bearer(NEW.name) THEN PERFORM refuse('payee_is_cash', jsonb_build_object('payee', NEW.name)); END IF;
  NEW.skeleton := payee_skeleton(NEW.name);
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER keep_payee BEFORE INSERT OR UPDATE ON disbursements_payee
  FOR EACH ROW EXECUTE FUNCTION keep_payee();
ALTER TABLE disbursements_payee ENABLE ALWAYS TRIGGER keep_payee;

DO $$ BEGIN
  PERFORM refuse_removals_of('disbursements_payee'::regclass);
  PERFORM record_changes_of('disbursements_payee'::regclass, quiet => 'skeleton');
END $$;
