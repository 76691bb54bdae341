-- Seals: a hash over everything written since the seal before, chained; taken by one job, beside the postings.

-- The hash of a stretch of the books: the lines by id and the audit links by place, behind the seal before.
-- web role may execute
CREATE OR REPLACE FUNCTION seal_hash(before bytea, after_line bigint, up_to_line bigint, after_audit bigint, up_to_audit bigint) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT sha256(before
    || sha256(coalesce((SELECT string_agg(hash, ''::bytea ORDER BY id) FROM ledgers_journalline WHERE id > after_line AND id <= up_to_line), ''))
    || sha256(coalesce((SELECT string_agg(hash, ''::bytea ORDER BY seq) FROM firms_auditlink WHERE seq > after_audit AND seq <= up_to_audit), '')))
$$;

-- Seal what no transaction that is still running can precede. Answers the seal's number; NULL when a transaction runs for longer
-- than five seconds (the next call seals it) or when there is nothing new.
-- web role may execute
CREATE OR REPLACE FUNCTION seal_books() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  last_seal ledgers_seal;
  line_now bigint;
  audit_now bigint;
  writing text[];
  sealed bigint;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('seal_books')) THEN RETURN NULL; END IF;
  SELECT * INTO last_seal FROM ledgers_seal ORDER BY id DESC LIMIT 1;
  SELECT max(id) INTO line_now FROM ledgers_journalline;
  SELECT max(seq) INTO audit_now FROM firms_auditlink;
  line_now := greatest(coalesce(line_now, 0), coalesce(last_seal.up_to_line, 0));
  audit_now := greatest(coalesce(audit_now, 0), coalesce(last_seal.up_to_audit, 0));
  IF line_now = coalesce(last_seal.up_to_line, 0) AND audit_now = coalesce(last_seal.up_to_audit, 0) THEN RETURN NULL; END IF;
  -- A line's id is taken while its transaction holds the lock of a writer on the table, until it ends. When all that hold
  -- it now have ended, no line with a lower id can appear any more.
  writing := ARRAY(SELECT k.virtualtransaction FROM pg_locks k WHERE k.relation = 'ledgers_journalline'::regclass
    AND k.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
    AND k.mode = 'RowExclusiveLock' AND k.pid <> pg_backend_pid());
  FOR pause IN 1..50 LOOP
    EXIT WHEN NOT EXISTS (SELECT FROM pg_locks k WHERE k.virtualtransaction = ANY (writing) AND k.relation = 'ledgers_journalline'::regclass);
    IF pause = 50 THEN RETURN NULL; END IF;
    PERFORM pg_sleep(0.1);
  END LOOP;
  INSERT INTO ledgers_seal (sealed_at, up_to_line, up_to_audit, line_total, hash)
  VALUES (firm_now(), line_now, audit_now,
    coalesce(last_seal.line_total, 0) + (SELECT count(*) FROM ledgers_journalline WHERE id > coalesce(last_seal.up_to_line, 0) AND id <= line_now),
    seal_hash(coalesce(last_seal.hash, ''), coalesce(last_seal.up_to_line, 0), line_now, coalesce(last_seal.up_to_audit, 0), audit_now))
  RETURNING id INTO sealed;
  RETURN sealed;
END $$;

-- A finding stops every voluntary outflow of the firm until two people let it go on.
-- web role may execute
CREATE OR REPLACE FUNCTION stop_disbursements(because text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE firms_firm SET disbursements_stopped_at = firm_now(), disbursements_stopped_reason = left(because, 500)
   WHERE disbursements_stopped_at IS NULL
$$;

-- web role may execute
CREATE OR REPLACE FUNCTION resume_disbursements(actor bigint, second bigint, because text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF coalesce(trim(because), '') = '' THEN PERFORM refuse('reason_missing'); END IF;
  IF NOT is_second_person(actor, second) OR NOT (person_holds(second, 'supervisor') OR person_holds(second, 'partner')) THEN
    PERFORM refuse('second_person_needed', jsonb_build_object('what', 'resume_disbursements'));
  END IF;
  UPDATE firms_firm SET disbursements_stopped_at = NULL, disbursements_stopped_reason = '';
END $$;

-- Whoever may edit the firm's settings may not lift a stop by the way: only the two functions above do, as the owner.
CREATE OR REPLACE FUNCTION guard_stop() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF (NEW.disbursements_stopped_at, NEW.disbursements_stopped_reason)
     IS DISTINCT FROM (OLD.disbursements_stopped_at, OLD.disbursements_stopped_reason)
     AND current_user <> (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = TG_RELID) THEN
    PERFORM refuse('stop_is_lifted_by_two_people');
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER guard_stop BEFORE UPDATE ON firms_firm FOR EACH ROW EXECUTE FUNCTION guard_stop();
ALTER TABLE firms_firm ENABLE ALWAYS TRIGGER guard_stop;
