-- Test and demonstration databases only: the clock that `SET trustledger.now` moves. Never in production.
CREATE OR REPLACE FUNCTION firm_now() RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = public, pg_temp
-- web role may execute
AS $$ SELECT COALESCE(NULLIF(current_setting('trustledger.now', true), '')::timestamptz, statement_timestamp()) $$;
