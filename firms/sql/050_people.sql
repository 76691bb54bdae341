-- Roles that approve, sign or administer are never given by one person alone.

CREATE OR REPLACE FUNCTION guard_role_grant() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    founding boolean := NOT EXISTS (SELECT 1 FROM firms_firm WHERE founded_at IS NOT NULL);
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION USING ERRCODE = 'TL001', MESSAGE = 'role_grant_is_history', DETAIL = '{}';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.revoked_at IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'TL001', MESSAGE = 'role_already_revoked',
                DETAIL = json_build_object('role', OLD.role, 'person', OLD.person_id)::text;
        END IF;
        RETURN NEW;
    END IF;
    IF founding THEN
        RETURN NEW;
    END IF;
    IF NEW.granted_by_id IS NULL
       OR (NEW.role IN ('attorney', 'supervisor', 'partner', 'administrator')
           AND NEW.confirmed_by_id IS NULL AND NOT solo_policy_applies()) THEN
        RAISE EXCEPTION USING ERRCODE = 'TL001', MESSAGE = 'role_needs_another_person',
            DETAIL = json_build_object('role', NEW.role, 'person', NEW.person_id)::text;
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS guard_role_grant ON firms_rolegrant;
CREATE TRIGGER guard_role_grant BEFORE INSERT OR UPDATE OR DELETE ON firms_rolegrant
    FOR EACH ROW EXECUTE FUNCTION guard_role_grant();
ALTER TABLE firms_rolegrant ENABLE ALWAYS TRIGGER guard_role_grant;

-- A firm is founded once.
CREATE OR REPLACE FUNCTION guard_firm() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.founded_at IS NOT NULL AND NEW.founded_at IS DISTINCT FROM OLD.founded_at THEN
        RAISE EXCEPTION USING ERRCODE = 'TL001', MESSAGE = 'firm_already_founded', DETAIL = '{}';
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS guard_firm ON firms_firm;
CREATE TRIGGER guard_firm BEFORE UPDATE ON firms_firm FOR EACH ROW EXECUTE FUNCTION guard_firm();
ALTER TABLE firms_firm ENABLE ALWAYS TRIGGER guard_firm;
