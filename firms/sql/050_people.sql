-- Roles, limits and policies that need two people.

-- Whether two people have just decided exactly this: a proposal of the kind, confirmed in the last minutes, whose content
-- holds these values. `decider` is who confirmed it; null when one person did both under the solo policy.
CREATE OR REPLACE FUNCTION decided_by_two(proposal_kind text, holds jsonb, proposer bigint, decider bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM firms_proposal p
        WHERE p.kind = proposal_kind AND p.state = 'confirmed' AND p.content @> holds
          AND p.decided_at > firm_now() - interval '5 minutes'
          AND (proposer IS NULL OR p.proposed_by_id = proposer)
          AND (p.solo OR decider IS NULL OR p.decided_by_id = decider))
$$;

-- A role that approves, signs or administers is given as two people have just decided; a grant is history, never removed.
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
           AND ((NEW.confirmed_by_id IS NULL AND NOT solo_policy_applies())
                OR NOT decided_by_two('people.role', jsonb_build_object('person', NEW.person_id, 'role', NEW.role),
                                      NEW.granted_by_id, NEW.confirmed_by_id))) THEN
        RAISE EXCEPTION USING ERRCODE = 'TL001', MESSAGE = 'role_needs_another_person',
            DETAIL = json_build_object('role', NEW.role, 'person', NEW.person_id)::text;
    END IF;
    NEW.granted_at := firm_now();  -- from here its first 24 hours run (role_decides)
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS guard_role_grant ON firms_rolegrant;
CREATE TRIGGER guard_role_grant BEFORE INSERT OR UPDATE OR DELETE ON firms_rolegrant
    FOR EACH ROW EXECUTE FUNCTION guard_role_grant();
ALTER TABLE firms_rolegrant ENABLE ALWAYS TRIGGER guard_role_grant;

-- A firm is founded once; from then on limits and policies change only as two people have decided.
CREATE OR REPLACE FUNCTION guard_firm() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    policy text;
    decided jsonb;
BEGIN
    IF OLD.founded_at IS NULL THEN
        RETURN NEW;
    END IF;
    IF NEW.founded_at IS DISTINCT FROM OLD.founded_at THEN
        RAISE EXCEPTION USING ERRCODE = 'TL001', MESSAGE = 'firm_already_founded', DETAIL = '{}';
    END IF;
    FOREACH policy IN ARRAY ARRAY['time_zone', 'hold_days_wire', 'hold_days_cash', 'hold_days_ach', 'hold_days_check',
        'hold_days_cashiers_check', 'hold_days_foreign_check', 'deficit_stops_account', 'two_attorneys_above_cents',
        'device_decides_up_to_cents', 'fee_condition', 'fee_notice_days', 'fees_distributed_by_hand']
    LOOP
        CONTINUE WHEN to_jsonb(NEW) -> policy = to_jsonb(OLD) -> policy;
        decided := jsonb_build_object('after', jsonb_build_object(policy, to_jsonb(NEW) -> policy));
        IF NOT decided_by_two('firm.policies', decided, NULL, NULL) THEN
            RAISE EXCEPTION USING ERRCODE = 'TL001', MESSAGE = 'policy_needs_another_person',
                DETAIL = json_build_object('policy', policy)::text;
        END IF;
    END LOOP;
    IF NEW.solo_policy_at IS NOT NULL AND NEW.solo_policy_at IS DISTINCT FROM OLD.solo_policy_at
       AND NOT decided_by_two('firm.solo-policy', jsonb_build_object('reason', NEW.solo_policy_reason), NULL, NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'TL001', MESSAGE = 'policy_needs_another_person',
            DETAIL = json_build_object('policy', 'solo_policy')::text;
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS guard_firm ON firms_firm;
CREATE TRIGGER guard_firm BEFORE UPDATE ON firms_firm FOR EACH ROW EXECUTE FUNCTION guard_firm();
ALTER TABLE firms_firm ENABLE ALWAYS TRIGGER guard_firm;
