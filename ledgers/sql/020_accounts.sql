-- Trust accounts: their special ledgers and months are born with them; none is an operating account.

-- Month rows from the account's opening to 24 months after today (I7: a missing month takes no entry).
-- web role may execute
-- web role may execute
CREATE OR REPLACE FUNCTION open_months(account bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO ledgers_month (trust_account_id, first_day, state)
  SELECT a.id, m::date, 'open'
    FROM ledgers_trustaccount a,
         generate_series(date_trunc('month', a.opened_date), date_trunc('month', firm_today()) + interval '24 months', '1 month') m
   WHERE a.id = account
     AND NOT EXISTS (SELECT 1 FROM ledgers_month x WHERE x.trust_account_id = a.id AND x.first_day = m::date)
$$;

-- What a trust account is born with: its special ledgers and its months.
CREATE OR REPLACE FUNCTION trust_account_opened() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' AND NEW.kind <> 'individual' THEN
    INSERT INTO ledgers_ledger (trust_account_id, kind, balance, deficit, line_count, head_hash, opened_at)
    SELECT NEW.id, k, 0, 0, 0, '', firm_now() FROM unnest(ARRAY['firm_funds', 'unidentified', 'interest_due']) k;
  END IF;
  -- An open month before a locked one would let entries in behind what was signed.
  IF TG_OP = 'UPDATE' AND NEW.opened_date < OLD.opened_date AND EXISTS (
      SELECT 1 FROM ledgers_month m WHERE m.trust_account_id = NEW.id AND m.state = 'locked') THEN
    PERFORM refuse('account_opening_fixed', jsonb_build_object('name', NEW.name, 'opened', OLD.opened_date));
  END IF;
  PERFORM open_months(NEW.id);
  RETURN NULL;
END $$;

-- The same number at the bank cannot be a trust account and an operating account.
CREATE OR REPLACE FUNCTION never_an_operating_account() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF (TG_TABLE_NAME = 'ledgers_trustaccount'
      AND EXISTS (SELECT 1 FROM ledgers_operatingaccount o WHERE o.number_fingerprint = NEW.number_fingerprint))
     OR (TG_TABLE_NAME = 'ledgers_operatingaccount'
         AND EXISTS (SELECT 1 FROM ledgers_trustaccount t WHERE t.number_fingerprint = NEW.number_fingerprint)) THEN
    PERFORM refuse('account_is_operating', jsonb_build_object('name', NEW.name));
  END IF;
  IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'ledgers_trustaccount' THEN
    IF to_jsonb(NEW) ->> 'kind' <> to_jsonb(OLD) ->> 'kind'
       OR to_jsonb(NEW) ->> 'client_id' IS DISTINCT FROM to_jsonb(OLD) ->> 'client_id' THEN
      PERFORM refuse('account_kind_fixed', jsonb_build_object('name', NEW.name));
    END IF;
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER opened AFTER INSERT OR UPDATE OF opened_date ON ledgers_trustaccount
  FOR EACH ROW EXECUTE FUNCTION trust_account_opened();
ALTER TABLE ledgers_trustaccount ENABLE ALWAYS TRIGGER opened;
CREATE OR REPLACE TRIGGER not_operating BEFORE INSERT OR UPDATE ON ledgers_trustaccount
  FOR EACH ROW EXECUTE FUNCTION never_an_operating_account();
ALTER TABLE ledgers_trustaccount ENABLE ALWAYS TRIGGER not_operating;
CREATE OR REPLACE TRIGGER not_trust BEFORE INSERT OR UPDATE ON ledgers_operatingaccount
  FOR EACH ROW EXECUTE FUNCTION never_an_operating_account();
ALTER TABLE ledgers_operatingaccount ENABLE ALWAYS TRIGGER not_trust;

-- The client ledger of a matter in an account; opened if it is not there yet and the matter may use the account.
-- web role may execute
CREATE OR REPLACE FUNCTION client_ledger(account bigint, of_matter bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  the_ledger bigint;
  a record;
BEGIN
  SELECT id INTO the_ledger FROM ledgers_ledger WHERE trust_account_id = account AND matter_id = of_matter;
  IF the_ledger IS NOT NULL THEN RETURN the_ledger; END IF;
  SELECT t.kind, t.client_id, t.name, m.client_id AS matter_client, m.number INTO a
    FROM ledgers_trustaccount t, ledgers_matter m WHERE t.id = account AND m.id = of_matter;
  IF NOT FOUND THEN PERFORM refuse('no_such_ledger', jsonb_build_object('account', account, 'matter', of_matter)); END IF;
  IF a.kind = 'individual' AND a.client_id <> a.matter_client THEN
    PERFORM refuse('account_of_another_client', jsonb_build_object('account', a.name, 'matter', a.number));
  END IF;
  IF NOT EXISTS (SELECT 1 FROM ledgers_matteraccount x
                  WHERE x.matter_id = of_matter AND x.trust_account_id = account AND x.is_active) THEN
    PERFORM refuse('matter_not_in_account', jsonb_build_object('account', a.name, 'matter', a.number));
  END IF;
  INSERT INTO ledgers_ledger (trust_account_id, kind, matter_id, balance, deficit, line_count, head_hash, opened_at)
  VALUES (account, 'client', of_matter, 0, 0, 0, '', firm_now())
  ON CONFLICT (trust_account_id, matter_id) WHERE kind = 'client' DO NOTHING RETURNING id INTO the_ledger;
  IF the_ledger IS NULL THEN
    SELECT id INTO the_ledger FROM ledgers_ledger WHERE trust_account_id = account AND matter_id = of_matter;
  END IF;
  RETURN the_ledger;
END $$;
