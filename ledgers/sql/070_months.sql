-- The month lock (I7).

-- Lock the earliest open month of an account: prepared by one person, locked by another, a trust supervisor.
-- web role may execute
CREATE OR REPLACE FUNCTION lock_month(account bigint, month date, preparer bigint, supervisor bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  m ledgers_month;
  balance bigint;
  earlier date;
BEGIN
  PERFORM refuse_old_snapshot();
  -- Waits for every posting that is under way; the sum below sees them all, and the next one sees the month locked.
  PERFORM pg_advisory_xact_lock(months_key(account));
  SELECT * INTO m FROM ledgers_month x WHERE x.trust_account_id = account AND x.first_day = month FOR UPDATE;
  IF NOT FOUND THEN PERFORM refuse('no_such_month', jsonb_build_object('month', month)); END IF;
  IF m.state = 'locked' THEN PERFORM refuse('month_already_locked', jsonb_build_object('month', month)); END IF;
  IF (month + interval '1 month')::date > firm_today() THEN PERFORM refuse('month_not_over', jsonb_build_object('month', month)); END IF;
  SELECT min(x.first_day) INTO earlier FROM ledgers_month x WHERE x.trust_account_id = account AND x.state = 'open' AND x.first_day < month;
  IF earlier IS NOT NULL THEN PERFORM refuse('earlier_month_open', jsonb_build_object('month', month, 'earlier', earlier)); END IF;
  IF NOT is_second_person(preparer, supervisor) OR NOT person_holds(supervisor, 'supervisor') THEN
    PERFORM refuse('second_person_needed', jsonb_build_object('what', 'lock_month'));
  END IF;
  SELECT book_balance(account, (month + interval '1 month')::date - 1) INTO balance;
  UPDATE ledgers_month SET state = 'locked', prepared_by_id = preparer, locked_by_id = supervisor, locked_at = firm_now(),
         book_balance = balance WHERE id = m.id;
  PERFORM open_months(account);
  RETURN balance;
END $$;

-- Open again the latest locked month: a reason and a second person. (Later months must be opened first.)
-- web role may execute
CREATE OR REPLACE FUNCTION reopen_month(account bigint, month date, actor bigint, second bigint, because text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  m ledgers_month;
BEGIN
  PERFORM refuse_old_snapshot();
  PERFORM pg_advisory_xact_lock(months_key(account));
  SELECT * INTO m FROM ledgers_month x WHERE x.trust_account_id = account AND x.first_day = month FOR UPDATE;
  IF NOT FOUND OR m.state <> 'locked' THEN PERFORM refuse('month_not_locked', jsonb_build_object('month', month)); END IF;
  IF EXISTS (SELECT 1 FROM ledgers_month x WHERE x.trust_account_id = account AND x.state = 'locked' AND x.first_day > month) THEN
    PERFORM refuse('later_month_locked', jsonb_build_object('month', month));
  END IF;
  IF coalesce(trim(because), '') = '' THEN PERFORM refuse('reason_missing'); END IF;
  IF NOT is_second_person(actor, second) OR NOT (person_holds(actor, 'supervisor') OR person_holds(second, 'supervisor')) THEN
    PERFORM refuse('second_person_needed', jsonb_build_object('what', 'reopen_month'));
  END IF;
  UPDATE ledgers_month SET state = 'open', prepared_by_id = NULL, locked_by_id = NULL, locked_at = NULL, book_balance = NULL WHERE id = m.id;
END $$;

-- The book balance of a trust account at the end of a day: the sum of bank amounts, from the last locked month onward.
-- web role may execute
CREATE OR REPLACE FUNCTION book_balance(account bigint, on_date date) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH base AS (
    SELECT (first_day + interval '1 month')::date AS after, book_balance AS balance FROM ledgers_month
     WHERE trust_account_id = account AND state = 'locked' AND (first_day + interval '1 month')::date - 1 <= on_date
     ORDER BY first_day DESC LIMIT 1)
  SELECT (coalesce((SELECT balance FROM base), 0) + coalesce((SELECT sum(bank_amount) FROM ledgers_journalentry
     WHERE trust_account_id = account AND book_date <= on_date
       AND book_date >= coalesce((SELECT after FROM base), '-infinity'::date)), 0))::bigint
$$;
