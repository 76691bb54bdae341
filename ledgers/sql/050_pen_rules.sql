-- The rules of each kind of entry, asked by the pen before it writes.

-- The lines of one entry, in the order of their ledgers, as the pen works on them.
DO $$ BEGIN
  IF to_regtype('pen_line') IS NULL THEN CREATE TYPE pen_line AS (ledger bigint, amount bigint); END IF;
END $$;

-- Turn the asked lines into ledgers and amounts, sorted by ledger; a matter's ledger opens by itself with its first receipt.
CREATE OR REPLACE FUNCTION pen_lines(account bigint, asked jsonb) RETURNS pen_line[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  lines pen_line[];
BEGIN
  SELECT array_agg(row(coalesce((x ->> 'ledger')::bigint, client_ledger(account, (x ->> 'matter')::bigint)),
                       (x ->> 'amount')::bigint)::pen_line ORDER BY coalesce((x ->> 'ledger')::bigint, client_ledger(account, (x ->> 'matter')::bigint)))
    INTO lines FROM jsonb_array_elements(asked) x;
  IF lines IS NULL THEN PERFORM refuse('no_lines'); END IF;
  IF EXISTS (SELECT 1 FROM unnest(lines) u WHERE coalesce(u.amount, 0) = 0) THEN
    PERFORM refuse('amount_not_positive', jsonb_build_object('amount', 0));
  END IF;
  IF (SELECT count(DISTINCT u.ledger) FROM unnest(lines) u) <> cardinality(lines) THEN PERFORM refuse('ledger_twice'); END IF;
  RETURN lines;
END $$;

-- Refuse unless the words a kind of entry must carry are there.
CREATE OR REPLACE FUNCTION pen_check_words(kind text, method text, words jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  missing text;
BEGIN
  SELECT string_agg(w, ', ') INTO missing FROM unnest(CASE
      WHEN kind = 'receipt' THEN ARRAY['party']
      WHEN kind IN ('disbursement', 'earned_fee', 'matter_transfer', 'account_transfer', 'return', 'firm_funds_withdrawal', 'opening_check')
        THEN ARRAY['party', 'purpose', 'reference']
      WHEN kind IN ('returned_receipt', 'bank_charge', 'interest', 'interest_sweep', 'bank_event') THEN ARRAY['advice']
      WHEN kind IN ('reversal', 'deficit_cure', 'fee_put_back') THEN ARRAY['reason']
      ELSE ARRAY[]::text[] END) w WHERE coalesce(trim(words ->> w), '') = '';
  IF missing IS NOT NULL THEN PERFORM refuse('words_missing', jsonb_build_object('kind', kind, 'missing', missing)); END IF;
  IF kind IN ('disbursement', 'earned_fee', 'account_transfer', 'return', 'firm_funds_withdrawal', 'opening_check')
     AND (method = 'cash' OR is_bearer(words ->> 'party')) THEN
    PERFORM refuse('payee_is_cash', jsonb_build_object('payee', words ->> 'party'));
  END IF;
END $$;

-- Which ledgers a kind of entry may touch, and in which direction (I11 among them).
CREATE OR REPLACE FUNCTION pen_check_line(kind text, account_kind text, l ledgers_ledger, cents bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  fits boolean;
BEGIN
  fits := CASE kind
      WHEN 'receipt' THEN cents > 0 AND l.kind IN ('client', 'unidentified')
      WHEN 'disbursement' THEN cents < 0 AND l.kind = 'client'
      WHEN 'earned_fee' THEN cents < 0 AND l.kind = 'client'
      WHEN 'matter_transfer' THEN (cents < 0 AND l.kind IN ('client', 'unidentified')) OR (cents > 0 AND l.kind = 'client')
      WHEN 'account_transfer' THEN l.kind = 'client'
      WHEN 'return' THEN cents < 0 AND l.kind IN ('client', 'unidentified')
      WHEN 'returned_receipt' THEN cents < 0 AND l.kind IN ('client', 'unidentified', 'firm_funds')
      WHEN 'bank_charge' THEN cents < 0 AND l.kind = CASE account_kind WHEN 'individual' THEN 'client' ELSE 'firm_funds' END
      WHEN 'interest' THEN cents > 0 AND l.kind = CASE account_kind WHEN 'individual' THEN 'client' ELSE 'interest_due' END
      WHEN 'interest_sweep' THEN cents < 0 AND l.kind = 'interest_due'
      WHEN 'firm_funds_deposit' THEN cents > 0 AND l.kind = 'firm_funds'
      WHEN 'firm_funds_withdrawal' THEN cents < 0 AND l.kind = 'firm_funds'
      WHEN 'deficit_cure' THEN cents > 0 OR l.kind = 'firm_funds'
      WHEN 'fee_put_back' THEN cents > 0 AND l.kind = 'client'
      WHEN 'opening_balance' THEN true
      WHEN 'opening_check' THEN cents < 0 AND l.kind = 'client'
      WHEN 'bank_event' THEN l.kind IN ('client', 'firm_funds', 'unidentified')
      WHEN 'reversal' THEN true
      ELSE false END;
  IF NOT fits THEN
    PERFORM refuse('ledger_not_for_kind', jsonb_build_object('kind', kind, 'ledger', l.id, 'ledger_kind', l.kind, 'amount', cents));
  END IF;
  IF kind = 'deficit_cure' AND cents > 0 AND cents > l.deficit THEN
    PERFORM refuse('cure_exceeds_deficit', jsonb_build_object('ledger', l.id, 'asked', cents, 'deficit', l.deficit));
  END IF;
  IF kind IN ('opening_balance', 'opening_check') AND l.line_count > 0 AND EXISTS (
      SELECT 1 FROM ledgers_journalline x JOIN ledgers_journalentry e ON e.id = x.entry_id
       WHERE x.ledger_id = l.id AND e.kind NOT IN ('opening_balance', 'opening_check')
         -- an opening that was rolled back never was: the ledger may be opened again
         AND NOT (e.kind = 'reversal' AND EXISTS (SELECT 1 FROM ledgers_journalentry o WHERE o.id = e.reverses_id
                                                     AND o.kind IN ('opening_balance', 'opening_check')))) THEN
    PERFORM refuse('ledger_already_in_use', jsonb_build_object('ledger', l.id));
  END IF;
END $$;

-- The entry that an entry speaks of: what it reverses, returns, or puts back.
CREATE OR REPLACE FUNCTION pen_check_relation(e jsonb, lines pen_line[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  kind text := e ->> 'kind';
  of_entry bigint := coalesce((e ->> 'reverses')::bigint, (e ->> 'relates_to')::bigint);
  o ledgers_journalentry;
  total bigint := (SELECT sum(amount) FROM unnest(lines));
  so_far bigint;
BEGIN
  IF kind NOT IN ('reversal', 'returned_receipt', 'fee_put_back') THEN RETURN; END IF;
  SELECT * INTO o FROM ledgers_journalentry WHERE id = of_entry AND trust_account_id = (e ->> 'account')::bigint;
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
  ELSE
    IF o.kind <> 'earned_fee' THEN PERFORM refuse('not_a_fee', jsonb_build_object('entry', o.id)); END IF;
    IF total + so_far > -o.bank_amount THEN
      PERFORM refuse('put_back_more_than_taken', jsonb_build_object('entry', o.id, 'taken', -o.bank_amount, 'put_back', so_far, 'asked', total));
    END IF;
  END IF;
END $$;

-- Consume the authority of a voluntary outflow: exactly what was approved, not more, and end its reservation.
CREATE OR REPLACE FUNCTION pen_consume_authority(e jsonb, of_ledger bigint, cents bigint, actor bigint) RETURNS ledgers_spendingauthority
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a ledgers_spendingauthority;
  words jsonb := e -> 'text';
BEGIN
  SELECT * INTO a FROM ledgers_spendingauthority WHERE id = (e ->> 'authority')::bigint FOR UPDATE;
  IF NOT FOUND THEN PERFORM refuse('authority_missing', jsonb_build_object('kind', e ->> 'kind', 'ledger', of_ledger)); END IF;
  IF a.voided_at IS NOT NULL THEN PERFORM refuse('authority_void', jsonb_build_object('authority', a.id, 'reason', a.void_reason)); END IF;
  IF a.ledger_id <> of_ledger OR a.kind <> e ->> 'kind' OR a.method <> e ->> 'method' OR a.payee <> words ->> 'party'
     OR a.purpose <> words ->> 'purpose' OR a.reference <> words ->> 'reference'
     OR a.destination_ledger_id IS DISTINCT FROM (e ->> 'destination_ledger')::bigint
     OR a.operating_account_id IS DISTINCT FROM (e ->> 'operating_account')::bigint
     OR encode(a.content_hash, 'hex') IS DISTINCT FROM e ->> 'content_hash'
     OR (a.earliest_date IS NOT NULL AND (e ->> 'date')::date < a.earliest_date) THEN
    PERFORM refuse('not_what_was_approved', jsonb_build_object('authority', a.id));
  END IF;
  IF a.used_amount + cents > a.amount THEN
    PERFORM refuse('authority_used', jsonb_build_object('authority', a.id, 'approved', a.amount, 'used', a.used_amount, 'asked', cents));
  END IF;
  UPDATE ledgers_spendingauthority SET used_amount = used_amount + cents WHERE id = a.id;
  IF a.hold_id IS NOT NULL THEN PERFORM end_reservation(actor, a.hold_id, 'Posted'); END IF;
  RETURN a;
END $$;

-- A voluntary line: spending not stopped, covered by available money now and by the balance on every later day (I3, I4).
CREATE OR REPLACE FUNCTION pen_check_funds(l ledgers_ledger, cents bigint, on_date date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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
