-- The life-cycle of a request for money out.

-- The allowed moves; disbursements.models.MOVES says the same.
-- web role may execute
CREATE OR REPLACE FUNCTION request_moves() RETURNS TABLE (from_state text, to_state text)
LANGUAGE sql IMMUTABLE AS $$
  VALUES ('draft', 'awaiting_approval'), ('draft', 'withdrawn'),
         ('awaiting_approval', 'posted'), ('awaiting_approval', 'rejected'), ('awaiting_approval', 'withdrawn'),
         ('awaiting_approval', 'expired'), ('awaiting_approval', 'approved_unfunded'),
         ('approved_unfunded', 'posted'), ('approved_unfunded', 'withdrawn'), ('approved_unfunded', 'expired')
$$;

-- One client's money goes to another client's matter only with the first one's consent (SPEC flow Disbursement).
CREATE OR REPLACE FUNCTION refuse_without_consent(asked disbursements_disbursementrequest) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  of_client record;
  to_client record;
BEGIN
  SELECT c.id, c.name INTO of_client FROM ledgers_ledger l JOIN ledgers_matter m ON m.id = l.matter_id
    JOIN ledgers_client c ON c.id = m.client_id WHERE l.id = asked.ledger_id;
  SELECT c.id, c.name INTO to_client FROM ledgers_ledger l JOIN ledgers_matter m ON m.id = l.matter_id
    JOIN ledgers_client c ON c.id = m.client_id WHERE l.id = asked.destination_ledger_id;
  IF of_client.id <> to_client.id AND trim(asked.consent) = '' THEN
    PERFORM refuse('consent_missing', jsonb_build_object('from_client', of_client.name, 'to_client', to_client.name));
  END IF;
END $$;

-- Money is not asked into a closed matter. Another one that is being closed is waited for, and whoever closes it waits for this;
-- of the own matter the ledger is held already, and whoever closes it waits for that.
CREATE OR REPLACE FUNCTION refuse_closed_destination(asked disbursements_disbursementrequest) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  into_matter record;
BEGIN
  SELECT m.number, m.status INTO into_matter FROM ledgers_ledger l JOIN ledgers_matter m ON m.id = l.matter_id
   WHERE l.id = asked.destination_ledger_id
     AND m.id IS DISTINCT FROM (SELECT s.matter_id FROM ledgers_ledger s WHERE s.id = asked.ledger_id) FOR SHARE OF m;
  IF into_matter.status = 'closed' THEN
    PERFORM refuse('destination_unfit', jsonb_build_object('why', 'matter ' || into_matter.number || ' is closed. Open it again first.'));
  END IF;
END $$;

-- A draft is of no closed matter either, on neither side.
CREATE OR REPLACE FUNCTION refuse_draft_of_closed(asked disbursements_disbursementrequest) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  of_matter record;
BEGIN
  SELECT m.status INTO of_matter FROM ledgers_ledger l JOIN ledgers_matter m ON m.id = l.matter_id
   WHERE l.id = asked.ledger_id FOR SHARE OF m;
  IF of_matter.status = 'closed' THEN PERFORM refuse('matter_closed', jsonb_build_object('ledger', asked.ledger_id)); END IF;
  PERFORM refuse_closed_destination(asked);
END $$;

