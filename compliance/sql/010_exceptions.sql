-- Exceptions.

-- What is resolved stays as it was resolved: the history is evidence. A new occurrence is a new row.
CREATE OR REPLACE FUNCTION guard_exception() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state = 'resolved' THEN
        RAISE EXCEPTION USING ERRCODE = 'TL001', MESSAGE = 'exception_already_resolved',
            DETAIL = json_build_object('exception', OLD.id)::text;
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS guard_exception ON compliance_trustexception;
CREATE TRIGGER guard_exception BEFORE UPDATE OR DELETE ON compliance_trustexception
    FOR EACH ROW EXECUTE FUNCTION guard_exception();
ALTER TABLE compliance_trustexception ENABLE ALWAYS TRIGGER guard_exception;
