-- The personal links by which clients, who have no account here, answer invoices that are to be paid from trust.

-- Why a link cannot be answered by any more, most telling first; null while it can. The pages tell the same.
CREATE OR REPLACE FUNCTION invoice_link_over(k disbursements_invoicelink) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT CASE
    WHEN i.state = 'void' THEN 'void'
    WHEN k.used_at IS NOT NULL THEN 'used'
    WHEN k.superseded_at IS NOT NULL THEN 'superseded'
    WHEN i.state = 'paid' THEN 'paid'
    WHEN a.ended_at IS NOT NULL AND a.ended_by_id IS NULL
         AND EXISTS (SELECT 1 FROM disbursements_feetransfer t WHERE t.authorization_id = a.id) THEN 'transferred'
    WHEN a.ended_at IS NOT NULL OR c.email <> k.address THEN 'withdrawn'
    WHEN (SELECT count(*) FROM disbursements_clientanswer s WHERE s.invoice_id = i.id) > k.answers_before THEN 'answered'
    WHEN k.wrong_codes >= 10 THEN 'locked'
    WHEN k.expires_at <= firm_now() THEN 'expired' END
    FROM billing_invoice i JOIN ledgers_matter m ON m.id = i.matter_id JOIN ledgers_client c ON c.id = m.client_id
    JOIN disbursements_feeauthorization a ON a.id = k.authorization_id WHERE i.id = k.invoice_id
$$;

-- The same, for pages.
-- web role may execute
CREATE OR REPLACE FUNCTION state_of_invoice_link(link bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(invoice_link_over(k), 'live') FROM disbursements_invoicelink k WHERE k.id = link
$$;

-- A link is made for the client of an invoice whose payment is authorized and not approved yet, at the client's address,
-- which is nobody's of the firm; it never changes, what happens to it happens once, and only one that is live is used.
CREATE OR REPLACE FUNCTION keep_invoice_link() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  moving text[] := '{superseded_at,used_at,wrong_codes}';
  said text;
  over text;
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT (client_answer_to(a)).answer INTO said FROM disbursements_feeauthorization a WHERE a.id = NEW.authorization_id;
    SELECT count(*) INTO NEW.answers_before FROM disbursements_clientanswer c WHERE c.invoice_id = NEW.invoice_id;
    IF said = 'approved' OR length(NEW.token_hash) <> 64 OR length(NEW.code_hash) <> 64 OR NEW.wrong_codes <> 0
       OR NEW.superseded_at IS NOT NULL OR NEW.used_at IS NOT NULL OR NOT EXISTS (
         SELECT 1 FROM disbursements_feeauthorization a JOIN billing_invoice i ON i.id = a.invoice_id
           JOIN ledgers_matter m ON m.id = i.matter_id JOIN ledgers_client c ON c.id = m.client_id
          WHERE a.id = NEW.authorization_id AND a.invoice_id = NEW.invoice_id AND a.ended_at IS NULL
            AND i.state IN ('issued', 'partly_paid') AND c.email = NEW.address AND c.email <> ''
            AND NOT is_of_the_firm(c.email)) THEN
      PERFORM refuse('invoice_link_not_issued', jsonb_build_object('invoice', invoice_name(NEW.invoice_id)));
    END IF;
    RETURN NEW;
  END IF;
  IF to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving OR NEW.wrong_codes < OLD.wrong_codes
     OR (OLD.superseded_at IS NOT NULL AND NEW.superseded_at IS DISTINCT FROM OLD.superseded_at)
     OR (OLD.used_at IS NOT NULL AND NEW.used_at IS DISTINCT FROM OLD.used_at) THEN
    PERFORM refuse('invoice_link_fixed', jsonb_build_object('invoice', invoice_name(OLD.invoice_id)));
  END IF;
  over := CASE WHEN OLD.used_at IS NULL AND NEW.used_at IS NOT NULL THEN invoice_link_over(OLD) END;
  IF over IS NOT NULL THEN
    PERFORM refuse('invoice_link_over', jsonb_build_object('invoice', invoice_name(OLD.invoice_id), 'state', over));
  END IF;
  RETURN NEW;
END $$;

-- A letter with a link for this authorization has left to the address that the client has: from that day on the client has the
-- days of notice, once. A letter that is sent again does not begin them anew, but where the earlier one went to an address that
-- was corrected since; one that never left, or that left to an address that is the client's no more, begins nothing.
CREATE OR REPLACE FUNCTION begin_notice(of_authorization bigint, to_address text, left_at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE disbursements_feeauthorization a SET notice_until = firm_date(left_at) + a.notice_days, notice_address = to_address
    FROM billing_invoice i JOIN ledgers_matter m ON m.id = i.matter_id JOIN ledgers_client c ON c.id = m.client_id
   WHERE a.id = of_authorization AND i.id = a.invoice_id AND c.email = to_address AND a.condition = 'notice'
     AND a.notice_days IS NOT NULL AND a.ended_at IS NULL AND NOT notice_stands(a)
     AND EXISTS (SELECT 1 FROM disbursements_invoicelink k WHERE k.authorization_id = a.id AND k.address = to_address)
$$;

CREATE OR REPLACE TRIGGER keep_invoice_link BEFORE INSERT OR UPDATE ON disbursements_invoicelink
  FOR EACH ROW EXECUTE FUNCTION keep_invoice_link();
ALTER TABLE disbursements_invoicelink ENABLE ALWAYS TRIGGER keep_invoice_link;

DO $$ BEGIN
  PERFORM refuse_removals_of('disbursements_invoicelink'::regclass);
  PERFORM record_changes_of('disbursements_invoicelink'::regclass, hidden => 'token_hash,code_hash');
END $$;
