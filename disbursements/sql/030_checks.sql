-- Checks: who gets which number, once; what is void or stopped; and that no payment is undone while its check is out.

-- Whether an entry is a payment by check; disbursements.models.BY_CHECK says the same of the kinds.
-- web role may execute
CREATE OR REPLACE FUNCTION paid_by_check(kind text, method text, bank_amount bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
  SELECT method = 'check' AND bank_amount < 0
     AND kind IN ('disbursement', 'return', 'earned_fee', 'firm_funds_withdrawal', 'account_transfer')
$$;

-- The number of an opening check, which the old system's list gave as text; null when it is none.
-- web role may execute
CREATE OR REPLACE FUNCTION opening_check_number(reference text) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT substring(reference FROM '^\s*#?\s*0*([1-9][0-9]{0,9})\s*$')::bigint $$;

-- Whether a number of an account is in use: by a check, whatever its state, or by an opening check of another payment.
CREATE OR REPLACE FUNCTION check_number_in_use(account bigint, asked bigint, for_entry bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM disbursements_check c WHERE c.trust_account_id = account AND c.number = asked)
      OR EXISTS (SELECT 1 FROM ledgers_journalentry e JOIN ledgers_entrytext t ON t.entry_id = e.id
                  WHERE e.trust_account_id = account AND e.kind = 'opening_check' AND e.id IS DISTINCT FROM for_entry
                    AND opening_check_number(t.reference) = asked
                    AND NOT EXISTS (SELECT 1 FROM ledgers_journalentry r WHERE r.reverses_id = e.id))
$$;

-- What a check says is what its payment says; it never changes, and its number is void or stopped once, with a reason.
CREATE OR REPLACE FUNCTION keep_check() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  ending text[] := '{state,ended_by_id,ended_at,reason,bank_reference}';
  e ledgers_journalentry;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF to_jsonb(NEW) - ending IS DISTINCT FROM to_jsonb(OLD) - ending THEN
      PERFORM refuse('check_fixed', jsonb_build_object('number', OLD.number));
    END IF;
    IF OLD.state <> 'issued' OR NEW.state = 'issued' THEN
      PERFORM refuse('check_ended', jsonb_build_object('number', OLD.number, 'state', OLD.state));
    END IF;
    IF cleared_on(OLD.entry_id) IS NOT NULL THEN
      PERFORM refuse('check_cleared', jsonb_build_object('number', OLD.number, 'bank_date', cleared_on(OLD.entry_id)));
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.entry_id IS NULL THEN RETURN NEW; END IF;
  SELECT * INTO e FROM ledgers_journalentry j WHERE j.id = NEW.entry_id;
  IF e.trust_account_id IS DISTINCT FROM NEW.trust_account_id OR NEW.state <> 'issued' OR NEW.amount <> -e.bank_amount
     OR NOT (paid_by_check(e.kind, e.method, e.bank_amount) OR (e.kind = 'opening_check' AND NEW.origin = 'opening')) THEN
    PERFORM refuse('not_paid_by_check', jsonb_build_object('entry', NEW.entry_id));
  END IF;
  IF EXISTS (SELECT 1 FROM ledgers_journalentry r WHERE r.reverses_id = e.id) THEN
    PERFORM refuse('payment_undone', jsonb_build_object('entry', e.id));
  END IF;
  -- A number that was given before may still be recorded; one more check would pay twice.
  IF NEW.origin = 'printed' AND cleared_on(e.id) IS NOT NULL THEN
    PERFORM refuse('payment_cleared', jsonb_build_object('entry', e.id, 'bank_date', cleared_on(e.id)));
  END IF;
  IF NEW.check_date < e.book_date OR NEW.check_date > firm_today() THEN
    PERFORM refuse('check_date_wrong', jsonb_build_object('date', NEW.check_date, 'book_date', e.book_date, 'today', firm_today()));
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER keep_check BEFORE INSERT OR UPDATE ON disbursements_check
  FOR EACH ROW EXECUTE FUNCTION keep_check();
ALTER TABLE disbursements_check ENABLE ALWAYS TRIGGER keep_check;

-- A payment is undone only with its check: while one is out, whoever holds it can still be paid.
CREATE OR REPLACE FUNCTION refuse_undoing_with_check_out(of_entry bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  out_there bigint := (SELECT c.number FROM disbursements_check c WHERE c.entry_id = of_entry AND c.state = 'issued');
BEGIN
  IF out_there IS NOT NULL THEN PERFORM refuse('check_is_out', jsonb_build_object('entry', of_entry, 'number', out_there)); END IF;
END $$;
DROP FUNCTION IF EXISTS refuse_undoing_with_check_out();  -- was a trigger's

-- The bank shows a payment by the check that is in force, no other.
CREATE OR REPLACE FUNCTION refuse_clearing_without_check() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  c record;
BEGIN
  SELECT k.number, k.state INTO c FROM disbursements_check k WHERE k.entry_id = NEW.entry_id ORDER BY k.id DESC LIMIT 1;
  IF c.state <> 'issued' THEN
    PERFORM refuse('check_not_in_force', jsonb_build_object('entry', NEW.entry_id, 'number', c.number, 'state', c.state));
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER check_in_force AFTER INSERT ON ledgers_clearance
  FOR EACH ROW EXECUTE FUNCTION refuse_clearing_without_check();
ALTER TABLE ledgers_clearance ENABLE ALWAYS TRIGGER check_in_force;

-- The ledgers of payments, locked in one order before the account's counter: no payment is undone while it gets a check.
CREATE OR REPLACE FUNCTION hold_ledgers_of(entries bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM refuse_old_snapshot();
  PERFORM 1 FROM ledgers_ledger g WHERE g.id IN (SELECT x.ledger_id FROM ledgers_journalline x WHERE x.entry_id = ANY (entries))
    ORDER BY g.id FOR NO KEY UPDATE;
END $$;

-- Whoever makes checks is a coordinator of the firm, now.
CREATE OR REPLACE FUNCTION refuse_unless_makes_checks(actor bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT coalesce(person_holds(actor, 'coordinator'), false) THEN PERFORM refuse('not_allowed'); END IF;
END $$;

-- A number that somebody typed: free, and near a known one, unless it is said to begin another check book.
CREATE OR REPLACE FUNCTION refuse_odd_number(account bigint, asked bigint, for_entry bigint, first_of_book boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  nearest bigint;
BEGIN
  IF asked IS NULL OR asked NOT BETWEEN 1 AND 9999999999 THEN PERFORM refuse('check_number_wrong', jsonb_build_object('number', asked)); END IF;
  IF check_number_in_use(account, asked, for_entry) THEN
    PERFORM refuse('check_number_taken', jsonb_build_object('number', asked, 'account', (SELECT a.name FROM ledgers_trustaccount a WHERE a.id = account)));
  END IF;
  SELECT known INTO nearest FROM (
    (SELECT c.number AS known FROM disbursements_check c WHERE c.trust_account_id = account AND c.number < asked ORDER BY c.number DESC LIMIT 1)
    UNION ALL (SELECT c.number FROM disbursements_check c WHERE c.trust_account_id = account AND c.number > asked ORDER BY c.number LIMIT 1)
    UNION ALL (SELECT n.next_number FROM disbursements_checknumbering n WHERE n.trust_account_id = account)) k
   ORDER BY abs(known - asked) LIMIT 1;
  IF abs(nearest - asked) > 25 AND NOT first_of_book THEN
    PERFORM refuse('check_number_far', jsonb_build_object('number', asked, 'nearest', nearest));
  END IF;
END $$;

-- The one writer of check numbers. A printed check takes the next number of its account's stock, whose row stays locked until
-- the transaction ends: none is given twice and none is lost. `asked` is the number of a check written by hand, or of the
-- opening import; without an entry the number is recorded as a spoiled blank, with the reason. Answers the check.
CREATE OR REPLACE FUNCTION give_check_number(actor bigint, account bigint, of_entry bigint, how text, asked bigint, on_date date,
  why text, of_batch bigint, first_of_book boolean) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  n disbursements_checknumbering;
  given bigint := asked;
  p record;
  made bigint;
BEGIN
  PERFORM hold_ledgers_of(ARRAY[of_entry]);
  SELECT * INTO n FROM disbursements_checknumbering WHERE trust_account_id = account FOR UPDATE;
  SELECT -e.bank_amount AS amount, t.party, q.address, concat_ws(' · ', s.memo, nullif(t.purpose, ''), nullif(t.reference, '')) AS memo,
      (SELECT c.number FROM disbursements_check c WHERE c.entry_id = e.id AND c.state = 'issued') AS out_there,
      (SELECT c.id FROM disbursements_check c WHERE c.entry_id = e.id ORDER BY c.id DESC LIMIT 1) AS before INTO p
    FROM ledgers_journalentry e JOIN ledgers_entrytext t ON t.entry_id = e.id
    LEFT JOIN disbursements_disbursementrequest r ON r.entry_id = e.id LEFT JOIN disbursements_payee q ON q.id = r.payee_record_id
    LEFT JOIN LATERAL (SELECT string_agg(c.name || ' / ' || m.number || ' ' || m.description, '; ' ORDER BY m.number) AS memo
      FROM ledgers_journalline x JOIN ledgers_ledger l ON l.id = x.ledger_id JOIN ledgers_matter m ON m.id = l.matter_id
      JOIN ledgers_client c ON c.id = m.client_id WHERE x.entry_id = e.id) s ON true
   WHERE e.id = of_entry;
  IF of_entry IS NOT NULL AND (NOT FOUND OR p.amount <= 0) THEN PERFORM refuse('not_paid_by_check', jsonb_build_object('entry', of_entry)); END IF;
  IF p.out_there IS NOT NULL THEN PERFORM refuse('check_is_there', jsonb_build_object('entry', of_entry, 'number', p.out_there)); END IF;
  IF given IS NOT NULL THEN
    PERFORM refuse_odd_number(account, given, of_entry, first_of_book OR how = 'opening');
  ELSE
    IF n.next_number IS NULL THEN
      PERFORM refuse('check_numbering_missing', jsonb_build_object('account', (SELECT a.name FROM ledgers_trustaccount a WHERE a.id = account)));
    END IF;
    given := n.next_number;
    WHILE check_number_in_use(account, given, NULL) LOOP given := given + 1; END LOOP;
    IF given > 9999999999 THEN PERFORM refuse('check_number_wrong', jsonb_build_object('number', given)); END IF;
    UPDATE disbursements_checknumbering SET next_number = given + 1, begins_book = false WHERE trust_account_id = account;
    first_of_book := n.begins_book;
  END IF;
  INSERT INTO disbursements_check (trust_account_id, number, origin, entry_id, batch_id, check_date, amount, payee, payee_address, memo,
    begins_book, replaces_id, state, issued_by_id, issued_at, ended_by_id, ended_at, reason, bank_reference)
  VALUES (account, given, how, of_entry, of_batch, coalesce(on_date, firm_today()), coalesce(p.amount, 0), coalesce(p.party, ''), coalesce(p.address, ''),
    left(coalesce(p.memo, ''), 600), first_of_book, p.before, CASE WHEN of_entry IS NULL THEN 'void' ELSE 'issued' END, actor, firm_now(),
    CASE WHEN of_entry IS NULL THEN actor END, CASE WHEN of_entry IS NULL THEN firm_now() END, coalesce(left(trim(why), 300), ''), '')
  RETURNING id INTO made;
  RETURN made;
END $$;

-- Number the checks of several payments of an account, oldest first, as one batch for the printer. Answers the batch.
-- web role may execute
CREATE OR REPLACE FUNCTION issue_checks(actor bigint, account bigint, entries bigint[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  batch bigint;
  of_entry bigint;
BEGIN
  PERFORM refuse_unless_makes_checks(actor);
  IF coalesce(cardinality(entries), 0) = 0 THEN PERFORM refuse('no_checks_chosen'); END IF;
  PERFORM hold_ledgers_of(entries);
  INSERT INTO disbursements_checkbatch (trust_account_id, made_by_id, made_at) VALUES (account, actor, firm_now()) RETURNING id INTO batch;
  FOR of_entry IN SELECT u.id FROM (SELECT DISTINCT unnest(entries) AS id) u LEFT JOIN ledgers_journalentry e ON e.id = u.id ORDER BY e.book_date, u.id LOOP
    PERFORM give_check_number(actor, account, of_entry, 'printed', NULL, NULL, '', batch, false);
  END LOOP;
  RETURN batch;
END $$;

-- Record the check that somebody wrote by hand for a payment. Answers the check.
-- web role may execute
CREATE OR REPLACE FUNCTION record_written_check(actor bigint, of_entry bigint, asked bigint, on_date date, first_of_book boolean) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM refuse_unless_makes_checks(actor);
  IF asked IS NULL THEN PERFORM refuse('check_number_wrong', jsonb_build_object('number', asked)); END IF;
  RETURN give_check_number(actor, (SELECT e.trust_account_id FROM ledgers_journalentry e WHERE e.id = of_entry), of_entry, 'written', asked, on_date,
    '', NULL, first_of_book);
END $$;

-- Take an outstanding check of the opening import among the checks, with its own number and date. Answers the check.
-- web role may execute
CREATE OR REPLACE FUNCTION take_up_opening_check(actor bigint, of_entry bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  e record;
BEGIN
  PERFORM refuse_unless_makes_checks(actor);
  SELECT j.trust_account_id, j.book_date, j.kind, opening_check_number(t.reference) AS number, t.reference INTO e
    FROM ledgers_journalentry j JOIN ledgers_entrytext t ON t.entry_id = j.id WHERE j.id = of_entry;
  IF e.kind IS DISTINCT FROM 'opening_check' THEN PERFORM refuse('not_paid_by_check', jsonb_build_object('entry', of_entry)); END IF;
  IF e.number IS NULL THEN PERFORM refuse('check_number_wrong', jsonb_build_object('number', e.reference)); END IF;
  RETURN give_check_number(actor, e.trust_account_id, of_entry, 'opening', e.number, e.book_date, '', NULL, true);
END $$;

-- Record a blank check that was spoiled: the next number of the stock, or the one named (of a check book). Answers the check.
-- web role may execute
CREATE OR REPLACE FUNCTION spoil_blank_check(actor bigint, account bigint, asked bigint, why text, first_of_book boolean) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM refuse_unless_makes_checks(actor);
  IF trim(coalesce(why, '')) = '' THEN PERFORM refuse('reason_missing'); END IF;
  RETURN give_check_number(actor, account, NULL, CASE WHEN asked IS NULL THEN 'printed' ELSE 'written' END, asked, NULL, why, NULL, first_of_book);
END $$;

-- Make a check void, or record that its payment was stopped at the bank.
-- web role may execute
CREATE OR REPLACE FUNCTION end_check(actor bigint, the_check bigint, to_state text, why text, bank text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  c disbursements_check;
BEGIN
  PERFORM refuse_unless_makes_checks(actor);
  IF trim(coalesce(why, '')) = '' THEN PERFORM refuse('reason_missing'); END IF;
  PERFORM hold_ledgers_of(ARRAY[(SELECT entry_id FROM disbursements_check WHERE id = the_check)]);
  SELECT * INTO c FROM disbursements_check WHERE id = the_check FOR UPDATE;
  IF c.state <> 'issued' OR to_state = 'issued' THEN
    PERFORM refuse('check_ended', jsonb_build_object('number', c.number, 'state', c.state));
  END IF;
  UPDATE disbursements_check SET state = to_state, ended_by_id = actor, ended_at = firm_now(), reason = left(trim(why), 300),
    bank_reference = left(trim(coalesce(bank, '')), 100) WHERE id = the_check;
END $$;

-- Set the number that is printed next: after every number that was printed. Since when payments wait here is said once.
-- web role may execute
CREATE OR REPLACE FUNCTION set_check_numbering(actor bigint, account bigint, first_number bigint, since date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  n disbursements_checknumbering;
  last_one bigint;
BEGIN
  PERFORM refuse_unless_makes_checks(actor);
  PERFORM refuse_old_snapshot();
  IF first_number IS NULL OR first_number NOT BETWEEN 1 AND 9999999999 THEN
    PERFORM refuse('check_number_wrong', jsonb_build_object('number', first_number));
  END IF;
  SELECT * INTO n FROM disbursements_checknumbering WHERE trust_account_id = account FOR UPDATE;
  SELECT max(c.number) INTO last_one FROM disbursements_check c WHERE c.trust_account_id = account AND c.origin = 'printed';
  IF first_number <= last_one THEN
    PERFORM refuse('check_number_behind', jsonb_build_object('number', first_number, 'last', last_one));
  END IF;
  PERFORM record_event('checks.numbering', 'ledgers_trustaccount', account::text,
    CASE WHEN n.trust_account_id IS NOT NULL THEN jsonb_build_object('next_number', n.next_number, 'since_date', n.since_date) END,
    jsonb_build_object('next_number', first_number, 'since_date', coalesce(since, n.since_date, firm_today())));
  INSERT INTO disbursements_checknumbering AS k (trust_account_id, next_number, since_date, begins_book)
  VALUES (account, first_number, coalesce(since, firm_today()), true)
  ON CONFLICT (trust_account_id) DO UPDATE SET next_number = first_number, since_date = coalesce(since, k.since_date),
    begins_book = k.begins_book OR first_number <> k.next_number;
END $$;

DO $$ BEGIN
  PERFORM refuse_removals_of('disbursements_check'::regclass);
  PERFORM record_changes_of('disbursements_check'::regclass);
  PERFORM refuse_removals_of('disbursements_checkbatch'::regclass);
  PERFORM record_changes_of('disbursements_checkbatch'::regclass);
  PERFORM refuse_removals_of('disbursements_checknumbering'::regclass);
  PERFORM record_changes_of('disbursements_checknumbering'::regclass, quiet => 'next_number,begins_book');
END $$;