-- What is left of a receipt in the ledger of unidentified receipts: what it brought, less what came back and what was asked for;
-- nothing of one undone.
-- web role may execute
CREATE OR REPLACE FUNCTION left_of_receipt(receipt bigint, in_ledger bigint, but_for bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT (coalesce((SELECT sum(l.amount) FROM ledgers_journalentry e JOIN ledgers_journalline l ON l.entry_id = e.id
                     WHERE (e.id = receipt AND e.kind = 'receipt' OR e.relates_to_id = receipt) AND l.ledger_id = in_ledger
                       AND NOT EXISTS (SELECT 1 FROM ledgers_journalentry u WHERE u.reverses_id IN (e.id, receipt))), 0)
        - coalesce((SELECT sum(r.amount) FROM disbursements_disbursementrequest r
                     WHERE r.receipt_id = receipt AND r.id IS DISTINCT FROM but_for
                       AND (r.state IN ('awaiting_approval', 'approved_unfunded') OR r.state = 'posted'
                            AND NOT EXISTS (SELECT 1 FROM ledgers_journalentry u WHERE u.reverses_id = r.entry_id))), 0))::bigint
$$;

-- Money of unidentified receipts is asked for by the receipt it came with, and no more than is left of it; other money by none.
-- Asked again when it posts: the receipt may have come back meanwhile. Whoever asks has reserved or posted, so holds the ledger.
CREATE OR REPLACE FUNCTION refuse_beyond_receipt(asked disbursements_disbursementrequest) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  unknown boolean := (SELECT g.kind = 'unidentified' FROM ledgers_ledger g WHERE g.id = asked.ledger_id);
  available bigint;
BEGIN
  IF unknown <> (asked.receipt_id IS NOT NULL) THEN
    PERFORM refuse('receipt_unnamed', jsonb_build_object('ledger', asked.ledger_id));
  END IF;
  available := left_of_receipt(asked.receipt_id, asked.ledger_id, asked.id);
  IF unknown AND asked.amount > available THEN
    PERFORM refuse('receipt_spent', jsonb_build_object('asked', asked.amount, 'available', available));
  END IF;
END $$;

-- What is asked for is reserved, and fits: consent, payee, files, settlement; by a new request or by a draft that is submitted.
CREATE OR REPLACE FUNCTION refuse_unfit_request(asked disbursements_disbursementrequest) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (
      SELECT 1 FROM ledgers_hold h WHERE h.id = asked.hold_id AND h.kind = 'reserved' AND h.ledger_id = asked.ledger_id
         AND h.amount = asked.amount AND h.released_at IS NULL) THEN
    PERFORM refuse('reservation_missing', jsonb_build_object('hold', asked.hold_id));
  END IF;
  PERFORM refuse_beyond_receipt(asked);
  PERFORM refuse_without_consent(asked);
  PERFORM refuse_closed_destination(asked);
  PERFORM refuse_payee(asked, NULL);
  PERFORM refuse_attachments(asked);
  PERFORM refuse_settlement_request(asked);
END $$;

-- A request begins undecided and with its reservation, or as a draft without; its content never changes; its state moves as
-- allowed, one version at a time; a draft gets its reservation as it is submitted, once; what it
-- says of approval and posting is what the books say (I8, I9).
CREATE OR REPLACE FUNCTION keep_request() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  moving text[] := '{state,version,authority_id,entry_id,decided_by_id,decided_for_id,decided_at,closed_by_id,closed_at,reason}';
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.version <> 1 OR NEW.state NOT IN ('draft', 'awaiting_approval') THEN
      PERFORM refuse('reservation_missing', jsonb_build_object('hold', NEW.hold_id));
    END IF;
    NEW.drafted_at := CASE NEW.state WHEN 'draft' THEN firm_now() END;
    IF NEW.state = 'draft' THEN
      PERFORM refuse_draft_of_closed(NEW);
      PERFORM refuse_attachments(NEW);
    ELSE
      PERFORM refuse_unfit_request(NEW);
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.state = 'draft' AND NEW.state = 'awaiting_approval' THEN
    NEW.requested_at := firm_now();
    moving := moving || '{hold_id,requested_at}';
  END IF;
  IF to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving THEN
    PERFORM refuse('request_content_fixed', jsonb_build_object('request', OLD.id));
  END IF;
  IF NEW.version <> OLD.version + 1
     OR NOT EXISTS (SELECT 1 FROM request_moves() m WHERE m.from_state = OLD.state AND m.to_state = NEW.state) THEN
    PERFORM refuse('request_move_refused', jsonb_build_object('request', OLD.id, 'state', OLD.state, 'asked', NEW.state));
  END IF;
  IF OLD.state = 'draft' AND NEW.state = 'awaiting_approval' THEN PERFORM refuse_unfit_request(NEW); END IF;
  IF OLD.authority_id IS NOT NULL AND NEW.authority_id IS DISTINCT FROM OLD.authority_id THEN
    PERFORM refuse('request_move_refused', jsonb_build_object('request', OLD.id, 'state', OLD.state, 'asked', NEW.state));
  END IF;
  IF NEW.authority_id IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM ledgers_spendingauthority a WHERE a.id = NEW.authority_id AND a.ledger_id = NEW.ledger_id
         AND a.amount = NEW.amount AND a.kind = NEW.kind AND encode(a.content_hash, 'hex') = NEW.content_hash
         AND a.requester_id = NEW.requester_id AND a.approver_id = NEW.decided_by_id
         AND a.in_place_of_id IS NOT DISTINCT FROM NEW.decided_for_id) THEN
    PERFORM refuse('not_what_was_approved', jsonb_build_object('authority', NEW.authority_id));
  END IF;
  IF NEW.state = 'posted' THEN
    PERFORM refuse_beyond_receipt(NEW);
    PERFORM refuse_settlement_request(NEW);
  END IF;
  IF NEW.state = 'rejected' THEN PERFORM refuse_foreign_rejection(NEW); END IF;
  IF NEW.entry_id IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM ledgers_journalentry e WHERE e.id = NEW.entry_id AND e.authority_id = NEW.authority_id) THEN
    PERFORM refuse('not_what_was_approved', jsonb_build_object('authority', NEW.authority_id));
  END IF;
  RETURN NEW;
END $$;

-- Why a request could not be posted as things stand, as code and facts; null when it could. It asks the rules themselves.
-- web role may execute
CREATE OR REPLACE FUNCTION objection_to_posting(request bigint) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  asked disbursements_disbursementrequest;
  l ledgers_ledger;
  code text;
  facts text;
BEGIN
  SELECT * INTO asked FROM disbursements_disbursementrequest r WHERE r.id = request;
  SELECT * INTO l FROM ledgers_ledger g WHERE g.id = asked.ledger_id;
  asked.state := 'posted';
  PERFORM refuse_if_spending_stopped(l);
  PERFORM refuse_beyond_receipt(asked);
  PERFORM refuse_settlement_request(asked);
  RETURN NULL;
EXCEPTION WHEN SQLSTATE 'TL001' THEN
  GET STACKED DIAGNOSTICS code = MESSAGE_TEXT, facts = PG_EXCEPTION_DETAIL;
  RETURN jsonb_build_object('code', code, 'facts', facts::jsonb);
END $$;

CREATE OR REPLACE TRIGGER keep_request BEFORE INSERT OR UPDATE ON disbursements_disbursementrequest
  FOR EACH ROW EXECUTE FUNCTION keep_request();
ALTER TABLE disbursements_disbursementrequest ENABLE ALWAYS TRIGGER keep_request;

DO $$ BEGIN
  PERFORM refuse_removals_of('disbursements_disbursementrequest'::regclass);
  PERFORM record_changes_of('disbursements_disbursementrequest'::regclass);
END $$;
