-- Spending authorities: nothing leaves a ledger voluntarily without one (I8, I9).

DROP FUNCTION IF EXISTS is_fit_to_approve(bigint, bigint, bigint, bigint);  -- did not ask when it was asked for
DROP FUNCTION IF EXISTS deciders(bigint, bigint, bigint, bigint, bigint);

-- Whether somebody could decide on money of a ledger at all: an attorney not newly made one (role_decides), not the
-- requester (but for the solo policy), and not behind a wall of the matter it leaves, or of the one it goes to.
CREATE OR REPLACE FUNCTION is_fit_to_approve(person bigint, of_ledger bigint, into_ledger bigint, requested_by bigint, asked_at timestamptz)
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT role_decides($1, 'attorney', asked_at) AND (NOT is_one_person($1, requested_by) OR solo_policy_applies())
     AND NOT EXISTS (SELECT 1 FROM ledgers_matterwall w JOIN ledgers_ledger l ON l.matter_id = w.matter_id
                      WHERE w.person_id = $1 AND w.lifted_at IS NULL AND l.id IN (of_ledger, into_ledger))
$$;

-- Who decides on money of this ledger when that person asked, in whose place, and whether they are the ones to be asked.
-- The matter's responsible attorney; where that is the requester, or was newly made an attorney (`asked_at`: when it was
-- asked for, now if null), the billing attorney, then the alternate. After a first
-- approval (`first_by`, in the place of `first_for`): the next of the matter's attorneys who is neither of these nor the
-- requester; where the matter names none, the managing partners who are attorneys. During a recorded absence of the one
-- whose turn it is also the delegate, who is asked instead. The money of special ledgers: any attorney. Never the
-- requester, except the first decision under the recorded solo policy.
-- web role may execute
CREATE OR REPLACE FUNCTION deciders(of_ledger bigint, requested_by bigint, into_ledger bigint DEFAULT NULL,
                                    first_by bigint DEFAULT NULL, first_for bigint DEFAULT NULL, asked_at timestamptz DEFAULT NULL)
