-- The one clock and the bank calendar.

-- The instant by which every rule, expiry and record goes. In test and demonstration databases only, the owner
-- replaces it by variants/firm_now_settable.sql; integrity reports that variant if it is left in.
-- Nothing is pinned here, every name is written in full instead: so it is one expression wherever it is asked, and free.
CREATE OR REPLACE FUNCTION firm_now() RETURNS timestamptz
LANGUAGE sql STABLE
-- web role may execute
AS $$ SELECT pg_catalog.statement_timestamp() $$;

-- Today's date in a time zone.
CREATE OR REPLACE FUNCTION date_in(zone text) RETURNS date
LANGUAGE sql STABLE
AS $$ SELECT (firm_now() AT TIME ZONE COALESCE(zone, 'America/New_York'))::date $$;

-- Today's date where the firm is.
CREATE OR REPLACE FUNCTION firm_today() RETURNS date
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
-- web role may execute
AS $$
    SELECT date_in((SELECT time_zone FROM firms_firm WHERE id = 1))
$$;

-- The date of a moment where the firm is.
CREATE OR REPLACE FUNCTION firm_date(moment timestamptz) RETURNS date
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
-- web role may execute
AS $$
    SELECT (moment AT TIME ZONE COALESCE((SELECT time_zone FROM firms_firm WHERE id = 1), 'America/New_York'))::date
$$;

-- Whether the Federal Reserve is open: no Saturday, Sunday or holiday.
CREATE OR REPLACE FUNCTION is_business_day(day date) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
-- web role may execute
AS $$
    SELECT extract(isodow FROM day) < 6 AND NOT EXISTS (SELECT 1 FROM firms_bankholiday h WHERE h.date = day)
$$;

-- The day that lies `days` business days after `day`. A day that is no business day first moves to the next one
-- (12 CFR 229.19(a): money received on such a day counts as deposited on the next), so 0 days is the same day if it is
-- a business day, else the next; Saturday + 1 is Tuesday. Negative counts go back in the same way.
CREATE OR REPLACE FUNCTION add_business_days(day date, days integer) RETURNS date
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
-- web role may execute
AS $$
    SELECT d FROM (
        SELECT day + step * CASE WHEN days < 0 THEN -1 ELSE 1 END AS d, step
        FROM generate_series(0, abs(days) * 2 + 14) AS step
    ) AS span
    WHERE extract(isodow FROM d) < 6 AND NOT EXISTS (SELECT 1 FROM firms_bankholiday h WHERE h.date = d)
    ORDER BY step OFFSET abs(days) LIMIT 1
$$;

-- How many business days lie after `first_day`, up to and including `last_day` (0 when it is not later).
CREATE OR REPLACE FUNCTION business_days_between(first_day date, last_day date) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
-- web role may execute
AS $$
    SELECT count(*)::integer FROM generate_series(1, last_day - first_day) AS step
    WHERE extract(isodow FROM first_day + step) < 6
      AND NOT EXISTS (SELECT 1 FROM firms_bankholiday h WHERE h.date = first_day + step)
$$;

-- How many business hours lie between two moments: 8:00 to 18:00 where the firm is, on business days (SPEC flow Balance
-- monitoring). What comes on Friday at 17:00 has waited two of them on Monday at 9:00.
CREATE OR REPLACE FUNCTION business_hours_between(from_time timestamptz, to_time timestamptz) RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
-- web role may execute
AS $$
    SELECT coalesce(round(sum(extract(epoch FROM least(span.until, day + interval '18 hours') - greatest(span.since, day + interval '8 hours')))
             / 3600, 4), 0)
      FROM (SELECT from_time AT TIME ZONE f.time_zone AS since, to_time AT TIME ZONE f.time_zone AS until
              FROM firms_firm f WHERE f.id = 1) span,
           generate_series(date_trunc('day', span.since), span.until, interval '1 day') day
     WHERE is_business_day(day::date) AND span.since < span.until AND span.since < day + interval '18 hours' AND span.until > day + interval '8 hours'
$$;
