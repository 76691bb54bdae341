-- The pen: the only writer of the journal. One call is one command; all its entries post or none does.
-- Every statement costs a hundredth of a millisecond, so rules that need no table are expressions, and what only some
-- kinds of entry need is asked for those kinds only. Inner functions run inside post_entries(): as the owner, names pinned.

-- What a ledger may owe after a move: only what the bank has already done can make it owe more than it did. For a
-- voluntary move the CHECK client_ledger_not_overdrawn is thereby the last line, whatever was asked before.
CREATE OR REPLACE FUNCTION pen_deficit(may_owe boolean, owed bigint, balance bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN may_owe THEN greatest(0, -balance) ELSE least(owed, greatest(0, -balance)) END
$$;

-- A ledger that moves on a later day than before leaves its day behind. Of its last day balance and deficit are its own.
CREATE OR REPLACE FUNCTION leave_day() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ledgers_ledgerday (ledger_id, date, balance, deficit) VALUES (OLD.id, OLD.last_activity_date, OLD.balance, OLD.deficit)
  ON CONFLICT (ledger_id, date) DO UPDATE SET balance = excluded.balance, deficit = excluded.deficit;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER leave_day AFTER UPDATE ON ledgers_ledger
  FOR EACH ROW WHEN (NEW.last_activity_date > OLD.last_activity_date) EXECUTE FUNCTION leave_day();
ALTER TABLE ledgers_ledger ENABLE ALWAYS TRIGGER leave_day;

-- Move the days that a ledger left behind, from a date before its last day on. Returns the largest deficit among them.
CREATE OR REPLACE FUNCTION pen_move_back_dated(the_ledger bigint, cents bigint, on_date date, may_owe boolean) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
  -- The day's own row first: what an upsert proposes is checked even where it conflicts.
  UPDATE ledgers_ledgerday d SET balance = d.balance + cents, deficit = pen_deficit(may_owe, d.deficit, d.balance + cents)
   WHERE d.ledger_id = the_ledger AND d.date >= on_date;
  INSERT INTO ledgers_ledgerday (ledger_id, date, balance, deficit)
  SELECT the_ledger, on_date, n.balance + cents, pen_deficit(may_owe, n.deficit, n.balance + cents) FROM (
    (SELECT b.balance, b.deficit FROM ledgers_ledgerday b WHERE b.ledger_id = the_ledger AND b.date < on_date ORDER BY b.date DESC LIMIT 1)
    UNION ALL SELECT 0, 0 LIMIT 1) n
   WHERE NOT EXISTS (SELECT 1 FROM ledgers_ledgerday x WHERE x.ledger_id = the_ledger AND x.date = on_date);
  RETURN (SELECT max(d.deficit) FROM ledgers_ledgerday d WHERE d.ledger_id = the_ledger AND d.date >= on_date);
END $$;

-- The hold on money not yet collected (SPEC flow Receipt): by method, in business days from the deposit date; a card's
-- until its payout is matched.
CREATE OR REPLACE FUNCTION pen_hold_uncollected(this_entry bigint, actor bigint, method text, on_date date, days int, lines pen_line[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  until date := CASE WHEN method <> 'card' THEN add_business_days(on_date, days) END;
BEGIN
  IF until <= firm_today() THEN RETURN; END IF;
  INSERT INTO ledgers_hold (ledger_id, kind, amount, reason, entry_id, until_date, placed_by_id, placed_at, release_evidence)
  SELECT x.ledger, 'uncollected', x.amount, 'Uncollected ' || CASE method WHEN 'ach' THEN 'ACH' ELSE replace(method, '_', ' ') END, this_entry, until, actor, firm_now(), ''
    FROM unnest(lines) x;
END $$;

-- When a receipt is returned or reversed, what was held of it is no longer there to hold.
CREATE OR REPLACE FUNCTION pen_unhold_returned(of_entry bigint, this_entry bigint, actor bigint, lines pen_line[]) RETURNS void
LANGUAGE sql AS $$
  WITH gone AS (
    UPDATE ledgers_hold h SET released_at = firm_now(), released_by_id = actor, release_evidence = 'Entry ' || this_entry
      FROM unnest(lines) x WHERE h.entry_id = of_entry AND h.ledger_id = x.ledger AND h.released_at IS NULL
    RETURNING h.*, x.amount AS moved)
  INSERT INTO ledgers_hold (ledger_id, kind, amount, reason, entry_id, until_date, placed_by_id, placed_at, release_evidence)
  SELECT ledger_id, kind, amount + moved, reason, entry_id, until_date, placed_by_id, firm_now(), '' FROM gone WHERE amount + moved > 0
$$;

-- Check and consume the authority of a voluntary outflow; returns its id.
CREATE OR REPLACE FUNCTION pen_authorized(e jsonb, method text, lines pen_line[], actor bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  kind text := e ->> 'kind';
  source pen_line;
BEGIN
  IF e ->> 'authority' IS NULL THEN PERFORM refuse('authority_missing', jsonb_build_object('kind', kind)); END IF;
  IF (SELECT count(*) FROM unnest(lines) u WHERE u.amount < 0) <> 1 THEN PERFORM refuse('one_source_only', jsonb_build_object('kind', kind)); END IF;
  SELECT u.ledger, u.amount INTO source FROM unnest(lines) u WHERE u.amount < 0;
  -- What comes in elsewhere is what was approved: the named ledger of a matter transfer, nothing in any other entry.
  IF (SELECT array_agg(u.ledger) FROM unnest(lines) u WHERE u.amount > 0) IS DISTINCT FROM
     (CASE WHEN kind = 'matter_transfer' THEN ARRAY[(e ->> 'destination_ledger')::bigint] END) THEN
    PERFORM refuse('not_what_was_approved', jsonb_build_object('authority', e ->> 'authority'));
  END IF;
  RETURN pen_consume_authority(e, method, source.ledger, -source.amount, actor);
END $$;

-- The months of an account as one lock: postings share it, lock_month() and reopen_month() take it alone. Not a lock of the
-- month's row: a row that every posting shares is written by every posting (its chain of multixacts).
CREATE OR REPLACE FUNCTION months_key(account bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT hashtextextended('months of a trust account', account) $$;

-- How money moves; `internal` does not leave the firm.
CREATE OR REPLACE FUNCTION pen_knows(method text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$ SELECT method = ANY ('{check,cashiers_check,foreign_check,wire,ach,card,cash,internal}'::text[]) $$;

-- Say why an account takes no entry of this person on this date.
CREATE OR REPLACE FUNCTION pen_refuse_posting(actor bigint, account bigint, on_date date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  a ledgers_trustaccount;
BEGIN
  SELECT * INTO a FROM ledgers_trustaccount t WHERE t.id = account;
  IF NOT FOUND THEN PERFORM refuse('no_such_account', jsonb_build_object('account', account)); END IF;
  IF NOT EXISTS (SELECT 1 FROM role_held h WHERE h.person_id = actor AND h.role IN ('coordinator', 'attorney', 'supervisor')) THEN
    PERFORM refuse('actor_may_not_post', jsonb_build_object('actor', actor));
  END IF;
  IF on_date IS NULL OR on_date > firm_today() THEN
    PERFORM refuse('dated_in_future', jsonb_build_object('date', on_date, 'today', firm_today()));
  END IF;
  IF a.closed_date IS NOT NULL THEN  -- whatever the date: it closed at 0.00 and stays there
    PERFORM refuse('account_closed', jsonb_build_object('account', a.name, 'closed', a.closed_date));
  END IF;
  PERFORM refuse('month_locked', jsonb_build_object('account', a.name, 'date', on_date, 'state', coalesce(
    (SELECT m.state FROM ledgers_month m WHERE m.trust_account_id = account AND m.first_day = date_trunc('month', on_date::timestamp)), 'missing')));
END $$;

-- Say why a ledger takes no such line of an entry of this account.
CREATE OR REPLACE FUNCTION pen_refuse_line(kind text, account bigint, ledger bigint, cents bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  l ledgers_ledger;
BEGIN
  SELECT * INTO l FROM ledgers_ledger g WHERE g.id = ledger AND g.trust_account_id = account;
  IF NOT FOUND THEN PERFORM refuse('no_such_ledger', jsonb_build_object('ledger', ledger, 'account', account)); END IF;
  PERFORM refuse('ledger_not_for_kind', jsonb_build_object('kind', kind, 'ledger', l.id, 'ledger_kind', l.kind, 'amount', cents));
END $$;

-- Post one entry of a command. Its ledgers are locked already.
CREATE OR REPLACE FUNCTION pen_post(command bigint, actor bigint, e jsonb, lines pen_line[], context jsonb, link bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  kind text := e ->> 'kind';
  on_date date := (e ->> 'date')::date;
  the_month date := date_trunc('month', on_date::timestamp);
  method text := coalesce(e ->> 'method', 'internal');
  second bigint := (e ->> 'second_person')::bigint;
  reverses bigint := (e ->> 'reverses')::bigint;
  relates bigint := (e ->> 'relates_to')::bigint;
  item bigint := (e ->> 'bank_item')::bigint;
  operating bigint := (e ->> 'operating_account')::bigint;
  words jsonb := e -> 'text';
  party text := coalesce(words ->> 'party', '');
  purpose text := coalesce(words ->> 'purpose', '');
  reference text := coalesce(words ->> 'reference', '');
  memo text := coalesce(words ->> 'memo', '');
  advice text := coalesce(words ->> 'advice', '');
  reason text := coalesce(words ->> 'reason', '');
  source inet := (context ->> 'address')::inet;
  request text := coalesce(context ->> 'request_id', '');
  bank bigint := (SELECT sum(u.amount) FROM unnest(lines) u);
  l ledgers_ledger;
  account record;  -- of the account and the firm, what a posting needs to know
  x pen_line;
  authority_id bigint;
  salt bytea := uuid_send(gen_random_uuid());
  commitment bytea;
  entry_hash bytea;
  link_hash bytea;
  this_entry bigint := nextval('ledgers_journalentry_id_seq');
  now_at timestamptz := firm_now();
  shortfall bigint := 0;
  new_balance bigint;
  new_deficit bigint;
  owed bigint;
  takes_authority boolean := kind IN ('disbursement', 'earned_fee', 'matter_transfer', 'account_transfer', 'return', 'firm_funds_withdrawal');
  involuntary boolean := kind IN ('returned_receipt', 'bank_charge', 'bank_event', 'reversal', 'opening_balance');
  -- Shared with all postings of the account; lock_month() waits for it, and what is read from here on is read under it.
  months_held text := pg_advisory_xact_lock_shared(months_key((e ->> 'account')::bigint))::text;
BEGIN
  SELECT a.id, a.kind, CASE method WHEN 'wire' THEN f.hold_days_wire WHEN 'cash' THEN f.hold_days_cash WHEN 'ach' THEN f.hold_days_ach
           WHEN 'check' THEN f.hold_days_check WHEN 'cashiers_check' THEN f.hold_days_cashiers_check ELSE f.hold_days_foreign_check END AS hold_days
    INTO account FROM ledgers_trustaccount a, ledgers_month m, firms_firm f
   WHERE a.id = (e ->> 'account')::bigint AND a.closed_date IS NULL AND m.trust_account_id = a.id
     AND m.first_day = the_month AND m.state = 'open' AND on_date <= date_in(f.time_zone)
     AND EXISTS (SELECT 1 FROM role_held h WHERE h.person_id = actor AND h.role IN ('coordinator', 'attorney', 'supervisor'));
  IF NOT FOUND THEN PERFORM pen_refuse_posting(actor, (e ->> 'account')::bigint, on_date); END IF;
  IF kind = 'reversal' THEN method := coalesce((SELECT o.method FROM ledgers_journalentry o WHERE o.id = reverses), method); END IF;
  IF NOT pen_knows(method) THEN PERFORM refuse('method_unknown', jsonb_build_object('method', method)); END IF;
  PERFORM pen_check_words(kind, method, party, words);
  IF item IS NOT NULL THEN PERFORM pen_check_bank_item(item, account.id, kind); END IF;
  IF (bank = 0) <> (kind = 'matter_transfer') AND kind NOT IN ('reversal', 'deficit_cure') THEN
    PERFORM refuse('entry_not_balanced', jsonb_build_object('kind', kind, 'bank_amount', bank));
  END IF;
  IF takes_authority THEN
    IF kind <> 'account_transfer' OR link IS NULL THEN authority_id := pen_authorized(e, method, lines, actor); END IF;
  ELSIF kind IN ('reversal', 'returned_receipt', 'fee_put_back') THEN PERFORM pen_check_relation(e, lines);
  ELSIF kind = 'deficit_cure' THEN PERFORM pen_check_cure(lines, bank, on_date); END IF;
  IF kind IN ('returned_receipt', 'bank_event', 'opening_balance', 'opening_check') AND NOT is_second_person(actor, second) THEN
    PERFORM refuse('second_person_needed', jsonb_build_object('what', kind));
  END IF;

  commitment := sha256(salt || convert_to(jsonb_build_array(party, purpose, reference, memo, advice, reason)::text, 'UTF8'));
  entry_hash := entry_content_hash(this_entry, kind, account.id, on_date, bank, method, actor, second, now_at, reverses, relates, link,
    authority_id, item, operating, host(source), request, commitment);
  WITH words AS (
    INSERT INTO ledgers_entrytext (entry_id, party, purpose, reference, memo, advice, reason, salt)
    VALUES (this_entry, party, purpose, reference, memo, advice, reason, salt))
  INSERT INTO ledgers_journalentry (id, command_id, kind, trust_account_id, book_date, bank_amount, method, actor_id, second_person_id,
    posted_at, source_address, request_id, reverses_id, relates_to_id, linked_to_id, authority_id, bank_item_id, operating_account_id,
    text_commitment, hash)
  VALUES (this_entry, command, kind, account.id, on_date, bank, method, actor, second, now_at, source, request, reverses, relates, link,
    authority_id, item, operating, commitment, entry_hash);

  FOREACH x IN ARRAY lines LOOP
    SELECT * INTO l FROM ledgers_ledger WHERE id = x.ledger;
    IF (l.trust_account_id = account.id AND pen_line_fits(kind, account.kind, l.kind, x.amount)) IS NOT TRUE THEN
      PERFORM pen_refuse_line(kind, account.id, x.ledger, x.amount);
    END IF;
    IF l.line_count > 0 AND kind IN ('opening_balance', 'opening_check') THEN PERFORM pen_check_opening(kind, l, x.amount); END IF;
    IF x.amount < 0 AND NOT involuntary THEN
      IF takes_authority THEN PERFORM refuse_if_spending_stopped(l); END IF;
      PERFORM pen_check_funds(l, -x.amount, on_date);
    END IF;
    new_balance := l.balance + x.amount;
    new_deficit := pen_deficit(involuntary, l.deficit, new_balance);
    owed := new_deficit;
    IF on_date < l.last_activity_date THEN owed := greatest(owed, pen_move_back_dated(l.id, x.amount, on_date, involuntary)); END IF;
    IF x.amount < 0 THEN shortfall := shortfall + owed; END IF;
    link_hash := line_hash(l.head_hash, entry_hash, l.id, l.line_count + 1, x.amount, on_date);
    INSERT INTO ledgers_journalline (entry_id, ledger_id, seq, amount, book_date, hash)
    VALUES (this_entry, l.id, l.line_count + 1, x.amount, on_date, link_hash);
    UPDATE ledgers_ledger SET balance = new_balance, deficit = new_deficit, line_count = l.line_count + 1, head_hash = link_hash,
      last_activity_date = greatest(l.last_activity_date, on_date) WHERE id = l.id;
  END LOOP;
  IF shortfall > 0 AND NOT is_second_person(actor, second) THEN
    PERFORM refuse('deficit_needs_second_person', jsonb_build_object('kind', kind, 'shortfall', shortfall));
  END IF;
  IF kind IN ('returned_receipt', 'reversal') THEN PERFORM pen_unhold_returned(coalesce(reverses, relates), this_entry, actor, lines); END IF;
  IF kind = 'receipt' AND (account.hold_days > 0 OR method = 'card') THEN
    PERFORM pen_hold_uncollected(this_entry, actor, method, on_date, account.hold_days, lines);
  END IF;
  RETURN this_entry;
END $$;

-- Nearly all that is posted: a receipt for one ledger. The entry that pen_post() writes for it, by the shortest way. A receipt asks
-- its ledger nothing, so the ledger is locked, read and moved in one statement; before the lock of the months, as in every posting.
CREATE OR REPLACE FUNCTION pen_receive(command bigint, actor bigint, e jsonb, to_ledger bigint, cents bigint, context jsonb) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  account bigint := (e ->> 'account')::bigint;
  on_date date := (e ->> 'date')::date;
  the_month date := date_trunc('month', on_date::timestamp);
  method text := e ->> 'method';
  item bigint := (e ->> 'bank_item')::bigint;
  words jsonb := e -> 'text';
  party text := words ->> 'party';
  reference text := coalesce(words ->> 'reference', '');
  memo text := coalesce(words ->> 'memo', '');
  source inet := (context ->> 'address')::inet;
  request text := coalesce(context ->> 'request_id', '');
  salt bytea := uuid_send(gen_random_uuid());
  commitment bytea := sha256(salt || convert_to(jsonb_build_array(party, '', reference, memo, '', '')::text, 'UTF8'));
  this_entry bigint := nextval('ledgers_journalentry_id_seq');
  now_at timestamptz := firm_now();
  entry_hash bytea := entry_content_hash(this_entry, 'receipt', account, on_date, cents, method, actor, NULL, now_at, NULL, NULL, NULL,
    NULL, item, NULL, host(source), request, commitment);
  l ledgers_ledger;
  months_held text;
  known record;  -- of the account and the firm, what a receipt needs to know
BEGIN
  UPDATE ledgers_ledger g SET balance = g.balance + cents, deficit = pen_deficit(false, g.deficit, g.balance + cents), line_count = g.line_count + 1,
    head_hash = line_hash(g.head_hash, entry_hash, to_ledger, g.line_count + 1, cents, on_date), last_activity_date = greatest(g.last_activity_date, on_date)
   WHERE g.id = to_ledger RETURNING g.* INTO l;
  months_held := pg_advisory_xact_lock_shared(months_key(account))::text;
  SELECT a.kind, CASE method WHEN 'wire' THEN f.hold_days_wire WHEN 'cash' THEN f.hold_days_cash WHEN 'ach' THEN f.hold_days_ach
           WHEN 'check' THEN f.hold_days_check WHEN 'cashiers_check' THEN f.hold_days_cashiers_check ELSE f.hold_days_foreign_check END AS hold_days
    INTO known FROM ledgers_trustaccount a, ledgers_month m, firms_firm f
   WHERE a.id = account AND a.closed_date IS NULL AND m.trust_account_id = a.id
     AND m.first_day = the_month AND m.state = 'open' AND on_date <= date_in(f.time_zone)
     AND EXISTS (SELECT 1 FROM role_held h WHERE h.person_id = actor AND h.role IN ('coordinator', 'attorney', 'supervisor'));
  IF NOT FOUND THEN PERFORM pen_refuse_posting(actor, account, on_date); END IF;
  IF item IS NOT NULL THEN PERFORM pen_check_bank_item(item, account, 'receipt'); END IF;
  IF (l.trust_account_id = account AND pen_line_fits('receipt', known.kind, l.kind, cents)) IS NOT TRUE THEN
    PERFORM pen_refuse_line('receipt', account, to_ledger, cents);
  END IF;

  WITH words AS (
    INSERT INTO ledgers_entrytext (entry_id, party, purpose, reference, memo, advice, reason, salt)
    VALUES (this_entry, party, '', reference, memo, '', '', salt))
  INSERT INTO ledgers_journalentry (id, command_id, kind, trust_account_id, book_date, bank_amount, method, actor_id, posted_at, source_address,
    request_id, bank_item_id, text_commitment, hash)
  VALUES (this_entry, command, 'receipt', account, on_date, cents, method, actor, now_at, source, request, item, commitment, entry_hash);
  INSERT INTO ledgers_journalline (entry_id, ledger_id, seq, amount, book_date, hash)
  VALUES (this_entry, to_ledger, l.line_count, cents, on_date, l.head_hash);
  IF on_date < l.last_activity_date THEN PERFORM pen_move_back_dated(to_ledger, cents, on_date, false); END IF;
  IF known.hold_days > 0 OR method = 'card' THEN
    PERFORM pen_hold_uncollected(this_entry, actor, method, on_date, known.hold_days, ARRAY[row(to_ledger, cents)::pen_line]);
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
  IF actor IS NULL THEN PERFORM refuse('actor_may_not_post', jsonb_build_object('actor', actor)); END IF;
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
  alone boolean;
  to_ledger bigint;
  cents bigint;
  words jsonb;
  all_ledgers bigint[];
  lines pen_line[];
  link bigint;
  this_entry bigint;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN PERFORM refuse_old_snapshot(); END IF;
  IF trim(command_key) <> '' AND actor IS NOT NULL THEN
    INSERT INTO ledgers_command (actor_id, key, content_hash, given_at)
    VALUES (actor, command_key, sha256(convert_to(entries::text, 'UTF8')), firm_now())
    ON CONFLICT (actor_id, key) DO NOTHING RETURNING id INTO command;
  END IF;
  repeated := command IS NULL;  -- what was answered once is answered again, whatever roles the actor has by then
  IF repeated THEN
    SELECT c.command INTO command FROM begin_command(actor, command_key, entries) c;  -- refuses another content
    ids := ARRAY(SELECT j.id FROM ledgers_journalentry j WHERE j.command_id = command ORDER BY j.id);
    RETURN;
  END IF;
  e := entries -> 0;
  alone := entries -> 1 IS NULL;
  cents := e #>> '{lines,0,amount}';
  words := e -> 'text';
  IF alone AND e ->> 'kind' = 'receipt' AND jsonb_array_length(e -> 'lines') = 1 AND cents BETWEEN 1 AND 1000000000000000
     AND isfinite((e ->> 'date')::date) AND pen_knows(e ->> 'method') AND trim(words ->> 'party') <> ''
     AND NOT e ?| '{second_person,reverses,relates_to,operating_account}' AND NOT words ?| '{purpose,advice,reason}' THEN
    to_ledger := e #>> '{lines,0,ledger}';
    IF to_ledger IS NULL THEN to_ledger := client_ledger((e ->> 'account')::bigint, (e #>> '{lines,0,matter}')::bigint); END IF;
    ids := ARRAY[pen_receive(command, actor, e, to_ledger, cents, context)];
    RETURN;
  END IF;
  IF jsonb_typeof(entries) <> 'array' OR e IS NULL THEN PERFORM refuse('no_lines'); END IF;
  -- All ledgers of the command, opened and locked in one order: crossing transfers wait for each other and never deadlock.
  all_ledgers := pen_ledgers_of(entries);
  PERFORM 1 FROM ledgers_ledger g WHERE g.id = ANY (all_ledgers) ORDER BY g.id FOR NO KEY UPDATE;
  lines := pen_lines((e ->> 'account')::bigint, e -> 'lines');
  ids := ARRAY[pen_post(command, actor, e, lines, context, NULL)];
  IF alone AND e ->> 'kind' NOT IN ('account_transfer', 'reversal') THEN RETURN; END IF;
  FOR place IN 1 .. jsonb_array_length(entries) - 1 LOOP
    e := entries -> place;
    lines := pen_lines((e ->> 'account')::bigint, e -> 'lines');
    link := CASE WHEN (e ->> 'linked')::boolean THEN ids[place] END;
    this_entry := pen_post(command, actor, e, lines, context, link);
    ids := ids || this_entry;
    IF link IS NOT NULL THEN PERFORM pen_check_pair(e, lines, link, this_entry); END IF;
  END LOOP;
  PERFORM pen_check_whole_transfers(command);
END $$;
