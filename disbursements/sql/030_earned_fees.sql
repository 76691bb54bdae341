-- Payment of invoices from trust (SPEC flow Earned fee, I4, I8-I10): the attorney's authorization and the client's answer;
-- when both are there a fee follows by itself, at most what is authorized, unpaid and available. Whoever writes locks in
-- one order: the ledger, then the invoice.

-- Hold the ledger and then the invoice until the transaction ends; the invoice as it is then.
-- web role may execute
CREATE OR REPLACE FUNCTION hold_fee_rows(of_invoice bigint, of_ledger bigint) RETURNS billing_invoice
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  i billing_invoice;
BEGIN
  PERFORM refuse_old_snapshot();
  PERFORM 1 FROM ledgers_ledger l WHERE l.id = of_ledger FOR NO KEY UPDATE;
  SELECT * INTO i FROM billing_invoice b WHERE b.id = of_invoice FOR NO KEY UPDATE;
  RETURN i;
END $$;

-- The ledger out of which an invoice is being paid; none while nobody authorized it.
-- web role may execute
CREATE OR REPLACE FUNCTION fee_ledger(of_invoice bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.ledger_id FROM disbursements_feeauthorization a JOIN ledgers_spendingauthority s ON s.id = a.authority_id
   WHERE a.invoice_id = of_invoice AND a.ended_at IS NULL
$$;

-- What the client said to an authorization. An objection and an answer that a coordinator recorded are to the invoice; an
-- approval by link is of the amount that the letter named, so it is to the authorization of that letter alone.
CREATE OR REPLACE FUNCTION client_answer_to(a disbursements_feeauthorization) RETURNS disbursements_clientanswer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c FROM disbursements_clientanswer c LEFT JOIN disbursements_invoicelink k ON k.id = c.link_id
   WHERE c.invoice_id = a.invoice_id AND (c.link_id IS NULL OR c.answer = 'objected' OR k.authorization_id = a.id)
   ORDER BY c.id DESC LIMIT 1
$$;

-- Why no fee is taken for an invoice under an authorization as things stand, as code and facts; null when one may be.
CREATE OR REPLACE FUNCTION fee_objection(a disbursements_feeauthorization) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  i billing_invoice;
  said disbursements_clientanswer := client_answer_to(a);
  code text;
BEGIN
  SELECT * INTO i FROM billing_invoice b WHERE b.id = a.invoice_id;
  code := CASE
    WHEN i.state NOT IN ('issued', 'partly_paid') THEN 'fee_invoice_not_open'
    WHEN a.ended_at IS NOT NULL THEN 'fee_not_authorized'
    WHEN said.answer = 'objected' THEN 'fee_objected'
    WHEN said.answer = 'approved' THEN NULL
    WHEN a.condition = 'approval' THEN 'fee_before_approval'
    WHEN firm_today() <= a.notice_until THEN 'fee_before_notice' END;
  RETURN CASE WHEN code IS NOT NULL THEN jsonb_build_object('code', code, 'facts', jsonb_strip_nulls(jsonb_build_object(
    'invoice', invoice_name(i.id), 'state', i.state, 'until', a.notice_until, 'at', firm_date(said.at), 'reason', nullif(a.end_reason, '')))) END;
END $$;

-- The same, for pages and for the worker.
-- web role may execute
CREATE OR REPLACE FUNCTION objection_to_fee(of_authorization bigint) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT fee_objection(a) FROM disbursements_feeauthorization a WHERE a.id = of_authorization
$$;

-- Does a fee wait for a coordinator? By the firm's policy where several are ready and the ledger has too little for all.
-- web role may execute
CREATE OR REPLACE FUNCTION waits_for_distribution(of_authorization bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT f.fees_distributed_by_hand AND (
    SELECT count(*) > 1 AND sum(least(s.amount - s.used_amount, i.total - i.paid)) > l.balance - held_amount(l.id)
      FROM ledgers_spendingauthority s JOIN disbursements_feeauthorization b ON b.authority_id = s.id
      JOIN billing_invoice i ON i.id = b.invoice_id
     WHERE s.ledger_id = l.id AND b.ended_at IS NULL AND s.used_amount < s.amount AND fee_objection(b) IS NULL)
    FROM firms_firm f, disbursements_feeauthorization a JOIN ledgers_spendingauthority o ON o.id = a.authority_id
    JOIN ledgers_ledger l ON l.id = o.ledger_id WHERE a.id = of_authorization
$$;

-- What was paid of an invoice from trust: its fees, less what was reversed or put back.
-- web role may execute
CREATE OR REPLACE FUNCTION paid_from_trust(of_invoice bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(sum(t.amount - coalesce((SELECT sum(b.bank_amount) FROM ledgers_journalentry b
           WHERE b.relates_to_id = t.entry_id AND b.kind = 'fee_put_back'
             AND NOT EXISTS (SELECT 1 FROM ledgers_journalentry r WHERE r.reverses_id = b.id)), 0)), 0)::bigint
    FROM disbursements_feetransfer t JOIN disbursements_feeauthorization a ON a.id = t.authorization_id
   WHERE a.invoice_id = of_invoice AND NOT EXISTS (SELECT 1 FROM ledgers_journalentry r WHERE r.reverses_id = t.entry_id)
$$;

-- An authorization is an attorney's spending authority for exactly this invoice, at most what is open of it, of a matter
-- whose invoices are paid from trust; the firm's policy of the day says what the client must do. It only ever ends, once.
CREATE OR REPLACE FUNCTION keep_fee_authorization() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  ended text[] := '{ended_at,ended_by_id,end_reason}';
  s ledgers_spendingauthority;
  i billing_invoice;
  of_matter ledgers_matter;
  policy record;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR to_jsonb(NEW) - ended IS DISTINCT FROM to_jsonb(OLD) - ended THEN
      PERFORM refuse('fee_authorization_fixed', jsonb_build_object('invoice', invoice_name(OLD.invoice_id)));
    END IF;
    NEW.ended_at := firm_now();
    PERFORM void_authority(OLD.authority_id, NEW.end_reason);
    RETURN NEW;
  END IF;
  SELECT * INTO s FROM ledgers_spendingauthority WHERE id = NEW.authority_id;
  i := hold_fee_rows(NEW.invoice_id, s.ledger_id);
  IF i.state NOT IN ('issued', 'partly_paid') THEN
    PERFORM refuse('fee_invoice_not_open', jsonb_build_object('invoice', invoice_name(i.id), 'state', i.state));
  END IF;
  SELECT * INTO of_matter FROM ledgers_matter WHERE id = i.matter_id;
  IF NOT of_matter.pay_invoices_from_trust THEN
    PERFORM refuse('fee_not_from_trust', jsonb_build_object('invoice', invoice_name(i.id), 'matter', of_matter.number));
  END IF;
  IF (s.kind = 'earned_fee' AND s.voided_at IS NULL AND s.used_amount = 0 AND s.requester_id = i.issued_by_id AND s.reference = i.number
      AND s.operating_account_id IS NOT NULL AND NEW.ended_at IS NULL
      AND EXISTS (SELECT 1 FROM ledgers_ledger l WHERE l.id = s.ledger_id AND l.matter_id = i.matter_id)) IS NOT TRUE THEN
    PERFORM refuse('fee_authority_unlike', jsonb_build_object('invoice', invoice_name(i.id)));
  END IF;
  IF s.amount > i.total - i.paid THEN
    PERFORM refuse('fee_over_invoice', jsonb_build_object('invoice', invoice_name(i.id), 'asked', s.amount, 'open', i.total - i.paid));
  END IF;
  PERFORM refuse_one_person(i.id, s.approver_id,
    (SELECT c.recorded_by_id FROM disbursements_clientanswer c WHERE c.invoice_id = i.id ORDER BY c.id DESC LIMIT 1));
  SELECT f.fee_condition, f.fee_notice_days INTO policy FROM firms_firm f;
  NEW.condition := policy.fee_condition;
  NEW.notice_until := CASE policy.fee_condition WHEN 'notice' THEN firm_today() + coalesce(of_matter.notice_period_days, policy.fee_notice_days) END;
  RETURN NEW;
END $$;

-- Who authorizes the payment is not who records that the client approved it, but under the recorded solo policy (I8).
CREATE OR REPLACE FUNCTION refuse_one_person(of_invoice bigint, attorney bigint, recorder bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF attorney = recorder AND NOT solo_policy_applies() THEN
    PERFORM refuse('fee_one_person', jsonb_build_object('invoice', invoice_name(of_invoice),
      'person', (SELECT p.full_name FROM firms_person p WHERE p.id = attorney)));
  END IF;
END $$;

-- A client's answer is recorded by a coordinator, or given by a link that it has just used up (keep_invoice_link), to an
-- invoice that was issued; while money goes out for it they wait.
CREATE OR REPLACE FUNCTION keep_client_answer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  i billing_invoice;
BEGIN
  IF trim(NEW.evidence) = '' OR (NEW.link_id IS NULL AND NOT person_holds(NEW.recorded_by_id, 'coordinator'))
     OR (NEW.link_id IS NOT NULL AND NEW.answer = 'objected' AND trim(NEW.words) = '') THEN
    PERFORM refuse('client_answer_incomplete', jsonb_build_object('invoice', invoice_name(NEW.invoice_id)));
  END IF;
  i := hold_fee_rows(NEW.invoice_id, fee_ledger(NEW.invoice_id));
  IF i.state NOT IN ('issued', 'partly_paid') AND NOT (i.state = 'paid' AND NEW.answer = 'objected') THEN
    PERFORM refuse('fee_invoice_not_open', jsonb_build_object('invoice', invoice_name(i.id), 'state', i.state));
  END IF;
  IF NEW.link_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM disbursements_invoicelink k
       WHERE k.id = NEW.link_id AND k.invoice_id = i.id AND k.used_at IS NOT NULL) THEN
    PERFORM refuse('invoice_link_over', jsonb_build_object('invoice', invoice_name(i.id)));
  END IF;
  PERFORM refuse_one_person(i.id, s.approver_id, NEW.recorded_by_id)
    FROM disbursements_feeauthorization a JOIN ledgers_spendingauthority s ON s.id = a.authority_id
   WHERE a.invoice_id = i.id AND a.ended_at IS NULL AND NEW.answer = 'approved';
  NEW.at := firm_now();
  RETURN NEW;
END $$;

-- I10, whoever posts: a fee is taken for an invoice an attorney authorized, after the client's part, on or after its date, at
-- most what is unpaid of it; what is paid of an invoice is what the journal says, reversals and fees put back included. A fee
-- that is put back ends the authorization it was taken under: to take it again is a new decision.
CREATE OR REPLACE FUNCTION fee_follows_invoice() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a disbursements_feeauthorization;
  s ledgers_spendingauthority;
  i billing_invoice;
  of_fee bigint := coalesce(NEW.reverses_id, NEW.relates_to_id);
  against jsonb;
BEGIN
  IF NEW.kind <> 'earned_fee' THEN
    of_fee := coalesce((SELECT b.relates_to_id FROM ledgers_journalentry b WHERE b.id = of_fee AND b.kind = 'fee_put_back'), of_fee);
    SELECT x.* INTO a FROM disbursements_feetransfer t JOIN disbursements_feeauthorization x ON x.id = t.authorization_id WHERE t.entry_id = of_fee;
    IF NOT FOUND THEN
      PERFORM settlement_fee_undone(NEW, of_fee);
      RETURN NULL;
    END IF;
    PERFORM write_invoice_paid(a.invoice_id);
    UPDATE disbursements_feeauthorization SET ended_at = firm_now(), end_reason = 'Fee put back'
     WHERE id = a.id AND ended_at IS NULL AND NEW.kind = 'fee_put_back';
    RETURN NULL;
  END IF;
  SELECT * INTO a FROM disbursements_feeauthorization WHERE authority_id = NEW.authority_id;
  IF NOT FOUND THEN
    IF fee_follows_settlement(NEW) THEN RETURN NULL; END IF;
    PERFORM refuse('fee_without_invoice', jsonb_build_object('authority', NEW.authority_id));
  END IF;
  SELECT * INTO s FROM ledgers_spendingauthority WHERE id = NEW.authority_id;
  i := hold_fee_rows(a.invoice_id, s.ledger_id);
  SELECT * INTO a FROM disbursements_feeauthorization WHERE id = a.id;
  against := fee_objection(a);
  IF against IS NOT NULL THEN PERFORM refuse(against ->> 'code', against -> 'facts'); END IF;
  IF NEW.book_date < i.date THEN
    PERFORM refuse('fee_before_invoice', jsonb_build_object('invoice', invoice_name(i.id), 'date', NEW.book_date, 'invoice_date', i.date));
  END IF;
  INSERT INTO disbursements_feetransfer (authorization_id, entry_id, part, amount)
  SELECT a.id, NEW.id, count(*) + 1, -NEW.bank_amount FROM disbursements_feetransfer t WHERE t.authorization_id = a.id;
  PERFORM write_invoice_paid(i.id);
  IF s.used_amount = s.amount THEN
    UPDATE disbursements_feeauthorization SET ended_at = firm_now(), end_reason = 'Transferred' WHERE id = a.id;
  END IF;
  RETURN NULL;
END $$;

-- Write what is paid of an invoice, with the state that goes with it; more than its total is refused.
CREATE OR REPLACE FUNCTION write_invoice_paid(of_invoice bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  i billing_invoice;
  now_paid bigint;
BEGIN
  SELECT * INTO i FROM billing_invoice b WHERE b.id = of_invoice FOR NO KEY UPDATE;
  now_paid := paid_from_trust(of_invoice);
  IF now_paid > i.total THEN
    PERFORM refuse('fee_over_invoice', jsonb_build_object('invoice', invoice_name(i.id), 'asked', now_paid - i.paid, 'open', i.total - i.paid));
  END IF;
  UPDATE billing_invoice SET paid = now_paid, version = version + 1,
         state = CASE WHEN now_paid = 0 THEN 'issued' WHEN now_paid < total THEN 'partly_paid' ELSE 'paid' END
   WHERE id = of_invoice AND paid <> now_paid;
END $$;

-- Nothing is paid for an invoice that became void.
CREATE OR REPLACE FUNCTION void_ends_fee_authorization() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE disbursements_feeauthorization SET ended_at = firm_now(), end_reason = 'The invoice became void'
   WHERE invoice_id = NEW.id AND ended_at IS NULL;
  RETURN NULL;
END $$;

-- The transfer batch of the day that gathers the fees from a trust account to one of the firm's own: the open one, or a new one.
CREATE OR REPLACE FUNCTION open_transfer_batch(account bigint, operating bigint, actor bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  batch bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('transfer_batch'), account::integer);
  SELECT b.id INTO batch FROM ledgers_bankitem b
   WHERE b.trust_account_id = account AND b.kind = 'transfer_batch' AND b.closed_at IS NULL AND b.date = firm_today()
     AND NOT EXISTS (SELECT 1 FROM ledgers_journalentry e WHERE e.bank_item_id = b.id AND e.operating_account_id <> operating)
   ORDER BY b.id LIMIT 1 FOR SHARE;
  IF batch IS NULL THEN
    INSERT INTO ledgers_bankitem (trust_account_id, kind, reference, date, opened_by_id, opened_at)
    VALUES (account, 'transfer_batch', '', firm_today(), actor, firm_now()) RETURNING id INTO batch;
  END IF;
  RETURN batch;
END $$;

-- Take the fee of an authorized invoice: what is authorized, unpaid, available and asked for (null: all), the least of
-- them, through the pen. Answers the entry; nothing when there is nothing to take now. Two at once wait for each other:
-- the second finds the rest.
-- web role may execute
CREATE OR REPLACE FUNCTION pay_part_from_trust(of_authorization bigint, at_most bigint, actor bigint, context jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a disbursements_feeauthorization;
  s ledgers_spendingauthority;
  i billing_invoice;
  l ledgers_ledger;
  against jsonb;
  cents bigint;
  part integer;
BEGIN
  SELECT * INTO a FROM disbursements_feeauthorization WHERE id = of_authorization;
  SELECT * INTO s FROM ledgers_spendingauthority WHERE id = a.authority_id;
  i := hold_fee_rows(a.invoice_id, s.ledger_id);
  SELECT * INTO a FROM disbursements_feeauthorization WHERE id = of_authorization;
  SELECT * INTO s FROM ledgers_spendingauthority WHERE id = a.authority_id;
  SELECT * INTO l FROM ledgers_ledger WHERE id = s.ledger_id;
  against := fee_objection(a);
  IF against IS NOT NULL THEN PERFORM refuse(against ->> 'code', against -> 'facts'); END IF;
  cents := least(s.amount - s.used_amount, i.total - i.paid, l.balance - held_amount(l.id), at_most);
  IF cents <= 0 THEN RETURN NULL; END IF;
  SELECT count(*) + 1 INTO part FROM disbursements_feetransfer t WHERE t.authorization_id = a.id;
  RETURN (SELECT p.ids[1] FROM post_entries(actor, 'fee:' || a.id || ':' || part, jsonb_build_array(jsonb_build_object(
    'kind', 'earned_fee', 'account', l.trust_account_id, 'date', firm_today(), 'method', s.method, 'authority', s.id,
    'lines', jsonb_build_array(jsonb_build_object('ledger', l.id, 'amount', -cents)),
    'content_hash', encode(s.content_hash, 'hex'), 'operating_account', s.operating_account_id,
    'bank_item', open_transfer_batch(l.trust_account_id, s.operating_account_id, actor),
    'text', jsonb_build_object('party', s.payee, 'purpose', s.purpose, 'reference', s.reference))), context) p);
END $$;

-- The same, of all there is.
-- web role may execute
CREATE OR REPLACE FUNCTION pay_invoice_from_trust(of_authorization bigint, actor bigint, context jsonb) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT pay_part_from_trust(of_authorization, NULL, actor, context)
$$;

CREATE OR REPLACE TRIGGER keep_fee_authorization BEFORE INSERT OR UPDATE ON disbursements_feeauthorization
  FOR EACH ROW EXECUTE FUNCTION keep_fee_authorization();
ALTER TABLE disbursements_feeauthorization ENABLE ALWAYS TRIGGER keep_fee_authorization;
CREATE OR REPLACE TRIGGER keep_client_answer BEFORE INSERT ON disbursements_clientanswer
  FOR EACH ROW EXECUTE FUNCTION keep_client_answer();
ALTER TABLE disbursements_clientanswer ENABLE ALWAYS TRIGGER keep_client_answer;
CREATE OR REPLACE TRIGGER fee_follows_invoice AFTER INSERT ON ledgers_journalentry
  FOR EACH ROW WHEN (NEW.kind IN ('earned_fee', 'fee_put_back', 'reversal')) EXECUTE FUNCTION fee_follows_invoice();
ALTER TABLE ledgers_journalentry ENABLE ALWAYS TRIGGER fee_follows_invoice;
CREATE OR REPLACE TRIGGER void_ends_fee_authorization AFTER UPDATE ON billing_invoice
  FOR EACH ROW WHEN (NEW.state = 'void' AND OLD.state = 'issued') EXECUTE FUNCTION void_ends_fee_authorization();
ALTER TABLE billing_invoice ENABLE ALWAYS TRIGGER void_ends_fee_authorization;

DO $$ BEGIN
  PERFORM refuse_removals_of('disbursements_feeauthorization'::regclass);
  PERFORM record_changes_of('disbursements_feeauthorization'::regclass);
  PERFORM refuse_changes_of('disbursements_clientanswer'::regclass);
  PERFORM record_changes_of('disbursements_clientanswer'::regclass);
  PERFORM refuse_changes_of('disbursements_feetransfer'::regclass);
END $$;
