-- The documents of requests. A request names them in its content; the approval covers their bytes (I9).

-- A piece is the next of its file, and no piece goes beyond what the file says it is: a whole file never grows.
CREATE OR REPLACE FUNCTION keep_attachment_piece() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  whole bigint := (SELECT a.size FROM disbursements_attachment a WHERE a.id = NEW.attachment_id FOR UPDATE);
  kept record;
BEGIN
  SELECT count(*) AS pieces, coalesce(sum(length(p.data)), 0) AS bytes INTO kept
    FROM disbursements_attachmentpiece p WHERE p.attachment_id = NEW.attachment_id;
  IF NEW.seq <> kept.pieces OR length(NEW.data) = 0 OR kept.bytes + length(NEW.data) > whole THEN
    PERFORM refuse('attachment_fixed', jsonb_build_object('attachment', NEW.attachment_id));
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER keep_attachment_piece BEFORE INSERT ON disbursements_attachmentpiece
  FOR EACH ROW EXECUTE FUNCTION keep_attachment_piece();
ALTER TABLE disbursements_attachmentpiece ENABLE ALWAYS TRIGGER keep_attachment_piece;

-- What a new request names: at most ten files, each once, each whole and with the SHA-256 it claims, uploaded by the
-- requester or taken over from the version it replaces.
CREATE OR REPLACE FUNCTION refuse_attachments(asked disbursements_disbursementrequest) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  before bigint[] := (SELECT r.attachments FROM disbursements_disbursementrequest r WHERE r.id = asked.replaces_id);
  named bigint;
BEGIN
  IF cardinality(asked.attachments) > 10 OR cardinality(asked.attachments)
     <> (SELECT count(DISTINCT x) FROM unnest(asked.attachments) x) THEN
    PERFORM refuse('attachments_too_many', jsonb_build_object('asked', cardinality(asked.attachments)));
  END IF;
  FOREACH named IN ARRAY asked.attachments LOOP
    IF NOT EXISTS (SELECT 1 FROM disbursements_attachment a
        WHERE a.id = named AND (a.uploaded_by_id = asked.requester_id OR a.id = ANY (coalesce(before, '{}')))
          AND a.sha256 = (SELECT encode(sha256(string_agg(p.data, '' ORDER BY p.seq)), 'hex')
                            FROM disbursements_attachmentpiece p WHERE p.attachment_id = a.id)) THEN
      PERFORM refuse('attachment_missing', jsonb_build_object('attachment', named));
    END IF;
  END LOOP;
END $$;

DO $$ BEGIN
  PERFORM refuse_changes_of('disbursements_attachment'::regclass);
  PERFORM refuse_changes_of('disbursements_attachmentpiece'::regclass);
  PERFORM record_changes_of('disbursements_attachment'::regclass);
END $$;