RETURNS TABLE (person bigint, in_place_of bigint, is_asked boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH place AS (SELECT l.matter_id, coalesce(asked_at, firm_now()) AS moment FROM ledgers_ledger l WHERE l.id = of_ledger AND requested_by IS NOT NULL),
  chair AS (
    SELECT c.turn, c.attorney, p.moment FROM place p JOIN ledgers_matter m ON m.id = p.matter_id,
      LATERAL (VALUES (1, m.responsible_attorney_id), (2, m.billing_attorney_id), (3, m.alternate_attorney_id)) c(turn, attorney)
     WHERE c.attorney IS NOT NULL),
  able AS (  -- everybody who could be the second, or any attorney for the money of special ledgers
    SELECT h.person_id FROM place p, role_held h WHERE h.role = 'attorney' AND (first_by IS NOT NULL OR p.matter_id IS NULL)
       AND is_fit_to_approve(h.person_id, of_ledger, into_ledger, requested_by, p.moment)
       AND (first_by IS NULL OR (h.person_id NOT IN (requested_by, coalesce(first_for, first_by))
                                 AND NOT is_one_person(h.person_id, first_by)))),
  seat AS (
    SELECT t.attorney, t.moment FROM (
      SELECT c.attorney, c.moment FROM chair c
       WHERE CASE WHEN first_by IS NULL THEN (NOT is_one_person(c.attorney, requested_by) OR solo_policy_applies())
                       AND (role_decides(c.attorney, 'attorney', c.moment) OR NOT person_holds(c.attorney, 'attorney'))
                  ELSE c.attorney IN (SELECT a.person_id FROM able a) END
       ORDER BY c.turn LIMIT 1) t
     WHERE is_fit_to_approve(t.attorney, of_ledger, into_ledger, requested_by, t.moment)),
  deputy AS (
    SELECT d.delegate AS person, d.attorney FROM (SELECT delegate_now(s.attorney) AS delegate, s.attorney, s.moment FROM seat s) d
     WHERE CASE WHEN first_by IS NULL THEN is_fit_to_approve(d.delegate, of_ledger, into_ledger, requested_by, d.moment)
                ELSE d.delegate IN (SELECT a.person_id FROM able a) END)
  SELECT s.attorney, NULL::bigint, NOT EXISTS (SELECT 1 FROM deputy) FROM seat s
  UNION ALL SELECT d.person, d.attorney, true FROM deputy d
  UNION ALL SELECT a.person_id, NULL, true FROM able a, place p
   WHERE p.matter_id IS NULL OR (NOT EXISTS (SELECT 1 FROM seat) AND role_decides(a.person_id, 'partner', p.moment))
$$;

-- Who would decide on money of this ledger if a role were not new, since when it is held, from when on it decides, and
-- whether what was asked is older than it (then it never decides on that).
-- web role may execute
CREATE OR REPLACE FUNCTION new_deciders(of_ledger bigint, requested_by bigint, into_ledger bigint DEFAULT NULL,
                                        first_by bigint DEFAULT NULL, first_for bigint DEFAULT NULL, asked_at timestamptz DEFAULT NULL)
RETURNS TABLE (person bigint, role_name text, given timestamptz, decides_from timestamptz, is_older boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT d.person, h.role, g.granted_at, g.granted_at + interval '24 hours', g.granted_at > t.moment
    FROM (SELECT coalesce(asked_at, firm_now()) AS moment) t
    CROSS JOIN LATERAL deciders(of_ledger, requested_by, into_ledger, first_by, first_for, 'infinity') d
    CROSS JOIN LATERAL (SELECT r.role FROM role_held r WHERE r.person_id = d.person AND r.role IN ('attorney', 'partner')
                           AND NOT role_decides(d.person, r.role, t.moment) ORDER BY r.role LIMIT 1) h
    JOIN firms_rolegrant g ON g.person_id = d.person AND g.role = h.role AND g.revoked_at IS NULL
   WHERE NOT EXISTS (SELECT 1 FROM deciders(of_ledger, requested_by, into_ledger, first_by, first_for, t.moment) n
                      WHERE n.person = d.person)
$$;

-- May this attorney decide on money of this ledger when that person asked?
-- web role may execute
CREATE OR REPLACE FUNCTION may_approve(person bigint, of_ledger bigint, requested_by bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM deciders(of_ledger, requested_by) d WHERE d.person = $1)
$$;

-- May this attorney take back a decision on money of this ledger when that person asked? Who decides on it, and who would if
-- the role were not new: what lets nothing out needs no age.
-- web role may execute
CREATE OR REPLACE FUNCTION may_take_back(person bigint, of_ledger bigint, requested_by bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT may_approve($1, of_ledger, requested_by)
      OR EXISTS (SELECT 1 FROM deciders(of_ledger, requested_by, asked_at => 'infinity') d WHERE d.person = $1)
$$;

-- "Cash" and its like are no payee (Model Rules for Client Trust Account Records, Rule 2(c)), however it is spelled:
-- spaced out, dotted, in wide letters, or with Cyrillic and Greek letters that look like ours.
-- web role may execute
CREATE OR REPLACE FUNCTION is_bearer(payee text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
  SELECT regexp_replace(translate(lower(normalize(payee, NFKC)), 'асеһнорѕтаυ$5', 'acehhopstaussss'), '[^a-z]+', '', 'g')
    ~ '^(pay(able)?)?(to)?(the)?(orderof)?(petty|counter)?(cash|bearer|currency|atm|atmwithdrawal|cashwithdrawal)(orbearer|only|money)?$'
$$;

-- Record an attorney's decision. content: ledger, kind, payee, amount, method, purpose, reference, destination_ledger,
-- operating_account, earliest_date, content_hash (hex), requester, hold; first_approver, first_for: who approved before, and for whom.
-- web role may execute
CREATE OR REPLACE FUNCTION authorize_spending(approver bigint, content jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  asked record;
  granted bigint;
  away bigint;  -- the attorney in whose place this one decides
  since timestamptz;  -- when it was asked for: then its money was reserved
  newcomer record;
BEGIN
  SELECT * INTO asked FROM jsonb_to_record(content) AS x(ledger bigint, kind text, payee text, amount bigint, method text,
    purpose text, reference text, destination_ledger bigint, operating_account bigint, earliest_date date, content_hash text,
    requester bigint, hold bigint, first_approver bigint, first_for bigint);
  IF asked.kind IS NULL OR asked.kind NOT IN
     ('disbursement', 'earned_fee', 'matter_transfer', 'account_transfer', 'return', 'firm_funds_withdrawal') THEN
    PERFORM refuse('kind_needs_no_authority', jsonb_build_object('kind', asked.kind));
  END IF;
  IF coalesce(trim(asked.payee), '') = '' OR coalesce(trim(asked.purpose), '') = '' OR coalesce(trim(asked.reference), '') = '' THEN
    PERFORM refuse('outflow_incomplete', jsonb_build_object('payee', asked.payee, 'purpose', asked.purpose, 'reference', asked.reference));
  END IF;
  IF is_bearer(asked.payee) OR asked.method = 'cash' THEN
    PERFORM refuse('payee_is_cash', jsonb_build_object('payee', asked.payee));
  END IF;
  IF asked.content_hash IS NULL OR length(asked.content_hash) <> 64 THEN PERFORM refuse('content_hash_missing'); END IF;
  IF approver = asked.requester AND NOT solo_policy_applies() THEN
    PERFORM refuse('approver_is_requester', jsonb_build_object('requester', asked.requester));
  END IF;
  PERFORM refuse_one_person_twice(approver, asked.requester);
  SELECT h.placed_at INTO since FROM ledgers_hold h WHERE h.id = asked.hold;
  SELECT d.in_place_of INTO away
    FROM deciders(asked.ledger, asked.requester, asked.destination_ledger, asked.first_approver, asked.first_for, since) d WHERE d.person = approver;
  IF NOT FOUND THEN
    SELECT n.* INTO newcomer FROM new_deciders(asked.ledger, asked.requester, asked.destination_ledger, asked.first_approver,
                                               asked.first_for, since) n WHERE n.person = approver;
    IF FOUND THEN
      PERFORM refuse('role_too_new', jsonb_build_object('role', newcomer.role_name, 'given', newcomer.given,
        'decides_from', newcomer.decides_from, 'asked_at', coalesce(since, firm_now())));
    END IF;
    PERFORM refuse('not_the_approver', jsonb_build_object('approver', approver, 'ledger', asked.ledger));
  END IF;
  IF asked.hold IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ledgers_hold h WHERE h.id = asked.hold AND h.kind = 'reserved'
      AND h.ledger_id = asked.ledger AND h.amount = asked.amount AND h.released_at IS NULL) THEN
    PERFORM refuse('reservation_missing', jsonb_build_object('hold', asked.hold));
  END IF;
  INSERT INTO ledgers_spendingauthority (ledger_id, kind, payee, amount, method, purpose, reference, destination_ledger_id,
    operating_account_id, earliest_date, content_hash, requester_id, first_approver_id, approver_id, in_place_of_id, decided_at, hold_id, solo_policy, used_amount, void_reason)
  VALUES (asked.ledger, asked.kind, asked.payee, asked.amount, asked.method, asked.purpose, asked.reference,
    asked.destination_ledger, asked.operating_account, asked.earliest_date, decode(asked.content_hash, 'hex'),
    asked.requester, asked.first_approver, approver, away, firm_now(), asked.hold,
    approver = asked.requester OR asked.requester IS NOT DISTINCT FROM asked.first_approver, 0, '')
  RETURNING id INTO granted;
  RETURN granted;
END $$;

-- web role may execute
CREATE OR REPLACE FUNCTION void_authority(of_authority bigint, because text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE ledgers_spendingauthority SET voided_at = firm_now(), void_reason = because
   WHERE id = of_authority AND voided_at IS NULL AND used_amount = 0 RETURNING true
$$;
