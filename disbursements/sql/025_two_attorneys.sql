-- Over the firm's limit two different attorneys approve (RELIABILITY D19). The first approval is a row of its own and lets
-- nothing out; the authority is written with the second.

-- What counts together with a request: everything asked for the same payee and matter (or out of the same special ledger)
-- on the same day where the firm is, or decided today, that was not rejected, taken back or let expire. A payee is the
-- same by its record or by the name as the eye takes it in, so that another spelling does not split a payment.
CREATE OR REPLACE FUNCTION counted_together(asked disbursements_disbursementrequest) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT asked.amount + coalesce(sum(o.amount), 0)::bigint
    FROM ledgers_ledger own
    JOIN ledgers_ledger l ON l.id = own.id OR l.matter_id = own.matter_id
    JOIN disbursements_disbursementrequest o ON o.ledger_id = l.id
   WHERE own.id = asked.ledger_id AND o.id <> asked.id AND o.state IN ('awaiting_approval', 'approved_unfunded', 'posted')
     AND (firm_date(o.requested_at) = firm_date(asked.requested_at) OR firm_date(o.decided_at) = firm_today())
     AND (o.payee_record_id = asked.payee_record_id
          OR replace(payee_skeleton(o.payee), ' ', '') = replace(payee_skeleton(asked.payee), ' ', ''))
$$;

