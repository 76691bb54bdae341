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
