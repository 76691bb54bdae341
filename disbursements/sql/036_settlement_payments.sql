-- Payment of a signed settlement statement (SPEC flow Earned fee, I4, I8-I10): the attorney's authorization lets fee and costs go
-- to the firm (029_fees.sql takes them); liens and the client's share are asked for as requests, each at most its line.

-- What of a statement's fee and costs went to the firm: its transfers, less what was reversed or put back.
-- web role may execute
CREATE OR REPLACE FUNCTION settlement_paid(of_statement bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(sum(fee_standing(t.entry_id, t.amount)), 0)::bigint
    FROM disbursements_settlementtransfer t JOIN disbursements_settlementauthorization a ON a.id = t.authorization_id
   WHERE a.statement_id = of_statement
$$;

-- What is asked for, paid or settled otherwise of a lien of a statement, or without a line of the client's share; but for what was
-- taken back, refused or undone.
-- web role may execute
CREATE OR REPLACE FUNCTION settlement_asked(of_statement bigint, of_line bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(sum(p.amount), 0)::bigint FROM (
    SELECT r.amount, r.entry_id FROM disbursements_disbursementrequest r
     WHERE r.settlement_id = of_statement AND r.settlement_line_id IS NOT DISTINCT FROM of_line
       AND r.state NOT IN ('rejected', 'withdrawn', 'expired')
    UNION ALL
    SELECT o.amount, o.entry_id FROM disbursements_settledotherwise o
     WHERE o.statement_id = of_statement AND o.line_id IS NOT DISTINCT FROM of_line
       AND NOT EXISTS (SELECT 1 FROM disbursements_settledotherwisetakenback t WHERE t.settled_id = o.id)) p
   WHERE NOT EXISTS (SELECT 1 FROM ledgers_journalentry u WHERE u.reverses_id = p.entry_id)
$$;

-- What a statement still pays: all of its gross recovery that has not gone to the firm, or been asked for or paid of its liens and
-- the client's share; of a void one nothing.
-- web role may execute
CREATE OR REPLACE FUNCTION settlement_left(of_statement bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN s.state = 'void' THEN 0 ELSE s.gross - settlement_paid(s.id) - settlement_asked(s.id, NULL)
      - coalesce((SELECT sum(settlement_asked(s.id, x.id)) FROM billing_settlementline x
                   WHERE x.statement_id = s.id AND x.kind = 'lien' AND NOT x.is_removed), 0)::bigint END
    FROM billing_settlementstatement s WHERE s.id = of_statement
$$;

-- Why no fee is taken under an authorization as things stand, as code and facts; null when one may be.
CREATE OR REPLACE FUNCTION settlement_objection(a disbursements_settlementauthorization) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT CASE
    WHEN a.ended_at IS NOT NULL THEN jsonb_build_object('code', 'settlement_not_authorized', 'facts',
      jsonb_build_object('settlement', settlement_name(s.id), 'reason', a.end_reason))
    WHEN s.state <> 'authorized' THEN jsonb_build_object('code', 'settlement_not_payable', 'facts',
      jsonb_build_object('settlement', settlement_name(s.id), 'state', s.state)) END
    FROM billing_settlementstatement s WHERE s.id = a.statement_id
$$;

-- An authorization is an attorney's spending authority for fee and costs of exactly this signed statement, at most what is unpaid
-- of them, by somebody else than who recorded the signature.
CREATE OR REPLACE FUNCTION keep_settlement_authorization() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a ledgers_spendingauthority;
  s billing_settlementstatement;
  g disbursements_settlementsignature;
BEGIN
  SELECT * INTO a FROM ledgers_spendingauthority WHERE id = NEW.authority_id;
  PERFORM hold_fee_rows(a.ledger_id, NULL, NEW.statement_id);
  SELECT * INTO s FROM billing_settlementstatement WHERE id = NEW.statement_id;
  SELECT * INTO g FROM disbursements_settlementsignature x WHERE x.statement_id = s.id AND x.content_hash = settlement_hash(s);
  IF g.id IS NULL THEN
    PERFORM refuse('settlement_not_signed', jsonb_build_object('settlement', settlement_name(s.id)));
  END IF;
  IF s.state NOT IN ('signed', 'authorized') THEN
    PERFORM refuse('settlement_not_payable', jsonb_build_object('settlement', settlement_name(s.id), 'state', s.state));
  END IF;
  IF NEW.ended_at IS NOT NULL OR NOT is_fee_authority(a, s.issued_by_id, s.number, s.matter_id) THEN
    PERFORM refuse('settlement_authority_unlike', jsonb_build_object('settlement', settlement_name(s.id)));
  END IF;
  PERFORM refuse_fee_beyond('settlement', s.id, a.amount, s.fee + s.costs - settlement_paid(s.id));
  IF is_one_person(a.approver_id, g.recorded_by_id) AND NOT solo_policy_applies() THEN
    PERFORM refuse('settlement_one_person', jsonb_build_object('settlement', settlement_name(s.id),
      'person', (SELECT p.full_name FROM firms_person p WHERE p.id = a.approver_id)));
  END IF;
  RETURN NEW;
END $$;

-- With an authorization the statement is authorized; when an attorney withdraws it, signed again.
CREATE OR REPLACE FUNCTION move_settlement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE billing_settlementstatement SET version = version + 1, state = CASE WHEN NEW.ended_at IS NULL THEN 'authorized' ELSE 'signed' END
   WHERE id = NEW.statement_id AND state = CASE WHEN NEW.ended_at IS NULL THEN 'signed' ELSE 'authorized' END
     AND (NEW.ended_at IS NULL OR NEW.ended_by_id IS NOT NULL);
  RETURN NULL;
END $$;

-- A statement is signed only by its signature, authorized only by an authorization, and void only while nothing of it was paid.
CREATE OR REPLACE FUNCTION keep_settlement_steps() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  is_open boolean := EXISTS (SELECT 1 FROM disbursements_settlementauthorization a WHERE a.statement_id = NEW.id AND a.ended_at IS NULL);
BEGIN
  IF NEW.state = 'signed' AND NOT EXISTS (SELECT 1 FROM disbursements_settlementsignature g
      WHERE g.statement_id = NEW.id AND g.content_hash = NEW.content_hash) THEN
    PERFORM refuse('settlement_not_signed', jsonb_build_object('settlement', settlement_name(NEW.id)));
  END IF;
  IF NEW.state = 'signed' AND is_open OR NEW.state = 'authorized' AND NOT is_open THEN
    PERFORM refuse('settlement_move_refused', jsonb_build_object('settlement', settlement_name(OLD.id), 'state', OLD.state, 'asked', NEW.state));
  END IF;
  IF NEW.state = 'void' AND (settlement_paid(NEW.id) > 0 OR settlement_asked(NEW.id, NULL) > 0 OR EXISTS (
      SELECT 1 FROM billing_settlementline x WHERE x.statement_id = NEW.id AND settlement_asked(NEW.id, x.id) > 0)) THEN
    PERFORM refuse('settlement_is_paid', jsonb_build_object('settlement', settlement_name(NEW.id)));
  END IF;
  RETURN NEW;
END $$;

-- Nothing is paid by a statement that became void.
CREATE OR REPLACE FUNCTION void_ends_settlement_authorization() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE disbursements_settlementauthorization SET ended_at = firm_now(), end_reason = 'The statement became void'
   WHERE statement_id = NEW.id AND ended_at IS NULL;
  RETURN NULL;
END $$;

-- What a request that pays a lien or the client's share of a statement says is what the client signed: that payee, out of that
-- matter, by an authorized statement, and all requests for it together at most its amount.
CREATE OR REPLACE FUNCTION refuse_settlement_request(asked disbursements_disbursementrequest) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  s billing_settlementstatement;
  line billing_settlementline;
  paid_to text;
  most bigint;
  before bigint;
BEGIN
  IF asked.settlement_id IS NULL THEN RETURN; END IF;
  PERFORM refuse_old_snapshot();
  SELECT * INTO s FROM billing_settlementstatement b WHERE b.id = asked.settlement_id FOR NO KEY UPDATE;
  IF s.state <> 'authorized' THEN
    PERFORM refuse('settlement_not_payable', jsonb_build_object('settlement', settlement_name(s.id), 'state', s.state));
  END IF;
  IF asked.state = 'posted' THEN RETURN; END IF;
  SELECT * INTO line FROM billing_settlementline x WHERE x.id = asked.settlement_line_id;
  paid_to := CASE WHEN asked.settlement_line_id IS NULL THEN s.client_name ELSE line.payee END;
  most := CASE WHEN asked.settlement_line_id IS NULL THEN s.share ELSE line.amount END;
  IF (asked.payee = paid_to AND asked.kind = CASE WHEN asked.settlement_line_id IS NULL THEN 'return' ELSE 'disbursement' END
      AND (asked.settlement_line_id IS NULL OR line.statement_id = s.id AND line.kind = 'lien' AND NOT line.is_removed)
      AND EXISTS (SELECT 1 FROM ledgers_ledger l WHERE l.id = asked.ledger_id AND l.matter_id = s.matter_id)) IS NOT TRUE THEN
    PERFORM refuse('settlement_request_unlike', jsonb_build_object('settlement', settlement_name(s.id), 'paid_to', paid_to));
  END IF;
  before := settlement_asked(s.id, asked.settlement_line_id);
  IF before + asked.amount > most THEN
    PERFORM refuse('settlement_line_paid', jsonb_build_object('settlement', settlement_name(s.id), 'paid_to', paid_to, 'line_amount', most,
      'left', most - before, 'wanted', asked.amount));
  END IF;
END $$;

-- A matter is not closed while a statement that the client signed has something left to pay. The matter's ledgers are held by the
-- trigger `closing`; who signs meanwhile is waited for.
CREATE OR REPLACE FUNCTION refuse_closing_over_settlements() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  unpaid record;
BEGIN
  PERFORM 1 FROM billing_settlementstatement s WHERE s.matter_id = NEW.id ORDER BY s.id FOR NO KEY UPDATE;
  SELECT s.id, settlement_left(s.id) AS cents INTO unpaid FROM billing_settlementstatement s
   WHERE s.matter_id = NEW.id AND s.state IN ('signed', 'authorized') AND settlement_left(s.id) > 0 ORDER BY s.id LIMIT 1;
  IF FOUND THEN
    PERFORM refuse('matter_settlement_unpaid', jsonb_build_object('matter', NEW.number, 'statement', unpaid.id,
      'settlement', settlement_name(unpaid.id), 'left', unpaid.cents));
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER closing_settlements BEFORE UPDATE OF status ON ledgers_matter
  FOR EACH ROW WHEN (NEW.status = 'closed' AND OLD.status <> 'closed') EXECUTE FUNCTION refuse_closing_over_settlements();
ALTER TABLE ledgers_matter ENABLE ALWAYS TRIGGER closing_settlements;

CREATE OR REPLACE TRIGGER keep_settlement_authorization BEFORE INSERT ON disbursements_settlementauthorization
  FOR EACH ROW EXECUTE FUNCTION keep_settlement_authorization();
CREATE OR REPLACE TRIGGER keep_fee_ending BEFORE UPDATE ON disbursements_settlementauthorization
  FOR EACH ROW EXECUTE FUNCTION keep_fee_ending('settlement_authorization_fixed');
CREATE OR REPLACE TRIGGER move_settlement AFTER INSERT OR UPDATE ON disbursements_settlementauthorization
  FOR EACH ROW EXECUTE FUNCTION move_settlement();
ALTER TABLE disbursements_settlementauthorization ENABLE ALWAYS TRIGGER keep_settlement_authorization, ENABLE ALWAYS TRIGGER keep_fee_ending,
  ENABLE ALWAYS TRIGGER move_settlement;
CREATE OR REPLACE TRIGGER keep_settlement_steps BEFORE UPDATE ON billing_settlementstatement
  FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION keep_settlement_steps();
ALTER TABLE billing_settlementstatement ENABLE ALWAYS TRIGGER keep_settlement_steps;
CREATE OR REPLACE TRIGGER void_ends_settlement_authorization AFTER UPDATE ON billing_settlementstatement
  FOR EACH ROW WHEN (NEW.state = 'void' AND OLD.state = 'authorized') EXECUTE FUNCTION void_ends_settlement_authorization();
ALTER TABLE billing_settlementstatement ENABLE ALWAYS TRIGGER void_ends_settlement_authorization;

DO $$ BEGIN
  PERFORM refuse_removals_of('disbursements_settlementauthorization'::regclass);
  PERFORM record_changes_of('disbursements_settlementauthorization'::regclass);
  PERFORM refuse_changes_of('disbursements_settlementtransfer'::regclass);
END $$;
