-- The personal links to requests.

-- A link is made for who may decide on an undecided request, and never changes; what happens to it happens once, and only
-- a link that is live is used: not superseded, not expired, its request undecided until this moment (RELIABILITY D16).
CREATE OR REPLACE FUNCTION keep_link() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  moving text[] := '{superseded_at,opened_at,used_at}';
  asked record;
BEGIN
  SELECT r.state, decides_on(NEW.approver_id, r.id) AS may,
         EXISTS (SELECT 1 FROM disbursements_firstapproval f WHERE f.request_id = r.id AND f.approver_id = NEW.approver_id) AS is_first INTO asked
    FROM disbursements_disbursementrequest r WHERE r.id = NEW.request_id;
  IF TG_OP = 'INSERT' THEN
    IF asked.state IS DISTINCT FROM 'awaiting_approval' OR NOT asked.may OR length(NEW.token_hash) <> 64
       OR NEW.superseded_at IS NOT NULL OR NEW.opened_at IS NOT NULL OR NEW.used_at IS NOT NULL THEN
      PERFORM refuse('link_not_issued', jsonb_build_object('state', asked.state));
    END IF;
    RETURN NEW;
  END IF;
  IF to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving OR (OLD.superseded_at IS NOT NULL AND NEW.superseded_at IS DISTINCT FROM OLD.superseded_at)
     OR (OLD.opened_at IS NOT NULL AND NEW.opened_at IS DISTINCT FROM OLD.opened_at)
     OR (OLD.used_at IS NOT NULL AND NEW.used_at IS DISTINCT FROM OLD.used_at) THEN
    PERFORM refuse('link_fixed', jsonb_build_object('request', OLD.request_id));
  END IF;
  IF OLD.used_at IS NULL AND NEW.used_at IS NOT NULL AND (OLD.superseded_at IS NOT NULL OR OLD.expires_at <= firm_now()
      OR asked.state <> 'awaiting_approval' OR NOT (asked.may OR asked.is_first)) THEN
    PERFORM refuse('link_not_live', jsonb_build_object('request', OLD.request_id, 'state', asked.state));
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER keep_link BEFORE INSERT OR UPDATE ON disbursements_approvallink FOR EACH ROW EXECUTE FUNCTION keep_link();
ALTER TABLE disbursements_approvallink ENABLE ALWAYS TRIGGER keep_link;

DO $$ BEGIN
  PERFORM refuse_removals_of('disbursements_approvallink'::regclass);
  PERFORM record_changes_of('disbursements_approvallink'::regclass, hidden => 'token_hash');
END $$;
