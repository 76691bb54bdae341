-- Payment of a signed settlement statement (SPEC flow Earned fee, I4, I8-I10): the attorney's authorization lets fee and costs go
-- to the firm; liens and the client's share are asked for as requests, each at most its line. Locks: the ledger, then the statement.

-- Hold the ledger and then the statement until the transaction ends; the statement as it is then.
-- web role may execute
CREATE OR REPLACE FUNCTION hold_settlement_rows(of_statement bigint, of_ledger bigint) RETURNS billing_settlementstatement
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  s billing_settlementstatement;
BEGIN
  PERFORM refuse_old_snapshot();
  PERFORM 1 FROM ledgers_ledger l WHERE l.id = of_ledger FOR NO KEY UPDATE;
  SELECT * INTO s FROM billing_settlementstatement b WHERE b.id = of_statement FOR NO KEY UPDATE;
  RETURN s;
END $$;

-- What of a statement's fee and costs went to the firm: its transfers, less what was reversed or put back.
-- web role may execute
CREATE OR REPLACE FUNCTION settlement_paid(of_statement bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(sum(t.amount - coalesce((SELECT sum(b.bank_amount) FROM ledgers_journalentry b
           WHERE b.relates_to_id = t.entry_id AND b.kind = 'fee_put_back'
             AND NOT EXISTS (SELECT 1 FROM ledgers_journalentry r WHERE r.reverses_id = b.id)), 0)), 0)::bigint
    FROM disbursements_settlementtransfer t JOIN disbursements_settlementauthorization a ON a.id = t.authorization_id
   WHERE a.statement_id = of_statement AND NOT EXISTS (SELECT 1 FROM ledgers_journalentry r WHERE r.reverses_id = t.entry_id)
$$;

-- What is asked for or paid of a lien of a statement, or without a line of the client's share; but for what was taken back, refused or undone.
-- web role may execute
CREATE OR REPLACE FUNCTION settlement_asked(of_statement bigint, of_line bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(sum(r.amount), 0)::bigint FROM disbursements_disbursementrequest r
   WHERE r.settlement_id = of_statement AND r.settlement_line_id IS NOT DISTINCT FROM of_line
     AND r.state NOT IN ('rejected', 'withdrawn', 'expired')
     AND NOT EXISTS (SELECT 1 FROM ledgers_journalentry u WHERE u.reverses_id = r.entry_id)
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
-- of them, by somebody else than who recorded the signature. It only ever ends, once.
CREATE OR REPLACE FUNCTION keep_settlement_authorization() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  ended text[] := '{ended_at,ended_by_id,end_reason}';
  a ledgers_spendingauthority;
  s billing_settlementstatement;
  g disbursements_settlementsignature;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR to_jsonb(NEW) - ended IS DISTINCT FROM to_jsonb(OLD) - ended THEN
      PERFORM refuse('settlement_authorization_fixed', jsonb_build_object('settlement', settlement_name(OLD.statement_id)));
    END IF;
    NEW.ended_at := firm_now();
    PERFORM void_authority(OLD.authority_id, NEW.end_reason);
    RETURN NEW;
  END IF;
  SELECT * INTO a FROM ledgers_spendingauthority WHERE id = NEW.authority_id;
  s := hold_settlement_rows(NEW.statement_id, a.ledger_id);
  SELECT * INTO g FROM disbursements_settlementsignature x WHERE x.statement_id = s.id AND x.content_hash = settlement_hash(s);
  IF g.id IS NULL THEN
    PERFORM refuse('settlement_not_signed', jsonb_build_object('settlement', settlement_name(s.id)));
  END IF;
  IF s.state NOT IN ('signed', 'authorized') THEN
    PERFORM refuse('settlement_not_payable', jsonb_build_object('settlement', settlement_name(s.id), 'state', s.state));
  END IF;
  IF (a.kind = 'earned_fee' AND a.voided_at IS NULL AND a.used_amount = 0 AND a.requester_id = s.issued_by_id AND a.reference = s.number
      AND a.operating_account_id IS NOT NULL AND NEW.ended_at IS NULL
      AND EXISTS (SELECT 1 FROM ledgers_ledger l WHERE l.id = a.ledger_id AND l.matter_id = s.matter_id)) IS NOT TRUE THEN
    PERFORM refuse('settlement_authority_unlike', jsonb_build_object('settlement', settlement_name(s.id)));
  END IF;
  IF a.amount > s.fee + s.costs - settlement_paid(s.id) THEN
    PERFORM refuse('fee_over_settlement', jsonb_build_object('settlement', settlement_name(s.id), 'wanted', a.amount,
      'left', s.fee + s.costs - settlement_paid(s.id)));
  END IF;
  IF a.approver_id = g.recorded_by_id AND NOT solo_policy_applies() THEN
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
  IF NEW.state = 'void' AND (settlement_paid(NEW.id) > 0 OR EXISTS (
      SELECT 1 FROM disbursements_disbursementrequest r WHERE r.settlement_id = NEW.id AND settlement_asked(NEW.id, r.settlement_line_id) > 0)) THEN
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

-- I10, for a fee that no invoice stands behind: that of an authorized statement, after the client signed, at most what is unpaid of
-- fee and costs. Whether it is one; called by `fee_follows_invoice` for every earned fee, whoever posts it.
CREATE OR REPLACE FUNCTION fee_follows_settlement(entry ledgers_journalentry) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a disbursements_settlementauthorization;
  y ledgers_spendingauthority;
  s billing_settlementstatement;
  against jsonb;
  signed date;
BEGIN
  SELECT * INTO a FROM disbursements_settlementauthorization WHERE authority_id = entry.authority_id;
  IF NOT FOUND THEN RETURN false; END IF;
  SELECT * INTO y FROM ledgers_spendingauthority WHERE id = entry.authority_id;
  s := hold_settlement_rows(a.statement_id, y.ledger_id);
  SELECT * INTO a FROM disbursements_settlementauthorization WHERE id = a.id;
  against := settlement_objection(a);
  IF against IS NOT NULL THEN PERFORM refuse(against ->> 'code', against -> 'facts'); END IF;
  SELECT g.signed_on INTO signed FROM disbursements_settlementsignature g WHERE g.statement_id = s.id;
  IF entry.book_date < signed THEN
    PERFORM refuse('fee_before_signature', jsonb_build_object('settlement', settlement_name(s.id), 'date', entry.book_date, 'signed', signed));
  END IF;
  IF -entry.bank_amount > s.fee + s.costs - settlement_paid(s.id) THEN
    PERFORM refuse('fee_over_settlement', jsonb_build_object('settlement', settlement_name(s.id), 'wanted', -entry.bank_amount,
      'left', s.fee + s.costs - settlement_paid(s.id)));
  END IF;
  INSERT INTO disbursements_settlementtransfer (authorization_id, entry_id, part, amount)
  SELECT a.id, entry.id, count(*) + 1, -entry.bank_amount FROM disbursements_settlementtransfer t WHERE t.authorization_id = a.id;
  IF y.used_amount = y.amount THEN
    UPDATE disbursements_settlementauthorization SET ended_at = firm_now(), end_reason = 'Transferred' WHERE id = a.id;
  END IF;
  RETURN true;
END $$;

-- I10 again, when a transfer of fee and costs is undone, or its being put back is: what went to the firm is then still at most fee and
-- costs, and nothing by a void statement. A fee that is put back ends the authorization it was taken under: to take it again is
-- a new decision. Called by `fee_follows_invoice` with the fee that it is about.
CREATE OR REPLACE FUNCTION settlement_fee_undone(entry ledgers_journalentry, of_fee bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a disbursements_settlementauthorization;
  s billing_settlementstatement;
  beyond bigint;
BEGIN
  SELECT x.* INTO a FROM disbursements_settlementtransfer t JOIN disbursements_settlementauthorization x ON x.id = t.authorization_id
   WHERE t.entry_id = of_fee;
  IF NOT FOUND THEN RETURN; END IF;
  s := hold_settlement_rows(a.statement_id, (SELECT y.ledger_id FROM ledgers_spendingauthority y WHERE y.id = a.authority_id));
  beyond := settlement_paid(s.id) - s.fee - s.costs;
  IF beyond > 0 THEN
    PERFORM refuse('fee_over_settlement', jsonb_build_object('settlement', settlement_name(s.id), 'wanted', -entry.bank_amount,
      'left', -entry.bank_amount - beyond));
  END IF;
  IF s.state = 'void' AND settlement_paid(s.id) > 0 THEN
    PERFORM refuse('settlement_not_payable', jsonb_build_object('settlement', settlement_name(s.id), 'state', s.state));
  END IF;
  UPDATE disbursements_settlementauthorization SET ended_at = firm_now(), end_reason = 'Fee put back'
   WHERE id = a.id AND ended_at IS NULL AND entry.kind = 'fee_put_back';
END $$;

-- Take fee and costs of an authorized statement: what is authorized, unpaid and available, the least of them, through the pen.
-- Answers the entry; nothing when there is nothing to take now. Two at once wait for each other: the second finds the rest.
-- web role may execute
CREATE OR REPLACE FUNCTION pay_settlement_from_trust(of_authorization bigint, actor bigint, context jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a disbursements_settlementauthorization;
  y ledgers_spendingauthority;
  s billing_settlementstatement;
  l ledgers_ledger;
  against jsonb;
  cents bigint;
  part integer;
BEGIN
  SELECT * INTO a FROM disbursements_settlementauthorization WHERE id = of_authorization;
  SELECT * INTO y FROM ledgers_spendingauthority WHERE id = a.authority_id;
  s := hold_settlement_rows(a.statement_id, y.ledger_id);
  SELECT * INTO a FROM disbursements_settlementauthorization WHERE id = of_authorization;
  SELECT * INTO y FROM ledgers_spendingauthority WHERE id = a.authority_id;
  SELECT * INTO l FROM ledgers_ledger WHERE id = y.ledger_id;
  against := settlement_objection(a);
  IF against IS NOT NULL THEN PERFORM refuse(against ->> 'code', against -> 'facts'); END IF;
  cents := least(y.amount - y.used_amount, s.fee + s.costs - settlement_paid(s.id), l.balance - held_amount(l.id));
  IF cents <= 0 THEN RETURN NULL; END IF;
  SELECT count(*) + 1 INTO part FROM disbursements_settlementtransfer t WHERE t.authorization_id = a.id;
  RETURN (SELECT p.ids[1] FROM post_entries(actor, 'settlement:' || a.id || ':' || part, jsonb_build_array(jsonb_build_object(
    'kind', 'earned_fee', 'account', l.trust_account_id, 'date', firm_today(), 'method', y.method, 'authority', y.id,
    'lines', jsonb_build_array(jsonb_build_object('ledger', l.id, 'amount', -cents)),
    'content_hash', encode(y.content_hash, 'hex'), 'operating_account', y.operating_account_id,
    'bank_item', open_transfer_batch(l.trust_account_id, y.operating_account_id, actor),
    'text', jsonb_build_object('party', y.payee, 'purpose', y.purpose, 'reference', y.reference))), context) p);
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

CREATE OR REPLACE TRIGGER keep_settlement_authorization BEFORE INSERT OR UPDATE ON disbursements_settlementauthorization
  FOR EACH ROW EXECUTE FUNCTION keep_settlement_authorization();
CREATE OR REPLACE TRIGGER move_settlement AFTER INSERT OR UPDATE ON disbursements_settlementauthorization
  FOR EACH ROW EXECUTE FUNCTION move_settlement();
ALTER TABLE disbursements_settlementauthorization ENABLE ALWAYS TRIGGER keep_settlement_authorization, ENABLE ALWAYS TRIGGER move_settlement;
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
