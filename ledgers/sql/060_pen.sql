-- The pen: the only writer of the journal. One call is one command; all its entries post or none does.

-- Move one ledger: its balance, its days, its chain. Returns the deficit that the move leaves where there was less.
CREATE OR REPLACE FUNCTION pen_move(l ledgers_ledger, cents bigint, on_date date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  new_balance bigint := l.balance + cents;
  shortfall bigint := 0;
BEGIN
  IF l.last_activity_date IS NULL OR on_date >= l.last_activity_date THEN
    INSERT INTO ledgers_ledgerday (ledger_id, date, balance, deficit)
    VALUES (l.id, on_date, new_balance, greatest(0, -new_balance))
    ON CONFLICT (ledger_id, date) DO UPDATE SET balance = new_balance, deficit = greatest(0, -new_balance);
    IF cents < 0 THEN shortfall := greatest(0, -new_balance); END IF;
  ELSE
    INSERT INTO ledgers_ledgerday (ledger_id, date, balance, deficit)
    SELECT l.id, on_date, b, greatest(0, -b) FROM (SELECT coalesce((SELECT d.balance FROM ledgers_ledgerday d
        WHERE d.ledger_id = l.id AND d.date < on_date ORDER BY d.date DESC LIMIT 1), 0) + cents AS b) n
    ON CONFLICT (ledger_id, date) DO UPDATE SET balance = ledgers_ledgerday.balance + cents,
      deficit = greatest(0, -(ledgers_ledgerday.balance + cents));
    UPDATE ledgers_ledgerday SET balance = balance + cents, deficit = greatest(0, -(balance + cents))
     WHERE ledger_id = l.id AND date > on_date;
    IF cents < 0 THEN
      SELECT greatest(0, max(deficit)) INTO shortfall FROM ledgers_ledgerday WHERE ledger_id = l.id AND date >= on_date;
    END IF;
  END IF;
  RETURN shortfall;
END $$;

-- The hold on money not yet collected (SPEC flow Receipt): by method, in business days from the deposit date.
CREATE OR REPLACE FUNCTION pen_hold_uncollected(this_entry bigint, actor bigint, method text, on_date date, lines pen_line[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  days int;
  until date;
BEGIN
  IF method <> 'card' THEN
    SELECT CASE method WHEN 'wire' THEN hold_days_wire WHEN 'cash' THEN hold_days_cash WHEN 'ach' THEN hold_days_ach
      WHEN 'check' THEN hold_days_check WHEN 'cashiers_check' THEN hold_days_cashiers_check ELSE hold_days_foreign_check END
      INTO days FROM firms_firm;
    IF days = 0 THEN RETURN; END IF;
    until := add_business_days(on_date, days);
    IF until <= firm_today() THEN RETURN; END IF;
  END IF;
  INSERT INTO ledgers_hold (ledger_id, kind, amount, reason, entry_id, until_date, placed_by_id, placed_at, release_evidence)
  SELECT x.ledger, 'uncollected', x.amount, 'Uncollected ' || replace(method, '_', ' '), this_entry, until, actor, firm_now(), ''
    FROM unnest(lines) x;
END $$;

-- When a receipt is returned or reversed, what was held of it is no longer there to hold.
CREATE OR REPLACE FUNCTION pen_unhold_returned(of_entry bigint, this_entry bigint, actor bigint, lines pen_line[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH gone AS (
    UPDATE ledgers_hold h SET released_at = firm_now(), released_by_id = actor, release_evidence = 'Entry ' || this_entry
      FROM unnest(lines) x WHERE h.entry_id = of_entry AND h.ledger_id = x.ledger AND h.released_at IS NULL
    RETURNING h.*, x.amount AS moved)
  INSERT INTO ledgers_hold (ledger_id, kind, amount, reason, entry_id, until_date, placed_by_id, placed_at, release_evidence)
  SELECT ledger_id, kind, amount + moved, reason, entry_id, until_date, placed_by_id, firm_now(), '' FROM gone WHERE amount + moved > 0
$$;

-- Post one entry of a command. Its ledgers are locked already.
CREATE OR REPLACE FUNCTION pen_post(command bigint, actor bigint, e jsonb, lines pen_line[], context jsonb, link bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  kind text := e ->> 'kind';
  on_date date := (e ->> 'date')::date;
  method text := coalesce(e ->> 'method', 'internal');
  second bigint := (e ->> 'second_person')::bigint;
  words jsonb := coalesce(e -> 'text', '{}');
  bank bigint := (SELECT sum(x.amount) FROM unnest(lines) x);
  account record;
  month_state text;
  l ledgers_ledger;
  x pen_line;
  authority_id bigint;
  salt bytea := uuid_send(gen_random_uuid());
  commitment bytea;
  entry_hash bytea;
  link_hash bytea;
  this_entry bigint := nextval(pg_get_serial_sequence('ledgers_journalentry', 'id'));
  now_at timestamptz := firm_now();
  shortfall bigint := 0;
  takes_authority boolean := kind IN ('disbursement', 'earned_fee', 'matter_transfer', 'account_transfer', 'return', 'firm_funds_withdrawal');
  involuntary boolean := kind IN ('returned_receipt', 'bank_charge', 'bank_event', 'reversal', 'opening_balance');
BEGIN
  SELECT a.id, a.kind, a.name, a.opened_date, a.closed_date INTO account FROM ledgers_trustaccount a WHERE a.id = (e ->> 'account')::bigint;
  IF NOT FOUND THEN PERFORM refuse('no_such_account', jsonb_build_object('account', e ->> 'account')); END IF;
  IF on_date IS NULL OR on_date > firm_today() THEN
    PERFORM refuse('dated_in_future', jsonb_build_object('date', on_date, 'today', firm_today()));
  END IF;
  IF account.closed_date IS NOT NULL AND on_date > account.closed_date THEN
    PERFORM refuse('account_closed', jsonb_build_object('account', account.name, 'closed', account.closed_date));
  END IF;
  -- Lock the month's row itself, whatever its state: a filter on "open" would lock nothing while it is being locked.
  SELECT m.state INTO month_state FROM ledgers_month m
   WHERE m.trust_account_id = account.id AND m.first_day = date_trunc('month', on_date)::date FOR SHARE;
  IF month_state IS DISTINCT FROM 'open' THEN
    PERFORM refuse('month_locked', jsonb_build_object('account', account.name, 'date', on_date, 'state', coalesce(month_state, 'missing')));
  END IF;
  PERFORM pen_check_words(kind, method, words);
  PERFORM pen_check_relation(e, lines);
  IF kind IN ('returned_receipt', 'bank_event', 'opening_balance', 'opening_check') AND NOT is_second_person(actor, second) THEN
    PERFORM refuse('second_person_needed', jsonb_build_object('what', kind));
  END IF;
  IF (bank = 0) <> (kind = 'matter_transfer') AND kind NOT IN ('reversal', 'deficit_cure') THEN
    PERFORM refuse('entry_not_balanced', jsonb_build_object('kind', kind, 'bank_amount', bank));
  END IF;
  IF kind = 'reversal' THEN method := (SELECT o.method FROM ledgers_journalentry o WHERE o.id = (e ->> 'reverses')::bigint); END IF;
  IF e ->> 'bank_item' IS NOT NULL THEN PERFORM pen_check_bank_item((e ->> 'bank_item')::bigint, account.id, kind); END IF;

  commitment := sha256(salt || convert_to(jsonb_build_array(coalesce(words ->> 'party', ''), coalesce(words ->> 'purpose', ''),
    coalesce(words ->> 'reference', ''), coalesce(words ->> 'memo', ''), coalesce(words ->> 'advice', ''), coalesce(words ->> 'reason', ''))::text, 'UTF8'));
  IF takes_authority AND NOT (kind = 'account_transfer' AND link IS NOT NULL) THEN
    SELECT u.ledger, u.amount INTO x FROM unnest(lines) u WHERE u.amount < 0;
    IF (SELECT count(*) FROM unnest(lines) u WHERE u.amount < 0) <> 1 THEN PERFORM refuse('one_source_only', jsonb_build_object('kind', kind)); END IF;
    IF kind = 'matter_transfer' AND (SELECT array_agg(u.ledger) FROM unnest(lines) u WHERE u.amount > 0)
        IS DISTINCT FROM ARRAY[(e ->> 'destination_ledger')::bigint] THEN
      PERFORM refuse('not_what_was_approved', jsonb_build_object('authority', e ->> 'authority'));
    END IF;
    authority_id := (pen_consume_authority(e, x.ledger, -x.amount, actor)).id;
  END IF;

  entry_hash := entry_content_hash(this_entry, kind, account.id, on_date, bank, method, actor, second, now_at,
    (e ->> 'reverses')::bigint, (e ->> 'relates_to')::bigint, link, authority_id, (e ->> 'bank_item')::bigint,
    (e ->> 'operating_account')::bigint, context ->> 'address', context ->> 'request_id', commitment);
  INSERT INTO ledgers_journalentry (id, command_id, kind, trust_account_id, book_date, bank_amount, method, actor_id, second_person_id,
    posted_at, source_address, request_id, reverses_id, relates_to_id, linked_to_id, authority_id, bank_item_id, operating_account_id,
    text_commitment, hash)
  VALUES (this_entry, command, kind, account.id, on_date, bank, method, actor, second, now_at,
    (context ->> 'address')::inet, coalesce(context ->> 'request_id', ''), (e ->> 'reverses')::bigint, (e ->> 'relates_to')::bigint, link,
    authority_id, (e ->> 'bank_item')::bigint, (e ->> 'operating_account')::bigint, commitment, entry_hash);
  INSERT INTO ledgers_entrytext (entry_id, party, purpose, reference, memo, advice, reason, salt)
  VALUES (this_entry, coalesce(words ->> 'party', ''), coalesce(words ->> 'purpose', ''), coalesce(words ->> 'reference', ''),
    coalesce(words ->> 'memo', ''), coalesce(words ->> 'advice', ''), coalesce(words ->> 'reason', ''), salt);

  FOREACH x IN ARRAY lines LOOP
    SELECT * INTO l FROM ledgers_ledger WHERE id = x.ledger;
    IF l.trust_account_id IS DISTINCT FROM account.id THEN
      PERFORM refuse('no_such_ledger', jsonb_build_object('ledger', x.ledger, 'account', account.id));
    END IF;
    PERFORM pen_check_line(kind, account.kind, l, x.amount);
    IF x.amount < 0 AND NOT involuntary THEN
      IF takes_authority THEN PERFORM refuse_if_spending_stopped(l); END IF;
      PERFORM pen_check_funds(l, -x.amount, on_date);
    END IF;
    shortfall := shortfall + pen_move(l, x.amount, on_date);
    link_hash := line_hash(l.head_hash, entry_hash, l.id, l.line_count + 1, x.amount, on_date);
    INSERT INTO ledgers_journalline (entry_id, ledger_id, seq, amount, book_date, hash)
    VALUES (this_entry, l.id, l.line_count + 1, x.amount, on_date, link_hash);
    UPDATE ledgers_ledger SET balance = balance + x.amount, deficit = greatest(0, -(balance + x.amount)), line_count = line_count + 1,
      head_hash = link_hash, last_activity_date = greatest(last_activity_date, on_date) WHERE id = l.id;
  END LOOP;
  IF shortfall > 0 AND NOT is_second_person(actor, second) THEN
    PERFORM refuse('deficit_needs_second_person', jsonb_build_object('kind', kind, 'shortfall', shortfall));
  END IF;
  IF kind = 'receipt' THEN PERFORM pen_hold_uncollected(this_entry, actor, method, on_date, lines); END IF;
  IF kind IN ('returned_receipt', 'reversal') THEN
    PERFORM pen_unhold_returned(coalesce((e ->> 'reverses')::bigint, (e ->> 'relates_to')::bigint), this_entry, actor, lines);
  END IF;
  RETURN this_entry;
END $$;

-- Begin a command, or find it given already. Answers (id, whether it was given before).
-- web role may execute
CREATE OR REPLACE FUNCTION begin_command(actor bigint, command_key text, content jsonb, OUT command bigint, OUT given boolean, OUT answer jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  asked bytea := sha256(convert_to(content::text, 'UTF8'));
  was bytea;
BEGIN
  IF coalesce(trim(command_key), '') = '' THEN PERFORM refuse('key_missing'); END IF;
  INSERT INTO ledgers_command (actor_id, key, content_hash, given_at) VALUES (actor, command_key, asked, firm_now())
  ON CONFLICT (actor_id, key) DO NOTHING RETURNING id INTO command;
  given := command IS NULL;
  IF given THEN
    SELECT c.id, c.content_hash, c.result INTO command, was, answer FROM ledgers_command c WHERE c.actor_id = actor AND c.key = command_key;
    IF was <> asked THEN PERFORM refuse('key_reused', jsonb_build_object('key', command_key)); END IF;
  END IF;
END $$;

-- Keep the answer of a command that posts no entry.
-- web role may execute
CREATE OR REPLACE FUNCTION finish_command(command bigint, answer jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE ledgers_command SET result = answer WHERE id = command AND result IS NULL
$$;

-- Post the entries of one command, together. Answers their ids; a repeated key answers the first ids.
-- web role may execute
CREATE OR REPLACE FUNCTION post_entries(actor bigint, command_key text, entries jsonb, context jsonb, OUT ids bigint[], OUT repeated boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  command bigint;
  e jsonb;
  lines pen_line[];
  all_ledgers bigint[] := '{}';
  link bigint;
  open_transfer bigint;
BEGIN
  SELECT c.command, c.given INTO command, repeated FROM begin_command(actor, command_key, entries) c;
  IF repeated THEN
    ids := ARRAY(SELECT j.id FROM ledgers_journalentry j WHERE j.command_id = command ORDER BY j.id);
    RETURN;
  END IF;
  IF NOT (person_holds(actor, 'coordinator') OR person_holds(actor, 'attorney') OR person_holds(actor, 'supervisor')) THEN
    PERFORM refuse('actor_may_not_post', jsonb_build_object('actor', actor));
  END IF;
  IF jsonb_typeof(entries) <> 'array' OR jsonb_array_length(entries) = 0 THEN PERFORM refuse('no_lines'); END IF;
  -- All ledgers of the command, in one order: crossing transfers wait for each other and never deadlock.
  FOR e IN SELECT value FROM jsonb_array_elements(entries) LOOP
    all_ledgers := all_ledgers || ARRAY(SELECT (u).ledger FROM unnest(pen_lines((e ->> 'account')::bigint, e -> 'lines')) u);
  END LOOP;
  PERFORM 1 FROM ledgers_ledger g WHERE g.id = ANY (all_ledgers) ORDER BY g.id FOR NO KEY UPDATE;
  ids := '{}';
  FOR e IN SELECT value FROM jsonb_array_elements(entries) LOOP
    lines := pen_lines((e ->> 'account')::bigint, e -> 'lines');
    link := CASE WHEN (e ->> 'linked')::boolean THEN ids[cardinality(ids)] END;
    ids := ids || pen_post(command, actor, e, lines, context, link);
    PERFORM pen_check_pair(e, lines, link, ids[cardinality(ids)]);
  END LOOP;
  PERFORM pen_check_whole_transfers(command);
END $$;
