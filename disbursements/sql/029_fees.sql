-- Taking a fee (SPEC flow Earned fee, I4, I8-I10): one mechanism with two documents behind it, an invoice (030_earned_fees.sql) or a
-- settlement statement's fee and costs (036_settlement_payments.sql). Each file says what an authorization of its document asks; how
-- a fee is held, taken, undone and ended is said here. Whoever writes locks in one order: the ledger, then the document.

-- Hold a ledger and then an invoice, or a settlement statement, until the transaction ends.
-- web role may execute
CREATE OR REPLACE FUNCTION hold_fee_rows(of_ledger bigint, of_invoice bigint, of_statement bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM refuse_old_snapshot();
  PERFORM 1 FROM ledgers_ledger l WHERE l.id = of_ledger FOR NO KEY UPDATE;
  PERFORM 1 FROM billing_invoice i WHERE i.id = of_invoice FOR NO KEY UPDATE;
  PERFORM 1 FROM billing_settlementstatement s WHERE s.id = of_statement FOR NO KEY UPDATE;
END $$;

-- The same for what an authorization is of, by its spending authority; the authority as it is then.
-- web role may execute
CREATE OR REPLACE FUNCTION hold_fee(of_authority bigint) RETURNS ledgers_spendingauthority
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  y ledgers_spendingauthority;
BEGIN
  PERFORM hold_fee_rows(x.ledger_id, a.invoice_id, b.statement_id)
    FROM ledgers_spendingauthority x LEFT JOIN disbursements_feeauthorization a ON a.authority_id = x.id
    LEFT JOIN disbursements_settlementauthorization b ON b.authority_id = x.id WHERE x.id = of_authority;
  SELECT * INTO y FROM ledgers_spendingauthority x WHERE x.id = of_authority;
  RETURN y;
END $$;

-- What of a fee stands: what was taken less what was put back; nothing of one that was reversed.
CREATE OR REPLACE FUNCTION fee_standing(of_entry bigint, taken bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN EXISTS (SELECT 1 FROM ledgers_journalentry r WHERE r.reverses_id = of_entry) THEN 0
    ELSE taken - coalesce((SELECT sum(b.bank_amount) FROM ledgers_journalentry b WHERE b.relates_to_id = of_entry AND b.kind = 'fee_put_back'
      AND NOT EXISTS (SELECT 1 FROM ledgers_journalentry r WHERE r.reverses_id = b.id)), 0) END::bigint
$$;

-- What stands behind a spending authority for a fee: the document and its name, the authorization, how many fees were taken under it,
-- what is unpaid of the document by the journal, its first day, and why nothing is taken as things stand (null when something may be).
CREATE OR REPLACE FUNCTION fee_basis(of_authority bigint)
RETURNS TABLE (what text, document bigint, named jsonb, authorized bigint, key text, parts bigint, unpaid bigint, since date, against jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY
  SELECT 'invoice', i.id, jsonb_build_object('invoice', invoice_name(i.id)), a.id, 'fee:' || a.id,
         (SELECT count(*) FROM disbursements_feetransfer t WHERE t.authorization_id = a.id),
         i.total - paid_from_trust(i.id), i.date, fee_objection(a)
    FROM disbursements_feeauthorization a JOIN billing_invoice i ON i.id = a.invoice_id WHERE a.authority_id = of_authority
  UNION ALL
  SELECT 'settlement', s.id, jsonb_build_object('settlement', settlement_name(s.id)), a.id, 'settlement:' || a.id,
         (SELECT count(*) FROM disbursements_settlementtransfer t WHERE t.authorization_id = a.id),
         s.fee + s.costs - settlement_paid(s.id), g.signed_on, settlement_objection(a)
    FROM disbursements_settlementauthorization a JOIN billing_settlementstatement s ON s.id = a.statement_id
    JOIN disbursements_settlementsignature g ON g.statement_id = s.id WHERE a.authority_id = of_authority;
END $$;

-- Whether a spending authority is an unused one for a fee out of a ledger of this matter to an account of the firm, and names this document.
CREATE OR REPLACE FUNCTION is_fee_authority(y ledgers_spendingauthority, issuer bigint, number text, of_matter bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(y.kind = 'earned_fee' AND y.voided_at IS NULL AND y.used_amount = 0 AND y.operating_account_id IS NOT NULL
    AND y.requester_id = issuer AND y.reference = number
    AND EXISTS (SELECT 1 FROM ledgers_ledger l WHERE l.id = y.ledger_id AND l.matter_id = of_matter), false)
$$;

-- More than is unpaid of a document is refused.
CREATE OR REPLACE FUNCTION refuse_fee_beyond(what text, document bigint, cents bigint, unpaid bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF cents > unpaid AND what = 'invoice' THEN
    PERFORM refuse('fee_over_invoice', jsonb_build_object('invoice', invoice_name(document), 'asked', cents, 'open', unpaid));
  ELSIF cents > unpaid THEN
    PERFORM refuse('fee_over_settlement', jsonb_build_object('settlement', settlement_name(document), 'wanted', cents, 'left', unpaid));
  END IF;
END $$;

-- An authorization only ever ends, once, and its spending authority with it; the trigger names the refusal.
CREATE OR REPLACE FUNCTION keep_fee_ending() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  ended text[] := '{ended_at,ended_by_id,end_reason}';
BEGIN
  IF OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR to_jsonb(NEW) - ended IS DISTINCT FROM to_jsonb(OLD) - ended THEN
    PERFORM refuse(TG_ARGV[0], (SELECT d.named FROM fee_basis(OLD.authority_id) d));
  END IF;
  NEW.ended_at := firm_now();
  PERFORM void_authority(OLD.authority_id, NEW.end_reason);
  RETURN NEW;
END $$;

-- End the authorization behind a spending authority, if it is in force.
CREATE OR REPLACE FUNCTION end_fee(of_authority bigint, why text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE disbursements_feeauthorization SET ended_at = firm_now(), end_reason = why WHERE authority_id = of_authority AND ended_at IS NULL;
  UPDATE disbursements_settlementauthorization SET ended_at = firm_now(), end_reason = why WHERE authority_id = of_authority AND ended_at IS NULL;
END $$;

-- I10, whoever posts: a fee is taken for a document that an attorney authorized, when nothing is against it, on or after its first
-- day, at most what is unpaid of it.
CREATE OR REPLACE FUNCTION take_fee(entry ledgers_journalentry) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  y ledgers_spendingauthority := hold_fee(entry.authority_id);
  d record;
BEGIN
  SELECT * INTO d FROM fee_basis(y.id);
  IF NOT FOUND THEN PERFORM refuse('fee_without_invoice', jsonb_build_object('authority', entry.authority_id)); END IF;
  IF d.against IS NOT NULL THEN PERFORM refuse(d.against ->> 'code', d.against -> 'facts'); END IF;
  IF entry.book_date < d.since AND d.what = 'invoice' THEN
    PERFORM refuse('fee_before_invoice', d.named || jsonb_build_object('date', entry.book_date, 'invoice_date', d.since));
  ELSIF entry.book_date < d.since THEN
    PERFORM refuse('fee_before_signature', d.named || jsonb_build_object('date', entry.book_date, 'signed', d.since));
  END IF;
  PERFORM refuse_fee_beyond(d.what, d.document, -entry.bank_amount, d.unpaid);
  IF d.what = 'invoice' THEN
    INSERT INTO disbursements_feetransfer (authorization_id, entry_id, part, amount)
    VALUES (d.authorized, entry.id, d.parts + 1, -entry.bank_amount);
    PERFORM write_invoice_paid(d.document);
  ELSE
    INSERT INTO disbursements_settlementtransfer (authorization_id, entry_id, part, amount)
    VALUES (d.authorized, entry.id, d.parts + 1, -entry.bank_amount);
  END IF;
  IF y.used_amount = y.amount THEN PERFORM end_fee(y.id, 'Transferred'); END IF;
END $$;

-- I10 again, when a fee is undone, or its being put back is: what was taken is then still at most what the document says, and nothing of
-- a void one. A fee that is put back ends whatever authorization of the document is in force: to take it again is a new decision.
CREATE OR REPLACE FUNCTION undo_fee(entry ledgers_journalentry) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  of_fee bigint := coalesce(entry.reverses_id, entry.relates_to_id);
  y ledgers_spendingauthority;
  d record;
BEGIN
  of_fee := coalesce((SELECT b.relates_to_id FROM ledgers_journalentry b WHERE b.id = of_fee AND b.kind = 'fee_put_back'), of_fee);
  y := hold_fee((SELECT e.authority_id FROM ledgers_journalentry e WHERE e.id = of_fee AND e.kind = 'earned_fee'));
  SELECT * INTO d FROM fee_basis(y.id);
  IF NOT FOUND THEN RETURN; END IF;
  PERFORM refuse_fee_beyond(d.what, d.document, -entry.bank_amount, d.unpaid - entry.bank_amount);
  IF d.what = 'invoice' THEN
    PERFORM write_invoice_paid(d.document);
  ELSIF EXISTS (SELECT 1 FROM billing_settlementstatement s WHERE s.id = d.document AND s.state = 'void' AND settlement_paid(s.id) > 0) THEN
    PERFORM refuse('settlement_not_payable', d.named || jsonb_build_object('state', 'void'));
  END IF;
  IF entry.kind = 'fee_put_back' THEN
    PERFORM end_fee(a.authority_id, 'Fee put back') FROM disbursements_feeauthorization a
      WHERE d.what = 'invoice' AND a.invoice_id = d.document AND a.ended_at IS NULL;
    PERFORM end_fee(b.authority_id, 'Fee put back') FROM disbursements_settlementauthorization b
      WHERE d.what = 'settlement' AND b.statement_id = d.document AND b.ended_at IS NULL;
  END IF;
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

-- Take the fee of an authorized document: what is authorized, unpaid, available and asked for (null: all), the least of
-- them, through the pen. Answers the entry; nothing when there is nothing to take now. Two at once wait for each other:
-- the second finds the rest.
-- web role may execute
CREATE OR REPLACE FUNCTION pay_from_trust(of_authority bigint, at_most bigint, actor bigint, context jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  y ledgers_spendingauthority := hold_fee(of_authority);
  l ledgers_ledger;
  d record;
  cents bigint;
BEGIN
  SELECT * INTO l FROM ledgers_ledger WHERE id = y.ledger_id;
  SELECT * INTO d FROM fee_basis(y.id);
  IF NOT FOUND THEN PERFORM refuse('fee_without_invoice', jsonb_build_object('authority', of_authority)); END IF;
  IF d.against IS NOT NULL THEN PERFORM refuse(d.against ->> 'code', d.against -> 'facts'); END IF;
  cents := least(y.amount - y.used_amount, d.unpaid, l.balance - held_amount(l.id), at_most);
  IF cents <= 0 THEN RETURN NULL; END IF;
  RETURN (SELECT p.ids[1] FROM post_entries(actor, d.key || ':' || d.parts + 1, jsonb_build_array(jsonb_build_object(
    'kind', 'earned_fee', 'account', l.trust_account_id, 'date', firm_today(), 'method', y.method, 'authority', y.id,
    'lines', jsonb_build_array(jsonb_build_object('ledger', l.id, 'amount', -cents)),
    'content_hash', encode(y.content_hash, 'hex'), 'operating_account', y.operating_account_id,
    'bank_item', open_transfer_batch(l.trust_account_id, y.operating_account_id, actor),
    'text', jsonb_build_object('party', y.payee, 'purpose', y.purpose, 'reference', y.reference))), context) p);
END $$;

-- What follows here from an entry of the books: its fee is its document's, and no payment is undone while its check is out. One
-- trigger for all of it, and a WHEN that compares nothing, since every posting reads it anew: a fee has an authority, what undoes one names an entry.
CREATE OR REPLACE FUNCTION money_out_follows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.kind = 'reversal' THEN PERFORM refuse_undoing_with_check_out(NEW.reverses_id); END IF;
  IF NEW.kind = 'earned_fee' THEN PERFORM take_fee(NEW);
  ELSIF NEW.kind IN ('fee_put_back', 'reversal') THEN PERFORM undo_fee(NEW); END IF;
  RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS fee_follows_invoice ON ledgers_journalentry;
DROP TRIGGER IF EXISTS fee_follows_document ON ledgers_journalentry;
DROP TRIGGER IF EXISTS check_not_out ON ledgers_journalentry;
DROP FUNCTION IF EXISTS fee_follows_document();
CREATE OR REPLACE TRIGGER money_out_follows AFTER INSERT ON ledgers_journalentry
  FOR EACH ROW WHEN (NEW.authority_id IS NOT NULL OR NEW.relates_to_id IS NOT NULL OR NEW.reverses_id IS NOT NULL) EXECUTE FUNCTION money_out_follows();
ALTER TABLE ledgers_journalentry ENABLE ALWAYS TRIGGER money_out_follows;
