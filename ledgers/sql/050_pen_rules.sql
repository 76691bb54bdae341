-- The rules of each kind of entry, asked by the pen before it writes.

-- The lines of one entry, in the order of their ledgers, as the pen works on them.
DO $$ BEGIN
  IF to_regtype('pen_line') IS NULL THEN CREATE TYPE pen_line AS (ledger bigint, amount bigint); END IF;
END $$;

-- Refuse an amount of nothing, or one that no firm moves.
CREATE OR REPLACE FUNCTION pen_check_amount(cents bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(cents, 0) = 0 THEN PERFORM refuse('amount_not_positive', jsonb_build_object('amount', 0)); END IF;
  IF abs(cents) > 1000000000000000 THEN PERFORM refuse('amount_too_large', jsonb_build_object('amount', cents)); END IF;
END $$;

-- All ledgers of a command; those of matters that have none yet are opened in one order, so that two commands that open
-- the same ledgers wait for each other and never deadlock.
CREATE OR REPLACE FUNCTION pen_ledgers_of(entries jsonb) RETURNS bigint[]
LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT array_agg(coalesce(a.ledger, client_ledger(a.account, a.matter))) FROM (
    SELECT (e ->> 'account')::bigint AS account, (x ->> 'ledger')::bigint AS ledger, (x ->> 'matter')::bigint AS matter
      FROM jsonb_array_elements(entries) e, jsonb_array_elements(e -> 'lines') x ORDER BY 1, 3) a);
END $$;

-- Turn the asked lines into ledgers and amounts, sorted by ledger.
CREATE OR REPLACE FUNCTION pen_lines(account bigint, asked jsonb) RETURNS pen_line[]
LANGUAGE plpgsql AS $$
DECLARE
  lines pen_line[];
BEGIN
  SELECT array_agg(row(l.ledger, l.amount)::pen_line ORDER BY l.ledger) INTO lines FROM (
    SELECT coalesce((x ->> 'ledger')::bigint, client_ledger(account, (x ->> 'matter')::bigint)) AS ledger,
           (x ->> 'amount')::bigint AS amount FROM jsonb_array_elements(asked) x) l;
  IF lines IS NULL THEN PERFORM refuse('no_lines'); END IF;
  PERFORM pen_check_amount(u.amount) FROM unnest(lines) u;
  IF (SELECT count(DISTINCT u.ledger) FROM unnest(lines) u) <> cardinality(lines) THEN PERFORM refuse('ledger_twice'); END IF;
  RETURN lines;
END $$;

-- Which of the words that a kind of entry must carry are missing; an empty text when all are there.
CREATE OR REPLACE FUNCTION pen_missing_words(kind text, words jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  word text;
  missing text := '';
BEGIN
  FOREACH word IN ARRAY CASE
      WHEN kind = 'receipt' THEN '{party}'
      WHEN kind IN ('disbursement', 'earned_fee', 'matter_transfer', 'account_transfer', 'return', 'firm_funds_withdrawal', 'opening_check')
        THEN '{party,purpose,reference}'
      WHEN kind IN ('returned_receipt', 'bank_charge', 'interest', 'interest_sweep', 'bank_event') THEN '{advice}'
      WHEN kind IN ('reversal', 'deficit_cure', 'fee_put_back') THEN '{reason}'
      ELSE '{}'::text[] END LOOP
    IF coalesce(trim(words ->> word), '') = '' THEN missing := missing || CASE missing WHEN '' THEN '' ELSE ', ' END || word; END IF;
  END LOOP;
  RETURN missing;
END $$;

-- An entry carries its words, and no payment goes to whoever holds it.
CREATE OR REPLACE FUNCTION pen_check_words(kind text, method text, party text, words jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  missing text := pen_missing_words(kind, words);
BEGIN
  IF missing <> '' THEN PERFORM refuse('words_missing', jsonb_build_object('kind', kind, 'missing', missing)); END IF;
  IF kind IN ('disbursement', 'earned_fee', 'account_transfer', 'return', 'firm_funds_withdrawal', 'opening_check')
     AND (method = 'cash' OR is_bearer(party)) THEN
    PERFORM refuse('payee_is_cash', jsonb_build_object('payee', party));
  END IF;
END $$;

-- Which ledgers a kind of entry may touch, and in which direction (I11 among them): + in, - out, some on pooled or on individual
-- accounts only. What the bank did goes where it went; a reversal is its original's mirror. A constant that is looked into, not a
-- CASE of twenty: every posting asks, and an expression costs by its length.
CREATE OR REPLACE FUNCTION pen_line_fits(kind text, account_kind text, ledger_kind text, cents bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb '{
      "receipt": {"client": "+", "unidentified": "+"},
      "disbursement": {"client": "-"},
      "earned_fee": {"client": "-"},
      "matter_transfer": {"client": "+-", "unidentified": "-"},
      "account_transfer": {"client": "+-"},
      "return": {"client": "-", "unidentified": "-"},
      "returned_receipt": {"client": "-", "unidentified": "-", "firm_funds": "-"},
      "bank_charge": {"firm_funds": "pooled -", "client": "individual -"},
      "interest": {"interest_due": "pooled +", "client": "individual +"},
      "interest_sweep": {"interest_due": "-"},
      "firm_funds_deposit": {"firm_funds": "+"},
      "firm_funds_withdrawal": {"firm_funds": "-"},
      "deficit_cure": {"client": "+", "unidentified": "+", "interest_due": "+", "firm_funds": "+-"},
      "fee_put_back": {"client": "+"},
      "opening_balance": {"client": "+-", "unidentified": "+-", "interest_due": "+-", "firm_funds": "+-"},
      "opening_check": {"client": "-"},
      "bank_event": {"client": "+-", "unidentified": "+-", "firm_funds": "+-"},
      "reversal": {"client": "+-", "unidentified": "+-", "interest_due": "+-", "firm_funds": "+-"}
    }' -> kind ->> ledger_kind IN ('+-', CASE WHEN cents > 0 THEN '+' ELSE '-' END,
      CASE account_kind WHEN 'individual' THEN 'individual ' ELSE 'pooled ' END || CASE WHEN cents > 0 THEN '+' ELSE '-' END), false)
