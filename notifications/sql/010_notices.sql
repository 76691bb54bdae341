-- The delivery log.

-- A letter that was sent is a fact: its row never changes again.
CREATE OR REPLACE FUNCTION guard_notice() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state IN ('sent', 'not_mailed') THEN
        RAISE EXCEPTION USING ERRCODE = 'TL001', MESSAGE = 'notice_was_sent',
            DETAIL = json_build_object('notice', OLD.id)::text;
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS guard_notice ON notifications_notice;
CREATE TRIGGER guard_notice BEFORE UPDATE OR DELETE ON notifications_notice
    FOR EACH ROW EXECUTE FUNCTION guard_notice();
ALTER TABLE notifications_notice ENABLE ALWAYS TRIGGER guard_notice;

-- Take one letter that is due, for the time one worker needs to hand it over: another worker may take it only when that
-- time has passed, because then the first one is gone.
CREATE OR REPLACE FUNCTION claim_notice(lease interval) RETURNS SETOF notifications_notice
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
-- web role may execute
AS $$
    UPDATE notifications_notice SET attempts = attempts + 1, next_attempt_at = firm_now() + lease
    WHERE id = (SELECT id FROM notifications_notice
                WHERE state IN ('queued', 'deferred') AND next_attempt_at <= firm_now()
                ORDER BY next_attempt_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING *
$$;
