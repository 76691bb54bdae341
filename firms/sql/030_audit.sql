-- Who did what, when, from where, and what it was before: written in the same transaction, chained at commit.

-- A guard for append-only tables: nobody changes or removes a row, the owner and replica sessions included.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'TL000', MESSAGE = 'never_changed',
        DETAIL = json_build_object('table', TG_TABLE_NAME, 'operation', lower(TG_OP))::text;
END $$;

-- Put the guard on a table:  SELECT refuse_changes_of('ledgers_journalline');
CREATE OR REPLACE FUNCTION refuse_changes_of(guarded regclass) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format('DROP TRIGGER IF EXISTS refuse_change ON %s', guarded);
    EXECUTE format('DROP TRIGGER IF EXISTS refuse_truncate ON %s', guarded);
    EXECUTE format('CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON %s
                    FOR EACH ROW EXECUTE FUNCTION refuse_change()', guarded);
    EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', guarded);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER refuse_change, ENABLE ALWAYS TRIGGER refuse_truncate', guarded);
END $$;

-- The commitment to what an event says: without the salt nobody can guess short texts from it.
CREATE OR REPLACE FUNCTION audit_commitment(salt bytea, before jsonb, after jsonb) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
    SELECT sha256(salt || convert_to(COALESCE(before::text, '') || E'\x1f' || COALESCE(after::text, ''), 'UTF8'))
$$;

-- The hash over everything an event states about itself.
CREATE OR REPLACE FUNCTION audit_content_hash(e firms_auditevent) RETURNS bytea
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT sha256(convert_to(concat_ws(E'\x1f', e.id::text,
        to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), COALESCE(e.actor_id::text, '-'), e.source,
        COALESCE(host(e.address), '-'), e.request_id, e.database_role, e.action, e.subject_type, e.subject_id,
        e.row_count::text, encode(e.commitment, 'hex')), 'UTF8'))
$$;

