-- Payment of invoices from trust (SPEC flow Earned fee, I4, I8-I10): the attorney's authorization and the client's answer;
-- when both are there a fee follows by itself, at most what is authorized, unpaid and available (029_fees.sql takes it).

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

-- Whether the client was told where the client is reached today: the letter with which the notice began went to the address
-- that the client has now. A notice that began before addresses were kept with it has none, and stands.
CREATE OR REPLACE FUNCTION notice_stands(a disbursements_feeauthorization) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT a.notice_until IS NOT NULL AND (a.notice_address IS NULL OR EXISTS (
    SELECT 1 FROM billing_invoice i JOIN ledgers_matter m ON m.id = i.matter_id JOIN ledgers_client c ON c.id = m.client_id
     WHERE i.id = a.invoice_id AND c.email = a.notice_address))
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
    WHEN NOT notice_stands(a) THEN 'fee_before_letter'
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
  SELECT coalesce(sum(fee_standing(t.entry_id, t.amount)), 0)::bigint
    FROM disbursements_feetransfer t JOIN disbursements_feeauthorization a ON a.id = t.authorization_id
   WHERE a.invoice_id = of_invoice
$$;

-- The last day of the notice is written once for the address that the client has, to an authorization in force whose client may
-- object, and nothing else with it; again only where the earlier letter went to an address that is the client's no more.
CREATE OR REPLACE FUNCTION keep_notice() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  written text[] := '{notice_until,notice_address}';
BEGIN
  IF notice_stands(OLD) OR OLD.condition <> 'notice' OR OLD.ended_at IS NOT NULL
     OR NEW.notice_address IS NULL OR NOT notice_stands(NEW)
     OR to_jsonb(NEW) - written IS DISTINCT FROM to_jsonb(OLD) - written THEN
    PERFORM refuse('fee_authorization_fixed', jsonb_build_object('invoice', invoice_name(OLD.invoice_id)));
  END IF;
  RETURN NEW;
END $$;

-- An authorization is an attorney's spending authority for exactly this invoice, at most what is open of it, of a matter
-- whose invoices are paid from trust; the firm's policy of the day says what the client must do.
CREATE OR REPLACE FUNCTION keep_fee_authorization() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  s ledgers_spendingauthority;
  i billing_invoice;
  of_matter ledgers_matter;
  policy record;
BEGIN
  SELECT * INTO s FROM ledgers_spendingauthority WHERE id = NEW.authority_id;
  PERFORM hold_fee_rows(s.ledger_id, NEW.invoice_id, NULL);
  SELECT * INTO i FROM billing_invoice WHERE id = NEW.invoice_id;
  IF i.state NOT IN ('issued', 'partly_paid') THEN
    PERFORM refuse('fee_invoice_not_open', jsonb_build_object('invoice', invoice_name(i.id), 'state', i.state));
  END IF;
  SELECT * INTO of_matter FROM ledgers_matter WHERE id = i.matter_id;
  IF NOT of_matter.pay_invoices_from_trust THEN
    PERFORM refuse('fee_not_from_trust', jsonb_build_object('invoice', invoice_name(i.id), 'matter', of_matter.number));
  END IF;
  IF NEW.ended_at IS NOT NULL OR NOT is_fee_authority(s, i.issued_by_id, i.number, i.matter_id) THEN
    PERFORM refuse('fee_authority_unlike', jsonb_build_object('invoice', invoice_name(i.id)));
  END IF;
  PERFORM refuse_fee_beyond('invoice', i.id, s.amount, i.total - i.paid);
  PERFORM refuse_one_person(i.id, s.approver_id,
    (SELECT c.recorded_by_id FROM disbursements_clientanswer c WHERE c.invoice_id = i.id ORDER BY c.id DESC LIMIT 1));
  SELECT f.fee_condition, f.fee_notice_days INTO policy FROM firms_firm f;
  NEW.condition := policy.fee_condition;
  NEW.notice_days := CASE policy.fee_condition WHEN 'notice' THEN coalesce(of_matter.notice_period_days, policy.fee_notice_days) END;
  NEW.notice_until := NULL;  -- until the letter to the client has left (begin_notice)
  NEW.notice_address := NULL;
  RETURN NEW;
END $$;

-- Who authorizes the payment is not who records that the client approved it, but under the recorded solo policy (I8).
CREATE OR REPLACE FUNCTION refuse_one_person(of_invoice bigint, attorney bigint, recorder bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF is_one_person(attorney, recorder) AND NOT solo_policy_applies() THEN
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
  PERFORM hold_fee_rows(fee_ledger(NEW.invoice_id), NEW.invoice_id, NULL);
  SELECT * INTO i FROM billing_invoice WHERE id = NEW.invoice_id;
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

-- Write what is paid of an invoice as the journal has it, with the state that goes with it.
CREATE OR REPLACE FUNCTION write_invoice_paid(of_invoice bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE billing_invoice i SET paid = p.cents, version = i.version + 1,
         state = CASE WHEN p.cents = 0 THEN 'issued' WHEN p.cents < i.total THEN 'partly_paid' ELSE 'paid' END
    FROM (SELECT paid_from_trust(of_invoice) AS cents) p WHERE i.id = of_invoice AND i.paid <> p.cents
$$;

-- Nothing is paid for an invoice that became void.
CREATE OR REPLACE FUNCTION void_ends_fee_authorization() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE disbursements_feeauthorization SET ended_at = firm_now(), end_reason = 'The invoice became void'
   WHERE invoice_id = NEW.id AND ended_at IS NULL;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER keep_fee_authorization BEFORE INSERT ON disbursements_feeauthorization
  FOR EACH ROW EXECUTE FUNCTION keep_fee_authorization();
CREATE OR REPLACE TRIGGER keep_notice BEFORE UPDATE ON disbursements_feeauthorization
  FOR EACH ROW WHEN ((OLD.notice_until, OLD.notice_address) IS DISTINCT FROM (NEW.notice_until, NEW.notice_address))
  EXECUTE FUNCTION keep_notice();
CREATE OR REPLACE TRIGGER keep_fee_ending BEFORE UPDATE ON disbursements_feeauthorization
  FOR EACH ROW WHEN ((OLD.notice_until, OLD.notice_address) IS NOT DISTINCT FROM (NEW.notice_until, NEW.notice_address))
  EXECUTE FUNCTION keep_fee_ending('fee_authorization_fixed');
ALTER TABLE disbursements_feeauthorization ENABLE ALWAYS TRIGGER keep_fee_authorization, ENABLE ALWAYS TRIGGER keep_fee_ending,
  ENABLE ALWAYS TRIGGER keep_notice;
CREATE OR REPLACE TRIGGER keep_client_answer BEFORE INSERT ON disbursements_clientanswer
  FOR EACH ROW EXECUTE FUNCTION keep_client_answer();
ALTER TABLE disbursements_clientanswer ENABLE ALWAYS TRIGGER keep_client_answer;
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
