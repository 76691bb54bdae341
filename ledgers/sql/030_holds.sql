-- Holds: money in a ledger that may not be spent yet.

-- What is held in a ledger today, without one hold (a request's own reservation).
-- web role may execute
CREATE OR REPLACE FUNCTION held_amount(of_ledger bigint, except_hold bigint DEFAULT NULL) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(sum(amount), 0)::bigint FROM ledgers_hold
   WHERE ledger_id = of_ledger AND released_at IS NULL AND (until_date IS NULL OR until_date > firm_today())
     AND id IS DISTINCT FROM except_hold
$$;

-- Another person than the actor, still with the firm; or the actor alone under the recorded solo policy.
CREATE OR REPLACE FUNCTION is_second_person(actor bigint, second bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT actor IS NOT NULL AND second IS NOT NULL AND (NOT is_one_person(second, actor) OR solo_policy_applies())
     AND (person_holds(second, 'coordinator') OR person_holds(second, 'attorney')
          OR person_holds(second, 'supervisor') OR person_holds(second, 'partner'))
$$;

-- Voluntary spending from a ledger is stopped: by its own deficit, by policy by any of the account's, or by a finding.
CREATE OR REPLACE FUNCTION refuse_if_spending_stopped(l ledgers_ledger) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  s record;
BEGIN
  IF l.deficit > 0 THEN
    PERFORM refuse('ledger_in_deficit', jsonb_build_object('ledger', l.id, 'deficit', l.deficit));
  END IF;
  SELECT f.deficit_stops_account, f.disbursements_stopped_reason AS firm_reason, f.disbursements_stopped_at AS firm_stop,
         a.disbursements_stopped_at AS account_stop, a.disbursements_stopped_reason AS account_reason, a.name
    INTO s FROM firms_firm f, ledgers_trustaccount a WHERE a.id = l.trust_account_id;
  IF s.firm_stop IS NOT NULL OR s.account_stop IS NOT NULL THEN
    PERFORM refuse('disbursements_stopped', jsonb_build_object(
      'account', s.name, 'reason', CASE WHEN s.firm_stop IS NOT NULL THEN s.firm_reason ELSE s.account_reason END));
  END IF;
  IF s.deficit_stops_account AND EXISTS (
      SELECT 1 FROM ledgers_ledger x WHERE x.trust_account_id = l.trust_account_id AND x.deficit > 0) THEN
    PERFORM refuse('account_in_deficit', jsonb_build_object('account', s.name));
  END IF;
  IF l.matter_id IS NOT NULL AND EXISTS (SELECT 1 FROM ledgers_matter m WHERE m.id = l.matter_id AND m.status = 'closed') THEN
    PERFORM refuse('matter_closed', jsonb_build_object('ledger', l.id));
  END IF;
END $$;

DROP FUNCTION IF EXISTS place_hold(bigint, bigint, text, bigint, text, date);  -- did not ask who disputes

-- Hold money. A hold is at most what is available; a reservation also needs a ledger that may spend; disputed money names
-- what is disputed, and by whom (Model Rule 1.15(e)).
-- web role may execute
CREATE OR REPLACE FUNCTION place_hold(actor bigint, in_ledger bigint, of_kind text, cents bigint, because text, until date DEFAULT NULL,
  by_whom text DEFAULT '') RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  l ledgers_ledger;
  held bigint;
  placed bigint;
BEGIN
  PERFORM refuse_old_snapshot();
  IF NOT (person_holds(actor, 'coordinator') OR person_holds(actor, 'attorney') OR person_holds(actor, 'supervisor')) THEN
    PERFORM refuse('actor_may_not_post', jsonb_build_object('actor', actor));
  END IF;
  SELECT * INTO l FROM ledgers_ledger WHERE id = in_ledger FOR NO KEY UPDATE;
  IF NOT FOUND THEN PERFORM refuse('no_such_ledger', jsonb_build_object('ledger', in_ledger)); END IF;
  IF coalesce(cents, 0) <= 0 THEN PERFORM refuse('amount_not_positive', jsonb_build_object('amount', cents)); END IF;
  IF coalesce(trim(because), '') = '' THEN PERFORM refuse('reason_missing'); END IF;
  IF of_kind NOT IN ('reserved', 'disputed', 'manual') THEN PERFORM refuse('hold_kind_unknown', jsonb_build_object('kind', of_kind)); END IF;
  IF of_kind = 'disputed' AND trim(coalesce(by_whom, '')) = '' THEN PERFORM refuse('dispute_unnamed'); END IF;
  IF of_kind = 'reserved' THEN PERFORM refuse_if_spending_stopped(l); END IF;
  held := held_amount(in_ledger);
  IF cents > l.balance - held THEN
    PERFORM refuse('insufficient_funds', jsonb_build_object(
      'ledger', l.id, 'asked', cents, 'balance', l.balance, 'held', held, 'available', l.balance - held));
  END IF;
  INSERT INTO ledgers_hold (ledger_id, kind, amount, reason, disputed_by, until_date, placed_by_id, placed_at, release_evidence)
  VALUES (in_ledger, of_kind, cents, because, left(trim(coalesce(by_whom, '')), 200), until, actor, firm_now(), '') RETURNING id INTO placed;
  RETURN placed;
END $$;

-- End a request's reservation: the request was withdrawn, rejected or has expired.
-- web role may execute
CREATE OR REPLACE FUNCTION end_reservation(actor bigint, of_hold bigint, because text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE ledgers_hold SET released_at = firm_now(), released_by_id = actor, release_evidence = because
   WHERE id = of_hold AND kind = 'reserved' AND released_at IS NULL RETURNING true
$$;

-- Release a hold before its time: on evidence, by two people, one of them a trust supervisor.
-- web role may execute
CREATE OR REPLACE FUNCTION release_hold(actor bigint, of_hold bigint, second bigint, evidence text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  h ledgers_hold;
BEGIN
  SELECT * INTO h FROM ledgers_hold WHERE id = of_hold FOR UPDATE;
  IF NOT FOUND OR h.kind = 'reserved' THEN PERFORM refuse('no_such_hold', jsonb_build_object('hold', of_hold)); END IF;
  IF h.released_at IS NOT NULL THEN PERFORM refuse('hold_already_released', jsonb_build_object('hold', of_hold)); END IF;
  IF coalesce(trim(evidence), '') = '' THEN PERFORM refuse('evidence_missing'); END IF;
  IF NOT is_second_person(actor, second) OR NOT person_holds(second, 'supervisor') THEN
    PERFORM refuse('second_person_needed', jsonb_build_object('what', 'release_hold'));
  END IF;
  UPDATE ledgers_hold SET released_at = firm_now(), released_by_id = actor, release_second_person_id = second,
         release_evidence = evidence WHERE id = of_hold;
END $$;
