-- Settlement statements: the client's signature (SPEC flow Earned fee, contingency; I9, I10).

-- Whether a file is whole and was uploaded by this person.
CREATE OR REPLACE FUNCTION is_whole_file_of(file bigint, uploader bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM disbursements_attachment a WHERE a.id = file AND a.uploaded_by_id = uploader
    AND a.sha256 = (SELECT encode(sha256(string_agg(p.data, '' ORDER BY p.seq)), 'hex')
                      FROM disbursements_attachmentpiece p WHERE p.attachment_id = a.id))
$$;

-- A signature is recorded by a coordinator, under an issued statement of a matter that is not closed, for the content it has, with
-- the signed paper.
CREATE OR REPLACE FUNCTION keep_settlement_signature() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  s billing_settlementstatement;
  m record;
BEGIN
  PERFORM refuse_old_snapshot();
  SELECT * INTO s FROM billing_settlementstatement b WHERE b.id = NEW.statement_id FOR NO KEY UPDATE;
  IF s.state <> 'issued' THEN
    PERFORM refuse('settlement_not_to_sign', jsonb_build_object('settlement', settlement_name(s.id), 'state', s.state));
  END IF;
  SELECT x.number, x.status, x.closed_date INTO m FROM ledgers_matter x WHERE x.id = s.matter_id;
  IF m.status = 'closed' THEN
    PERFORM refuse('settlement_matter_closed', jsonb_build_object('matter', m.number, 'closed', m.closed_date));
  END IF;
  IF NEW.content_hash <> s.content_hash OR s.content_hash <> settlement_hash(s) THEN
    PERFORM refuse('settlement_paper_unlike', jsonb_build_object('settlement', settlement_name(s.id)));
  END IF;
  IF NEW.signed_on < s.date OR NEW.signed_on > firm_today() THEN
    PERFORM refuse('settlement_signed_when', jsonb_build_object('date', NEW.signed_on, 'from', s.date, 'today', firm_today()));
  END IF;
  IF NOT person_holds(NEW.recorded_by_id, 'coordinator') THEN
    PERFORM refuse('settlement_not_recorded', jsonb_build_object('settlement', settlement_name(s.id)));
  END IF;
  IF NOT is_whole_file_of(NEW.attachment_id, NEW.recorded_by_id) THEN
    PERFORM refuse('attachment_missing', jsonb_build_object('attachment', NEW.attachment_id));
  END IF;
  NEW.at := firm_now();
  RETURN NEW;
END $$;

-- With the signature the statement is signed.
CREATE OR REPLACE FUNCTION sign_settlement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE billing_settlementstatement SET state = 'signed', version = version + 1 WHERE id = NEW.statement_id;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER keep_settlement_signature BEFORE INSERT ON disbursements_settlementsignature
  FOR EACH ROW EXECUTE FUNCTION keep_settlement_signature();
CREATE OR REPLACE TRIGGER sign_settlement AFTER INSERT ON disbursements_settlementsignature
  FOR EACH ROW EXECUTE FUNCTION sign_settlement();
ALTER TABLE disbursements_settlementsignature ENABLE ALWAYS TRIGGER keep_settlement_signature, ENABLE ALWAYS TRIGGER sign_settlement;

DO $$ BEGIN
  PERFORM refuse_changes_of('disbursements_settlementsignature'::regclass);
  PERFORM record_changes_of('disbursements_settlementsignature'::regclass);
END $$;
