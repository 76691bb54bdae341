-- Who holds which role now.

-- The roles that active people hold at firm_now(): granted, not revoked, not past their last day.
CREATE OR REPLACE VIEW role_held AS
    SELECT g.person_id, g.role FROM firms_rolegrant g JOIN firms_person p ON p.id = g.person_id
     WHERE p.is_active AND g.granted_at <= firm_now() AND (g.revoked_at IS NULL OR g.revoked_at > firm_now())
       AND (g.expires_on IS NULL OR g.expires_on >= firm_today());

-- Whether a person holds the role now.
CREATE OR REPLACE FUNCTION person_holds(person bigint, role_name text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
-- web role may execute
AS $$ SELECT EXISTS (SELECT 1 FROM role_held h WHERE h.person_id = person AND h.role = role_name) $$;

-- Whether the firm has recorded, in two steps, that one person may do both halves of a two-person rule.
CREATE OR REPLACE FUNCTION solo_policy_applies() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
-- web role may execute
AS $$ SELECT EXISTS (SELECT 1 FROM firms_firm WHERE id = 1 AND solo_policy_at IS NOT NULL) $$;

-- The roles a person holds now; none when deactivated.
CREATE OR REPLACE FUNCTION roles_held(person bigint) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
-- web role may execute
AS $$ SELECT COALESCE(array_agg(h.role::text ORDER BY h.role), '{}') FROM role_held h WHERE h.person_id = person $$;

-- Whether somebody decides by a role on what was asked at a moment: the role was given before, and 24 hours ago or more, so
-- that nobody is made an approver for one payment. What the firm's first people hold, given by nobody at its founding
-- (guard_role_grant), decides at once. Asked 'infinity': whether the role would decide if it were not new.
-- web role may execute
CREATE OR REPLACE FUNCTION role_decides(person bigint, role_name text, asked_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM role_held h JOIN firms_rolegrant g ON g.person_id = h.person_id AND g.role = h.role
         WHERE h.person_id = person AND h.role = role_name AND g.revoked_at IS NULL
           AND (g.granted_by_id IS NULL OR asked_at = 'infinity'
                OR (g.granted_at <= asked_at AND g.granted_at + interval '24 hours' <= firm_now())))
$$;

-- Which of these roles somebody holds and cannot decide by yet, on what was asked at a moment: since when it is held and
-- from when on it decides; of several the one that decides first. Null where a role decides, or none is held.
-- web role may execute
CREATE OR REPLACE FUNCTION too_new_to_decide(person bigint, roles text[], asked_at timestamptz) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT jsonb_build_object('role', h.role, 'given', g.granted_at, 'decides_from', g.granted_at + interval '24 hours',
                              'asked_at', asked_at)
      FROM role_held h JOIN firms_rolegrant g ON g.person_id = h.person_id AND g.role = h.role AND g.revoked_at IS NULL
     WHERE h.person_id = person AND h.role = ANY (roles)
       AND NOT EXISTS (SELECT 1 FROM unnest(roles) r WHERE role_decides(person, r, asked_at))
     ORDER BY g.granted_at LIMIT 1
$$;
