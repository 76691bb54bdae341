-- Accounts of one person (FAULTS F119). Two accounts that share a mailbox or a second factor are one person for every rule
-- that needs two; two of the same name are only pointed at.

-- The mailbox that an address leads to: letters folded as Unicode and mail servers fold them, without a label after a plus.
CREATE OR REPLACE FUNCTION mailbox_of(address text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT regexp_replace(lower(normalize(trim(address), NFKC)), '\+[^@]*@', '@')
$$;

-- Whether an address leads to the mailbox of somebody of the firm, who then never answers as a client.
-- web role may execute
CREATE OR REPLACE FUNCTION is_of_the_firm(address text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM firms_person p WHERE mailbox_of(p.email) = mailbox_of(address))
$$;

-- A name without case, accents, spaces and signs.
CREATE OR REPLACE FUNCTION name_folded(full_name text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT regexp_replace(regexp_replace(normalize(lower(normalize(full_name, NFKC)), NFKD), '[\u0300-\u036f]', '', 'g'), '[^[:alnum:]]+', '', 'g')
$$;

-- What of an authenticator app two accounts would have in common: a keyed hash of its secret, before the locked secret
-- itself (firms.sign_in.MFAAdapter). An app that was set up before this was kept has none.
CREATE OR REPLACE FUNCTION factors_of(person bigint) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(array_agg(split_part(a.data ->> 'secret', '.', 1)), '{}') FROM mfa_authenticator a
   WHERE a.user_id = person AND a.type = 'totp' AND a.data ->> 'secret' LIKE '%.%'
$$;

-- What two accounts share that one person has: 'mailbox' or 'second factor'; null where nothing.
-- web role may execute
CREATE OR REPLACE FUNCTION shared_by(one bigint, other bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN mailbox_of(a.email) = mailbox_of(b.email) THEN 'mailbox'
              WHEN factors_of(a.id) && factors_of(b.id) THEN 'second factor' END
    FROM firms_person a, firms_person b WHERE a.id = one AND b.id = other AND one <> other
$$;

-- Whether two accounts are one person: the same account, or two that share a mailbox or a second factor.
-- web role may execute
CREATE OR REPLACE FUNCTION is_one_person(one bigint, other bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(one = other, false) OR shared_by(one, other) IS NOT NULL
$$;

-- The accounts of the person behind an account.
-- web role may execute
CREATE OR REPLACE FUNCTION accounts_of(person bigint) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT p.id FROM firms_person p, firms_person me WHERE me.id = person AND mailbox_of(p.email) = mailbox_of(me.email)
  UNION
  SELECT a.user_id FROM mfa_authenticator a WHERE a.type = 'totp' AND a.data ->> 'secret' LIKE '%.%'
     AND split_part(a.data ->> 'secret', '.', 1) = ANY (factors_of(person))
$$;

-- Active accounts that look like one person, and by what: 'mailbox', 'second factor' or 'name'; of everybody or of one.
-- web role may execute
CREATE OR REPLACE FUNCTION accounts_alike(of_person bigint DEFAULT NULL) RETURNS TABLE (person bigint, other bigint, shares text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH known AS MATERIALIZED (
    SELECT p.id, mailbox_of(p.email) AS box, name_folded(p.full_name) AS called, factors_of(p.id) AS factors
      FROM firms_person p WHERE p.is_active)
  SELECT a.id, b.id, CASE WHEN a.box = b.box THEN 'mailbox' WHEN a.factors && b.factors THEN 'second factor' ELSE 'name' END
    FROM known a JOIN known b ON b.id <> a.id AND (b.box = a.box OR b.factors && a.factors OR b.called = a.called)
   WHERE of_person IS NULL OR a.id = of_person
$$;

-- Refuse that the same person is both sides, as two accounts.
CREATE OR REPLACE FUNCTION refuse_one_person_twice(decider bigint, asker bigint) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF shared_by(decider, asker) IS NOT NULL AND NOT solo_policy_applies() THEN
    RAISE EXCEPTION USING ERRCODE = 'TL001', MESSAGE = 'one_person_twice', DETAIL = json_build_object('shares', shared_by(decider, asker),
      'name', (SELECT p.full_name FROM firms_person p WHERE p.id = asker), 'other', asker)::text;
  END IF;
END $$;
