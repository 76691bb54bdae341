-- When scheduled work is due, in the firm's own time zone.

-- The latest moment at or before now at which a job of these local times was due, as the text that names its period
-- ("2026-03-09 08:00"); NULL when none was due within `late_at_most`. A job that was missed several times is due once,
-- for the latest. A local time that the clocks skip is due when they have jumped; one that they show twice is due once,
-- because its period has one name.
CREATE OR REPLACE FUNCTION due_period(local_times time[], only_business_days boolean, late_at_most interval) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
-- web role may execute
AS $$
    WITH zone AS MATERIALIZED (
        SELECT COALESCE((SELECT time_zone FROM firms_firm WHERE id = 1), 'America/New_York') AS name
    ), moments AS (
        SELECT (firm_today() - back) + t AS local
        FROM generate_series(0, 1 + extract(day FROM late_at_most)::integer) AS back, unnest(local_times) AS t
    )
    SELECT to_char(local, 'YYYY-MM-DD HH24:MI') FROM moments, zone
    WHERE local AT TIME ZONE zone.name <= firm_now()
      AND local AT TIME ZONE zone.name > firm_now() - late_at_most
      AND (NOT only_business_days OR is_business_day(local::date))
    ORDER BY local DESC LIMIT 1
$$;