-- Decisions on what counts together wait for each other until their transactions end, so that of two at once the second counts
-- the first: requests of several days count together only when they are decided.
CREATE OR REPLACE FUNCTION one_decision_at_a_time(in_ledger bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM refuse_old_snapshot();
  PERFORM pg_advisory_xact_lock(hashtextextended('decided together', coalesce(l.matter_id, -l.id))) FROM ledgers_ledger l WHERE l.id = in_ledger;
END $$;

-- Limit and what is counted, where a request needs two attorneys; null where one is enough.
CREATE OR REPLACE FUNCTION over_the_limit(asked disbursements_disbursementrequest) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  most bigint := (SELECT two_attorneys_above_cents FROM firms_firm WHERE id = 1);
  counted bigint;
BEGIN
  IF most IS NULL THEN RETURN NULL; END IF;
  counted := counted_together(asked);
  RETURN CASE WHEN counted > most THEN jsonb_build_object('limit', most, 'counted', counted, 'amount', asked.amount) END;
END $$;

-- The same, for pages.
-- web role may execute
CREATE OR REPLACE FUNCTION two_attorneys_for(request bigint) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT over_the_limit(r) FROM disbursements_disbursementrequest r WHERE r.id = request
$$;

-- Whether a remembered device may decide on a request without a code: up to the firm's limit, counted as above.
-- web role may execute
CREATE OR REPLACE FUNCTION device_suffices(request bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce((SELECT counted_together(r) FROM disbursements_disbursementrequest r WHERE r.id = request)
                  <= (SELECT device_decides_up_to_cents FROM firms_firm WHERE id = 1), false)
$$;

-- What a remembered device was let stand for is asked again when the decision is made: a request that waits, small enough with
-- what was decided meanwhile. It decides about nothing else.
CREATE OR REPLACE FUNCTION keep_device_decision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  asked disbursements_disbursementrequest;
BEGIN
  FOR asked IN SELECT r.* FROM disbursements_disbursementrequest r
      WHERE r.content_hash = NEW.purpose_hash AND r.state = 'awaiting_approval' ORDER BY r.id LOOP
    PERFORM one_decision_at_a_time(asked.ledger_id);
    IF NOT device_suffices(asked.id) THEN PERFORM refuse('device_not_enough'); END IF;
  END LOOP;
  IF NOT FOUND THEN PERFORM refuse('device_not_enough'); END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER keep_device_decision BEFORE UPDATE OF spent_at ON firms_codetry
  FOR EACH ROW WHEN (NEW.method = 'device' AND OLD.spent_at IS NULL AND NEW.spent_at IS NOT NULL) EXECUTE FUNCTION keep_device_decision();
ALTER TABLE firms_codetry ENABLE ALWAYS TRIGGER keep_device_decision;

-- Who decides on a request now, in whose place, and whether they are the ones to be asked (`deciders` of its money).
-- web role may execute
CREATE OR REPLACE FUNCTION request_deciders(request bigint) RETURNS TABLE (person bigint, in_place_of bigint, is_asked boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT d.* FROM disbursements_disbursementrequest r
    JOIN ledgers_hold h ON h.id = r.hold_id  -- placed when it was asked for, by the database's clock
    LEFT JOIN disbursements_firstapproval f ON f.request_id = r.id
    CROSS JOIN LATERAL deciders(r.ledger_id, r.requester_id, r.destination_ledger_id, f.approver_id, f.in_place_of_id, h.placed_at) d
   WHERE r.id = request AND r.state = 'awaiting_approval'
$$;

-- Whether somebody decides on a request now.
-- web role may execute
CREATE OR REPLACE FUNCTION decides_on(person bigint, request bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM request_deciders(request) d WHERE d.person = $1)
$$;

-- Who may say no to a request now, and in whose place: who decides on it, and who would if the role were not new. To decline
-- lets nothing out, so it needs no age.
-- web role may execute
CREATE OR REPLACE FUNCTION request_decliners(request bigint) RETURNS TABLE (person bigint, in_place_of bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT d.person, d.in_place_of FROM request_deciders(request) d
  UNION ALL
  SELECT n.person, n.in_place_of FROM disbursements_disbursementrequest r
    LEFT JOIN disbursements_firstapproval f ON f.request_id = r.id
    CROSS JOIN LATERAL deciders(r.ledger_id, r.requester_id, r.destination_ledger_id, f.approver_id, f.in_place_of_id, 'infinity') n
   WHERE r.id = request AND r.state = 'awaiting_approval'
     AND NOT EXISTS (SELECT 1 FROM request_deciders(request) d WHERE d.person = n.person)
$$;

-- Whether somebody may say no to a request now.
-- web role may execute
CREATE OR REPLACE FUNCTION declines(person bigint, request bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM request_decliners(request) d WHERE d.person = $1)
$$;

-- Who rejects may say no to it at that moment, or gave the first approval; the record says in whose place.
CREATE OR REPLACE FUNCTION refuse_foreign_rejection(now_asked disbursements_disbursementrequest) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM request_decliners(now_asked.id) d
      WHERE d.person = now_asked.decided_by_id AND d.in_place_of IS NOT DISTINCT FROM now_asked.decided_for_id)
     AND NOT EXISTS (SELECT 1 FROM disbursements_firstapproval f
      WHERE f.request_id = now_asked.id AND f.approver_id = now_asked.decided_by_id
        AND f.in_place_of_id IS NOT DISTINCT FROM now_asked.decided_for_id AND person_holds(f.approver_id, 'attorney')) THEN
    PERFORM refuse('not_the_approver', jsonb_build_object('approver', now_asked.decided_by_id, 'ledger', now_asked.ledger_id));
  END IF;
END $$;

-- A first approval is given where two are needed, by who decides then, for exactly what is asked, while it waits.
CREATE OR REPLACE FUNCTION keep_first_approval() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  asked disbursements_disbursementrequest;
  over jsonb;
BEGIN
  SELECT * INTO asked FROM disbursements_disbursementrequest WHERE id = NEW.request_id FOR UPDATE;
  IF asked.state IS DISTINCT FROM 'awaiting_approval' THEN
    PERFORM refuse('request_move_refused', jsonb_build_object('request', NEW.request_id, 'state', asked.state, 'asked', 'approved'));
  END IF;
  IF EXISTS (SELECT 1 FROM disbursements_firstapproval f WHERE f.request_id = NEW.request_id) THEN
    PERFORM refuse('first_approval_given', jsonb_build_object('request', NEW.request_id));
  END IF;
  IF NEW.content_hash <> asked.content_hash THEN PERFORM refuse('request_changed', jsonb_build_object('request', NEW.request_id)); END IF;
  IF NEW.approver_id = asked.requester_id AND NOT solo_policy_applies() THEN
    PERFORM refuse('approver_is_requester', jsonb_build_object('requester', asked.requester_id));
  END IF;
  IF NOT EXISTS (SELECT 1 FROM request_deciders(NEW.request_id) d
      WHERE d.person = NEW.approver_id AND d.in_place_of IS NOT DISTINCT FROM NEW.in_place_of_id) THEN
    PERFORM refuse('not_the_approver', jsonb_build_object('approver', NEW.approver_id, 'ledger', asked.ledger_id));
  END IF;
  over := over_the_limit(asked);
  IF over IS NULL THEN PERFORM refuse('second_approval_not_needed', jsonb_build_object('request', NEW.request_id)); END IF;
  PERFORM refuse_payee(asked, NEW.approver_id);
  NEW.decided_at := firm_now();
  NEW.firm_limit := (over ->> 'limit')::bigint;
  NEW.counted := (over ->> 'counted')::bigint;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER keep_first_approval BEFORE INSERT ON disbursements_firstapproval
  FOR EACH ROW EXECUTE FUNCTION keep_first_approval();
ALTER TABLE disbursements_firstapproval ENABLE ALWAYS TRIGGER keep_first_approval;

-- What authorities of one day let out for the same payee and matter, without a request to count by: nobody may go past it.
CREATE OR REPLACE FUNCTION authorized_together(given ledgers_spendingauthority) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT given.amount + coalesce(sum(a.amount), 0)::bigint
    FROM ledgers_ledger own
    JOIN ledgers_ledger l ON l.id = own.id OR l.matter_id = own.matter_id
    JOIN ledgers_spendingauthority a ON a.ledger_id = l.id
   WHERE own.id = given.ledger_id AND a.voided_at IS NULL AND a.kind <> 'earned_fee' AND firm_date(a.decided_at) = firm_today()
     AND replace(payee_skeleton(a.payee), ' ', '') = replace(payee_skeleton(given.payee), ' ', '')
$$;

-- Over the limit no single approval becomes an authority, whoever writes it: it stands on the request's first approval, by
-- another attorney, for the same content. Earned fees have two conditions of their own (invoice, client's approval).
CREATE OR REPLACE FUNCTION keep_two_attorneys() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  most bigint := (SELECT two_attorneys_above_cents FROM firms_firm WHERE id = 1);
  asked disbursements_disbursementrequest;
  given disbursements_firstapproval;
  over jsonb;
  counted bigint;
BEGIN
  IF most IS NULL AND NEW.first_approver_id IS NULL AND NEW.hold_id IS NULL THEN RETURN NEW; END IF;
  SELECT * INTO asked FROM disbursements_disbursementrequest WHERE hold_id = NEW.hold_id;
  SELECT * INTO given FROM disbursements_firstapproval WHERE request_id = asked.id;
  IF given.id IS NOT NULL OR NEW.first_approver_id IS NOT NULL THEN
    IF NEW.first_approver_id IS DISTINCT FROM given.approver_id OR given.content_hash <> encode(NEW.content_hash, 'hex') THEN
      PERFORM refuse('second_approval_missing', jsonb_build_object('limit', most, 'counted', NEW.amount));
    END IF;
    RETURN NEW;
  END IF;
  IF most IS NULL OR NEW.kind = 'earned_fee' THEN RETURN NEW; END IF;
  PERFORM one_decision_at_a_time(NEW.ledger_id);
  IF asked.id IS NOT NULL THEN
    over := over_the_limit(asked);
  ELSE
    counted := authorized_together(NEW);
    over := CASE WHEN counted > most THEN jsonb_build_object('limit', most, 'counted', counted) END;
  END IF;
  IF over IS NOT NULL THEN PERFORM refuse('second_approval_missing', over - 'amount'); END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER keep_two_attorneys BEFORE INSERT ON ledgers_spendingauthority
  FOR EACH ROW EXECUTE FUNCTION keep_two_attorneys();
ALTER TABLE ledgers_spendingauthority ENABLE ALWAYS TRIGGER keep_two_attorneys;

DO $$ BEGIN
  PERFORM refuse_changes_of('disbursements_firstapproval'::regclass);
  PERFORM record_changes_of('disbursements_firstapproval'::regclass);
END $$;
