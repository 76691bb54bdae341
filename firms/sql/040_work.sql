-- The outbox and the two-person rule.

-- Put something into the outbox, in the transaction that did it. The same `dedupe` a second time changes nothing.
CREATE OR REPLACE FUNCTION tell(
    event_kind text, about_type text, about_id text, facts jsonb, dedupe_key text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
-- web role may execute
AS $$
DECLARE
    told bigint;
BEGIN
    INSERT INTO firms_outboxevent (kind, dedupe, subject_type, subject_id, payload, actor_id, created_at)
    VALUES (event_kind, dedupe_key, about_type, about_id, facts,
            NULLIF(current_setting('trustledger.actor', true), '')::bigint, firm_now())
    ON CONFLICT (dedupe) DO NOTHING RETURNING id INTO told;
    RETURN COALESCE(told, (SELECT id FROM firms_outboxevent WHERE dedupe = dedupe_key));
END $$;

-- Whether a person may confirm what the same person proposed: under the recorded solo policy; and the solo policy itself,
-- when the firm has nobody else who could confirm it; another account of the same person is nobody else.
CREATE OR REPLACE FUNCTION may_confirm_own(proposal_kind text, person bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
-- web role may execute
AS $$
    SELECT solo_policy_applies() OR (proposal_kind = 'firm.solo-policy' AND NOT EXISTS (
        SELECT 1 FROM firms_person p WHERE p.is_active AND NOT is_one_person(p.id, person)
          AND roles_held(p.id) && ARRAY['attorney', 'supervisor', 'partner', 'administrator']))
$$;

-- Which roles confirm a kind of proposal; `firms.access` says the same by capabilities.
-- web role may execute
CREATE OR REPLACE FUNCTION proposal_roles(proposal_kind text) RETURNS text[]
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN proposal_kind = 'people.role' THEN '{partner,administrator}'
                WHEN proposal_kind LIKE 'firm.%' THEN '{partner}'
                WHEN proposal_kind IN ('ledgers.release_hold', 'reconciliation.lock_month', 'reconciliation.reopen_month') THEN '{supervisor}'
                ELSE '{supervisor,partner}' END::text[]
$$;

-- Why whoever confirms a proposal cannot do so yet: the role was given after it was proposed, or within 24 hours.
-- web role may execute
CREATE OR REPLACE FUNCTION too_new_to_confirm(proposal bigint, person bigint) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT too_new_to_decide($2, proposal_roles(p.kind), p.proposed_at) FROM firms_proposal p WHERE p.id = $1
$$;

-- A proposal is decided once; both halves by one person only under the recorded solo policy.
CREATE OR REPLACE FUNCTION guard_proposal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    too_new jsonb;
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND OLD.state <> 'proposed'
       AND (NEW.state <> 'confirmed' OR to_jsonb(NEW) - 'result' <> to_jsonb(OLD) - 'result' OR OLD.result IS NOT NULL)) THEN
        RAISE EXCEPTION USING ERRCODE = 'TL001', MESSAGE = 'already_decided',
            DETAIL = json_build_object('proposal', OLD.id, 'state', OLD.state)::text;
    END IF;
    IF TG_OP = 'INSERT' AND NEW.state <> 'proposed' THEN
        RAISE EXCEPTION USING ERRCODE = 'TL001', MESSAGE = 'not_proposed_first', DETAIL = '{}';
    END IF;
    IF NEW.state = 'confirmed' AND NEW.decided_by_id = NEW.proposed_by_id
       AND NOT may_confirm_own(NEW.kind, NEW.decided_by_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'TL001', MESSAGE = 'needs_another_person',
            DETAIL = json_build_object('proposal', OLD.id)::text;
    END IF;
    IF NEW.state = 'confirmed' AND OLD.state = 'proposed' THEN
        PERFORM refuse_one_person_twice(NEW.decided_by_id, NEW.proposed_by_id);
        too_new := too_new_to_confirm(OLD.id, NEW.decided_by_id);
        IF too_new IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'TL001', MESSAGE = 'role_too_new', DETAIL = too_new::text;
        END IF;
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS guard_proposal ON firms_proposal;
CREATE TRIGGER guard_proposal BEFORE INSERT OR UPDATE OR DELETE ON firms_proposal
    FOR EACH ROW EXECUTE FUNCTION guard_proposal();
ALTER TABLE firms_proposal ENABLE ALWAYS TRIGGER guard_proposal;
