-- Spending authorities: nothing leaves a ledger voluntarily without one (I8, I9).

-- May this attorney decide on money of this ledger when that person asked?
-- The matter's responsible attorney; where that is the requester, the billing attorney, then the alternate. The money of
-- special ledgers: any attorney. Never the requester, except under the recorded solo policy.
-- web role may execute
CREATE OR REPLACE FUNCTION may_approve(person bigint, of_ledger bigint, requested_by bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT requested_by IS NOT NULL AND person_holds(person, 'attorney') AND (person <> requested_by OR solo_policy_applies())
     AND coalesce((SELECT CASE
            WHEN m.responsible_attorney_id <> requested_by OR solo_policy_applies() THEN m.responsible_attorney_id = person
            WHEN m.billing_attorney_id IS NOT NULL AND m.billing_attorney_id <> requested_by THEN m.billing_attorney_id = person
            ELSE m.alternate_attorney_id = person END
          FROM ledgers_ledger l JOIN ledgers_matter m ON m.id = l.matter_id WHERE l.id = of_ledger), 
          EXISTS (SELECT 1 FROM ledgers_ledger l WHERE l.id = of_ledger AND l.matter_id IS NULL))
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
-- operating_account, earliest_date, content_hash (hex), requester, hold.
-- web role may execute
CREATE OR REPLACE FUNCTION authorize_spending(approver bigint, content jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  asked record;
  granted bigint;
BEGIN
  SELECT * INTO asked FROM jsonb_to_record(content) AS x(ledger bigint, kind text, payee text, amount bigint, method text,
    purpose text, reference text, destination_ledger bigint, operating_account bigint, earliest_date date, content_hash text,
    requester bigint, hold bigint);
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
  IF NOT may_approve(approver, asked.ledger, asked.requester) THEN
    PERFORM refuse('not_the_approver', jsonb_build_object('approver', approver, 'ledger', asked.ledger));
  END IF;
  IF asked.hold IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ledgers_hold h WHERE h.id = asked.hold AND h.kind = 'reserved'
      AND h.ledger_id = asked.ledger AND h.amount = asked.amount AND h.released_at IS NULL) THEN
    PERFORM refuse('reservation_missing', jsonb_build_object('hold', asked.hold));
  END IF;
  INSERT INTO ledgers_spendingauthority (ledger_id, kind, payee, amount, method, purpose, reference, destination_ledger_id,
    operating_account_id, earliest_date, content_hash, requester_id, approver_id, decided_at, hold_id, solo_policy, used_amount, void_reason)
  VALUES (asked.ledger, asked.kind, asked.payee, asked.amount, asked.method, asked.purpose, asked.reference,
    asked.destination_ledger, asked.operating_account, asked.earliest_date, decode(asked.content_hash, 'hex'),
    asked.requester, approver, firm_now(), asked.hold, approver = asked.requester, 0, '')
  RETURNING id INTO granted;
  RETURN granted;
END $$;

-- web role may execute
CREATE OR REPLACE FUNCTION void_authority(of_authority bigint, because text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE ledgers_spendingauthority SET voided_at = firm_now(), void_reason = because
   WHERE id = of_authority AND voided_at IS NULL AND used_amount = 0 RETURNING true
$$;