$$;

-- Opening entries come before all others; money goes out of a ledger only by what it opened with, never by a second opening.
CREATE OR REPLACE FUNCTION pen_check_opening(kind text, l ledgers_ledger, cents bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF (kind = 'opening_balance' AND cents < 0 AND l.balance <> 0) OR EXISTS (
      SELECT 1 FROM ledgers_journalline x JOIN ledgers_journalentry e ON e.id = x.entry_id
       WHERE x.ledger_id = l.id AND e.kind NOT IN ('opening_balance', 'opening_check')
         -- an opening that was rolled back never was: the ledger may be opened again
         AND NOT (e.kind = 'reversal' AND EXISTS (SELECT 1 FROM ledgers_journalentry o WHERE o.id = e.reverses_id
                                                     AND o.kind IN ('opening_balance', 'opening_check')))) THEN
    PERFORM refuse('ledger_already_in_use', jsonb_build_object('ledger', l.id));
  END IF;
END $$;

-- A cure is firm money for a deficit (I3): at most the deficit of each ledger on every day from its date on, and paid in,
-- or moved from firm funds to the cent; nothing leaves the account with it.
CREATE OR REPLACE FUNCTION pen_check_cure(lines pen_line[], bank bigint, on_date date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  c record;
BEGIN
  IF bank < 0 OR (bank > 0 AND EXISTS (SELECT 1 FROM unnest(lines) u WHERE u.amount < 0)) THEN
    PERFORM refuse('entry_not_balanced', jsonb_build_object('kind', 'deficit_cure', 'bank_amount', bank));
  END IF;
  SELECT u.ledger, u.amount, owed.cents AS owed INTO c FROM unnest(lines) u JOIN ledgers_ledger l ON l.id = u.ledger
    CROSS JOIN LATERAL (SELECT least(l.deficit,
         (SELECT min(d.deficit) FROM ledgers_ledgerday d WHERE d.ledger_id = u.ledger AND d.date > on_date),
         CASE WHEN l.last_activity_date > on_date THEN coalesce(
           (SELECT d.deficit FROM ledgers_ledgerday d WHERE d.ledger_id = u.ledger AND d.date <= on_date ORDER BY d.date DESC LIMIT 1), 0) END) AS cents) owed
   WHERE u.amount > owed.cents LIMIT 1;
  IF FOUND THEN
    PERFORM refuse('cure_exceeds_deficit', jsonb_build_object('ledger', c.ledger, 'asked', c.amount, 'deficit', c.owed));
  END IF;
END $$;

-- The entry that an entry speaks of: what it reverses, returns, or puts back.
CREATE OR REPLACE FUNCTION pen_check_relation(e jsonb, lines pen_line[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  kind text := e ->> 'kind';
  of_entry bigint := CASE WHEN e ->> 'kind' = 'reversal' THEN e ->> 'reverses' ELSE e ->> 'relates_to' END;
  o ledgers_journalentry;
  total bigint := (SELECT sum(amount) FROM unnest(lines));
  so_far bigint;
BEGIN
  -- Two parts of one receipt may be returned at once, out of different ledgers: the receipt itself is what they share.
  SELECT * INTO o FROM ledgers_journalentry WHERE id = of_entry AND trust_account_id = (e ->> 'account')::bigint FOR NO KEY UPDATE;
  IF NOT FOUND THEN PERFORM refuse('no_such_entry', jsonb_build_object('entry', of_entry)); END IF;
  IF (e ->> 'date')::date < o.book_date THEN
    PERFORM refuse('dated_before_original', jsonb_build_object('entry', o.id, 'original_date', o.book_date));
  END IF;
  IF EXISTS (SELECT 1 FROM ledgers_journalentry r WHERE r.reverses_id = o.id) THEN
    PERFORM refuse('already_reversed', jsonb_build_object('entry', o.id));
  END IF;
  SELECT coalesce(sum(bank_amount), 0) INTO so_far FROM ledgers_journalentry f
   WHERE f.relates_to_id = o.id AND f.kind IN ('returned_receipt', 'fee_put_back')
     AND NOT EXISTS (SELECT 1 FROM ledgers_journalentry r WHERE r.reverses_id = f.id);
  IF kind = 'reversal' THEN
    IF o.kind = 'reversal' THEN PERFORM refuse('reversal_of_reversal', jsonb_build_object('entry', o.id)); END IF;
    IF cleared_on(o.id) IS NOT NULL THEN
      PERFORM refuse('entry_cleared', jsonb_build_object('entry', o.id, 'bank_date', cleared_on(o.id)));
    END IF;
    IF so_far <> 0 THEN PERFORM refuse('already_returned', jsonb_build_object('entry', o.id, 'returned', abs(so_far))); END IF;
    IF lines IS DISTINCT FROM (SELECT array_agg(row(x.ledger_id, -x.amount)::pen_line ORDER BY x.ledger_id)
                                 FROM ledgers_journalline x WHERE x.entry_id = o.id) THEN
      PERFORM refuse('reversal_not_exact', jsonb_build_object('entry', o.id));
    END IF;
  ELSIF kind = 'returned_receipt' THEN
    IF o.kind <> 'receipt' THEN PERFORM refuse('not_a_receipt', jsonb_build_object('entry', o.id)); END IF;
    IF abs(total + so_far) > o.bank_amount THEN
      PERFORM refuse('returned_more_than_received', jsonb_build_object('entry', o.id, 'received', o.bank_amount, 'returned', -so_far, 'asked', -total));
    END IF;
    PERFORM pen_check_returned_to(o.id, x) FROM unnest(lines) x;
  ELSE
    IF o.kind <> 'earned_fee' THEN PERFORM refuse('not_a_fee', jsonb_build_object('entry', o.id)); END IF;
    IF total + so_far > -o.bank_amount THEN
      PERFORM refuse('put_back_more_than_taken', jsonb_build_object('entry', o.id, 'taken', -o.bank_amount, 'put_back', so_far, 'asked', total));
    END IF;
    IF EXISTS (SELECT 1 FROM unnest(lines) u WHERE NOT EXISTS (
        SELECT 1 FROM ledgers_journalline x WHERE x.entry_id = o.id AND x.ledger_id = u.ledger)) THEN
      PERFORM refuse('not_of_that_entry', jsonb_build_object('entry', o.id, 'ledger', (lines[1]).ledger));
    END IF;
  END IF;
END $$;

-- A returned receipt is the loss of whoever received it, each at most what was received; of whom the money was moved to
-- since; or of nobody but the firm. Never of another client (I3).
CREATE OR REPLACE FUNCTION pen_check_returned_to(receipt bigint, line pen_line) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  received bigint := (SELECT x.amount FROM ledgers_journalline x WHERE x.entry_id = receipt AND x.ledger_id = line.ledger);
  returned bigint;
BEGIN
  IF received IS NOT NULL THEN
    SELECT coalesce(-sum(x.amount), 0) INTO returned FROM ledgers_journalentry f JOIN ledgers_journalline x ON x.entry_id = f.id
     WHERE f.relates_to_id = receipt AND f.kind = 'returned_receipt' AND x.ledger_id = line.ledger
       AND NOT EXISTS (SELECT 1 FROM ledgers_journalentry r WHERE r.reverses_id = f.id);
    IF returned - line.amount > received THEN
      PERFORM refuse('returned_more_than_received', jsonb_build_object('entry', receipt, 'received', received, 'returned', returned, 'asked', -line.amount));
    END IF;
  ELSIF NOT EXISTS (SELECT 1 FROM ledgers_ledger l WHERE l.id = line.ledger AND l.kind = 'firm_funds')
     AND NOT EXISTS (SELECT 1 FROM ledgers_journalline x JOIN ledgers_journalline out_of ON out_of.ledger_id = x.ledger_id AND out_of.amount < 0
                       JOIN ledgers_journalentry t ON t.id = out_of.entry_id AND t.kind = 'matter_transfer'
                       JOIN ledgers_journalline into_it ON into_it.entry_id = t.id AND into_it.ledger_id = line.ledger
                      WHERE x.entry_id = receipt AND NOT EXISTS (SELECT 1 FROM ledgers_journalentry r WHERE r.reverses_id = t.id)) THEN
    PERFORM refuse('not_of_that_entry', jsonb_build_object('entry', receipt, 'ledger', line.ledger));
  END IF;
END $$;

-- Consume the authority of a voluntary outflow: exactly what was approved, not more, and end its reservation. Only a fee
-- may be paid in parts, as the money comes in.
CREATE OR REPLACE FUNCTION pen_consume_authority(e jsonb, method text, of_ledger bigint, cents bigint, actor bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  a ledgers_spendingauthority;
  words jsonb := e -> 'text';
BEGIN
  SELECT * INTO a FROM ledgers_spendingauthority WHERE id = (e ->> 'authority')::bigint FOR UPDATE;
  IF NOT FOUND THEN PERFORM refuse('authority_missing', jsonb_build_object('kind', e ->> 'kind', 'ledger', of_ledger)); END IF;
  IF a.voided_at IS NOT NULL THEN PERFORM refuse('authority_void', jsonb_build_object('authority', a.id, 'reason', a.void_reason)); END IF;
  IF a.used_amount + cents > a.amount THEN
    PERFORM refuse('authority_used', jsonb_build_object('authority', a.id, 'approved', a.amount, 'used', a.used_amount, 'asked', cents));
  END IF;
  IF (a.ledger_id, a.kind, a.method, a.payee, a.purpose, a.reference, a.destination_ledger_id, a.operating_account_id, encode(a.content_hash, 'hex'))
     IS DISTINCT FROM (of_ledger, e ->> 'kind', method, words ->> 'party', words ->> 'purpose', words ->> 'reference',
       (e ->> 'destination_ledger')::bigint, (e ->> 'operating_account')::bigint, e ->> 'content_hash')
     OR (a.kind <> 'earned_fee' AND a.amount <> cents) OR (e ->> 'date')::date < a.earliest_date THEN
    PERFORM refuse('not_what_was_approved', jsonb_build_object('authority', a.id));
  END IF;
  UPDATE ledgers_spendingauthority SET used_amount = used_amount + cents WHERE id = a.id;
  IF a.hold_id IS NOT NULL THEN PERFORM end_reservation(actor, a.hold_id, 'Posted'); END IF;
  RETURN a.id;
END $$;

-- A voluntary line: spending not stopped, covered by available money now and by the balance on every later day (I3, I4).
CREATE OR REPLACE FUNCTION pen_check_funds(l ledgers_ledger, cents bigint, on_date date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  held bigint := held_amount(l.id);
  worst record;
BEGIN
  IF cents > l.balance - held THEN
    PERFORM refuse('insufficient_funds', jsonb_build_object(
      'ledger', l.id, 'asked', cents, 'balance', l.balance, 'held', held, 'available', l.balance - held));
  END IF;
  IF on_date < l.last_activity_date THEN
    SELECT * INTO worst FROM (
      (SELECT date, balance FROM ledgers_ledgerday WHERE ledger_id = l.id AND date <= on_date ORDER BY date DESC LIMIT 1)
      UNION ALL SELECT date, balance FROM ledgers_ledgerday WHERE ledger_id = l.id AND date > on_date
      UNION ALL SELECT on_date, 0 WHERE NOT EXISTS (SELECT 1 FROM ledgers_ledgerday WHERE ledger_id = l.id AND date <= on_date)
    ) d ORDER BY balance LIMIT 1;
    IF cents > worst.balance THEN
      PERFORM refuse('insufficient_funds_on_date', jsonb_build_object(
        'ledger', l.id, 'asked', cents, 'date', greatest(worst.date, on_date), 'balance', worst.balance));
    END IF;
  END IF;
END $$;
