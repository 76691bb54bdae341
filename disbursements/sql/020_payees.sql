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

-- Why a request cannot be paid to its payee as things stand, as code and facts; null when it can. `approver`: who decides.
CREATE OR REPLACE FUNCTION payee_objection(asked disbursements_disbursementrequest, approver bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  p disbursements_payee;
  b disbursements_payeebank;
  to_bank boolean := asked.method IN ('wire', 'ach');
  code text;
  changed timestamptz;
BEGIN
  IF asked.kind NOT IN ('disbursement', 'return') THEN RETURN NULL; END IF;
  IF asked.payee_record_id IS NULL THEN
    RETURN CASE WHEN to_bank THEN jsonb_build_object('code', 'payee_needed', 'facts', jsonb_build_object('payee', asked.payee)) END;
  END IF;
  SELECT * INTO p FROM disbursements_payee WHERE id = asked.payee_record_id;
  SELECT * INTO b FROM disbursements_payeebank WHERE id = p.bank_id;
  IF approver IS NOT NULL AND NOT solo_policy_applies() THEN
    SELECT max(c.confirmed_at) INTO changed FROM disbursements_payeebank c
     WHERE c.payee_id = p.id AND approver IN (c.proposed_by_id, c.confirmed_by_id) AND c.confirmed_at > firm_now() - payee_cooling();
  END IF;
  code := CASE
    WHEN NOT p.is_active THEN 'payee_inactive'
    WHEN p.name <> asked.payee AND approver IS NULL AND asked.state = 'awaiting_approval' THEN 'payee_unlike'
    WHEN p.name <> asked.payee THEN 'payee_details_changed'
    WHEN to_bank AND b.id IS NULL THEN 'payee_bank_missing'
    WHEN asked.payee_bank_id IS DISTINCT FROM CASE WHEN to_bank THEN b.id END THEN 'payee_details_changed'
    WHEN changed IS NOT NULL THEN 'payee_changer_decides'
    WHEN to_bank AND b.confirmed_at > firm_now() - payee_cooling() THEN 'payee_cooling' END;
  RETURN CASE WHEN code IS NOT NULL THEN jsonb_build_object('code', code, 'facts', jsonb_strip_nulls(jsonb_build_object('payee', p.name,
    'asked', CASE code WHEN 'payee_unlike' THEN asked.payee END,
    'until', CASE code WHEN 'payee_cooling' THEN b.confirmed_at WHEN 'payee_changer_decides' THEN changed END + payee_cooling()))) END;
END $$;

-- The same, for pages.
-- web role may execute
CREATE OR REPLACE FUNCTION objection_to_payee(request bigint, approver bigint) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT payee_objection(r, approver) FROM disbursements_disbursementrequest r WHERE r.id = request
$$;

-- Refuse what cannot be paid to its payee; the payee stays as it is until this transaction ends, so that details which are
-- confirmed at the same time come before it or after it.
CREATE OR REPLACE FUNCTION refuse_payee(asked disbursements_disbursementrequest, approver bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  against jsonb;
BEGIN
  PERFORM 1 FROM disbursements_payee WHERE id = asked.payee_record_id FOR SHARE;
  against := payee_objection(asked, approver);
  IF against IS NOT NULL THEN PERFORM refuse(against ->> 'code', against -> 'facts'); END IF;
END $$;

-- web role may execute
CREATE OR REPLACE FUNCTION hold_payee_of(request bigint, approver bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT refuse_payee(r, approver) FROM disbursements_disbursementrequest r WHERE r.id = request
$$;

-- I9, whoever approves or posts: an authority for a request is written, and used, only as its payee stands then.
CREATE OR REPLACE FUNCTION keep_payee_of_authority() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  asked disbursements_disbursementrequest;
BEGIN
  SELECT * INTO asked FROM disbursements_disbursementrequest WHERE hold_id = NEW.hold_id;
  IF FOUND THEN PERFORM refuse_payee(asked, CASE WHEN TG_OP = 'INSERT' THEN NEW.approver_id END); END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER keep_payee_of_authority BEFORE INSERT OR UPDATE OF used_amount ON ledgers_spendingauthority
  FOR EACH ROW WHEN (NEW.hold_id IS NOT NULL) EXECUTE FUNCTION keep_payee_of_authority();
ALTER TABLE ledgers_spendingauthority ENABLE ALWAYS TRIGGER keep_payee_of_authority;

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

-- What was confirmed is in force; approvals by the old details that were not paid yet are void.
CREATE OR REPLACE FUNCTION payee_bank_confirmed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE disbursements_payee SET bank_id = NEW.id WHERE id = NEW.payee_id;
  PERFORM void_authority(r.authority_id, left('The bank details of ' || r.payee || ' changed', 300))
    FROM disbursements_disbursementrequest r
   WHERE r.payee_record_id = NEW.payee_id AND r.state = 'approved_unfunded' AND r.method IN ('wire', 'ach')
   ORDER BY r.authority_id;
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