-- Write one event. The actor, the address and the request come from firms.audit.acting(); outside it (psql) the
-- source is 'database' and the database role stands for the actor.
CREATE OR REPLACE FUNCTION write_audit_event(
    act text, subject_kind text, subject_key text, before jsonb, after jsonb, rows_touched integer
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    e firms_auditevent;
    salt bytea := uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
BEGIN
    e.id := nextval(pg_get_serial_sequence('firms_auditevent', 'id'));
    e.at := firm_now();
    e.actor_id := NULLIF(current_setting('trustledger.actor', true), '')::bigint;
    e.source := COALESCE(NULLIF(current_setting('trustledger.source', true), ''), 'database');
    e.address := NULLIF(current_setting('trustledger.address', true), '')::inet;
    e.request_id := COALESCE(current_setting('trustledger.request_id', true), '');
    e.database_role := session_user;
    e.action := act;
    e.subject_type := subject_kind;
    e.subject_id := subject_key;
    e.row_count := rows_touched;
    e.transaction_number := pg_current_xact_id()::text::bigint;
    e.commitment := audit_commitment(salt, before, after);
    e.content_hash := audit_content_hash(e);
    INSERT INTO firms_auditevent SELECT e.*;
    INSERT INTO firms_auditdetail (event_id, salt, before, after) VALUES (e.id, salt, before, after);
    RETURN e.id;
END $$;

-- A named event (a sign-in, an export, a look at a walled matter).
CREATE OR REPLACE FUNCTION record_event(act text, subject_kind text, subject_key text, before jsonb, after jsonb)
RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
-- web role may execute
AS $$ SELECT write_audit_event(act, subject_kind, subject_key, before, after, 1) $$;

-- Every change of a table, whoever makes it. Up to 50 rows each get an event with what changed; more get one event
-- with their number and a digest over all of them.
-- Arguments: the key column, columns whose change is no event, columns whose value is not shown (comma separated).
CREATE OR REPLACE FUNCTION record_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    key_column text := TG_ARGV[0];
    quiet text[] := string_to_array(TG_ARGV[1], ',');
    hidden text[] := string_to_array(TG_ARGV[2], ',');
    befores jsonb[];
    afters jsonb[];
    changed integer;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT count(*), array_agg(to_jsonb(n)), array_agg(NULL::jsonb) INTO changed, afters, befores FROM new_rows n;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT count(*), array_agg(to_jsonb(o)), array_agg(NULL::jsonb) INTO changed, befores, afters FROM old_rows o;
    ELSE
        SELECT count(*), array_agg(b), array_agg(a) INTO changed, befores, afters FROM (
            SELECT o.j AS b, n.j AS a
            FROM (SELECT to_jsonb(x) AS j FROM old_rows x) o
            FULL JOIN (SELECT to_jsonb(x) AS j FROM new_rows x) n ON n.j ->> key_column = o.j ->> key_column
            WHERE o.j - quiet IS DISTINCT FROM n.j - quiet
        ) AS pairs;
    END IF;
    IF changed > 50 THEN
        PERFORM write_audit_event(lower(TG_OP), TG_TABLE_NAME, '', NULL, jsonb_build_object('rows', changed, 'digest',
            (SELECT encode(sha256(convert_to(string_agg(COALESCE(p.b::text, '') || E'\x1f' || COALESCE(p.a::text, ''),
                E'\x1e' ORDER BY COALESCE(p.a, p.b) ->> key_column), 'UTF8')), 'hex')
             FROM unnest(befores, afters) AS p(b, a))), changed);
    ELSE
        PERFORM write_audit_event(lower(TG_OP), TG_TABLE_NAME, COALESCE(p.a, p.b) ->> key_column,
            audit_shown(p.b, p.a, hidden), audit_shown(p.a, p.b, hidden), 1)
        FROM unnest(befores, afters) WITH ORDINALITY AS p(b, a, place) ORDER BY p.place;
    END IF;
    RETURN NULL;
END $$;

-- The columns of a row that differ from the other one (all of them when there is no other), secrets blotted out.
CREATE OR REPLACE FUNCTION audit_shown(side jsonb, other jsonb, hidden text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
    SELECT CASE WHEN side IS NULL THEN NULL ELSE (
        SELECT COALESCE(jsonb_object_agg(c.key, CASE WHEN c.key = ANY (hidden) THEN '"(hidden)"'::jsonb ELSE c.value END), '{}')
        FROM jsonb_each(side) AS c
        WHERE other IS NULL OR other -> c.key IS DISTINCT FROM c.value) END
$$;

-- Record every change of a table from now on:
--   SELECT record_changes_of('ledgers_matter');
--   SELECT record_changes_of('firms_person', quiet => 'last_login', hidden => 'password');
CREATE OR REPLACE FUNCTION record_changes_of(recorded regclass, quiet text DEFAULT '', hidden text DEFAULT '') RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    key_column text;
    operation text;
    tables text;
BEGIN
    SELECT a.attname INTO STRICT key_column FROM pg_index i
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indrelid = recorded AND i.indisprimary;
    FOREACH operation IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE'] LOOP
        tables := CASE operation WHEN 'INSERT' THEN 'NEW TABLE AS new_rows' WHEN 'DELETE' THEN 'OLD TABLE AS old_rows'
                  ELSE 'OLD TABLE AS old_rows NEW TABLE AS new_rows' END;
        EXECUTE format('DROP TRIGGER IF EXISTS record_%s ON %s', lower(operation), recorded);
        EXECUTE format('CREATE TRIGGER record_%s AFTER %s ON %s REFERENCING %s FOR EACH STATEMENT
                        EXECUTE FUNCTION record_change(%L, %L, %L)',
                       lower(operation), operation, recorded, tables, key_column, quiet, hidden);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER record_%s', recorded, lower(operation));
    END LOOP;
END $$;

-- At commit: the first event of the transaction links all of them, in order, behind the head of the chain. Only here
-- is the head's row locked, so that the chain never makes two transactions wait while they work.
CREATE OR REPLACE FUNCTION link_audit_events() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    head firms_auditchain;
    event record;
    next_hash bytea;
BEGIN
    IF EXISTS (SELECT 1 FROM firms_auditlink WHERE event_id = NEW.id) THEN
        RETURN NULL;
    END IF;
    SELECT * INTO head FROM firms_auditchain WHERE id = 1 FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO firms_auditchain (id, seq, hash) VALUES (1, 0, sha256('TrustLedger')) RETURNING * INTO head;
    END IF;
    FOR event IN
        SELECT e.id, e.content_hash FROM firms_auditevent e
        WHERE e.id >= NEW.id AND e.transaction_number = NEW.transaction_number
          AND NOT EXISTS (SELECT 1 FROM firms_auditlink l WHERE l.event_id = e.id)
        ORDER BY e.id
    LOOP
        next_hash := sha256(head.hash || event.content_hash);
        head.seq := head.seq + 1;
        INSERT INTO firms_auditlink (seq, event_id, previous_hash, hash)
        VALUES (head.seq, event.id, head.hash, next_hash);
        head.hash := next_hash;
    END LOOP;
    UPDATE firms_auditchain SET seq = head.seq, hash = head.hash WHERE id = 1;
    RETURN NULL;
END $$;

INSERT INTO firms_auditchain (id, seq, hash) VALUES (1, 0, sha256('TrustLedger')) ON CONFLICT DO NOTHING;

DROP TRIGGER IF EXISTS link_audit_events ON firms_auditevent;
CREATE CONSTRAINT TRIGGER link_audit_events AFTER INSERT ON firms_auditevent
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION link_audit_events();
ALTER TABLE firms_auditevent ENABLE ALWAYS TRIGGER link_audit_events;

SELECT refuse_changes_of('firms_auditevent');
SELECT refuse_changes_of('firms_auditdetail');
SELECT refuse_changes_of('firms_auditlink');

-- The first place where the audit trail is not what was written (no row: it is whole).
CREATE OR REPLACE FUNCTION verify_audit_chain() RETURNS TABLE (seq bigint, event_id bigint, problem text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
-- web role may execute
AS $$
    WITH links AS (
        SELECT l.seq, l.event_id, l.previous_hash, l.hash,
               lag(l.hash, 1, sha256('TrustLedger')) OVER w AS expected_previous,
               lag(l.seq, 1, 0::bigint) OVER w + 1 AS expected_seq
        FROM firms_auditlink l WINDOW w AS (ORDER BY l.seq)
    ), findings AS (
        SELECT l.seq, l.event_id, CASE
            WHEN l.seq <> l.expected_seq THEN 'a link before this one is missing'
            WHEN l.previous_hash <> l.expected_previous THEN 'this link does not follow the one before'
            WHEN e.id IS NULL THEN 'the event of this link is missing'
            WHEN e.content_hash <> audit_content_hash(e) THEN 'the event was changed'
            WHEN l.hash <> sha256(l.previous_hash || e.content_hash) THEN 'this link was changed'
            WHEN d.event_id IS NULL THEN 'what the event recorded is missing'
            WHEN e.commitment <> audit_commitment(d.salt, d.before, d.after) THEN 'what the event recorded was changed'
        END AS problem
        FROM links l LEFT JOIN firms_auditevent e ON e.id = l.event_id
        LEFT JOIN firms_auditdetail d ON d.event_id = l.event_id
        UNION ALL
        SELECT GREATEST(c.seq, last.seq), NULL, 'the chain does not end where it was left'
        FROM (SELECT max(seq) AS seq FROM firms_auditlink) AS newest
        LEFT JOIN firms_auditlink last ON last.seq = newest.seq
        LEFT JOIN firms_auditchain c ON c.id = 1
        WHERE COALESCE(c.seq, 0) <> COALESCE(last.seq, 0) OR (last.seq > 0 AND c.hash IS DISTINCT FROM last.hash)
        UNION ALL
        SELECT NULL, e.id, 'the event was never linked' FROM firms_auditevent e
        WHERE e.transaction_number < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
          AND NOT EXISTS (SELECT 1 FROM firms_auditlink l WHERE l.event_id = e.id)
    )
    SELECT f.seq, f.event_id, f.problem FROM findings f WHERE f.problem IS NOT NULL
    ORDER BY f.seq NULLS LAST, f.event_id LIMIT 1
$$;
