-- Entries that come in pairs, bank items, and the hashes.

-- The second half of an account transfer brings in, on the approved ledger, what the first took out.
CREATE OR REPLACE FUNCTION pen_check_pair(e jsonb, lines pen_line[], link bigint, this_entry bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  first ledgers_journalentry;
BEGIN
  IF link IS NULL THEN RETURN; END IF;
  SELECT * INTO first FROM ledgers_journalentry WHERE id = link;
  IF e ->> 'kind' = 'account_transfer' THEN
    IF first.kind <> 'account_transfer' OR first.bank_amount >= 0 OR cardinality(lines) <> 1
       OR lines[1].amount <> -first.bank_amount OR first.trust_account_id = (e ->> 'account')::bigint
       OR NOT EXISTS (SELECT 1 FROM ledgers_spendingauthority a WHERE a.id = first.authority_id AND a.destination_ledger_id = lines[1].ledger) THEN
      PERFORM refuse('transfer_one_sided', jsonb_build_object('entry', link));
    END IF;
  ELSIF e ->> 'kind' = 'reversal' THEN
    IF first.kind <> 'reversal' OR NOT EXISTS (SELECT 1 FROM ledgers_journalentry o
        WHERE o.id = (e ->> 'reverses')::bigint AND o.linked_to_id = first.reverses_id) THEN
      PERFORM refuse('transfer_one_sided', jsonb_build_object('entry', link));
    END IF;
  ELSE
    PERFORM refuse('transfer_one_sided', jsonb_build_object('entry', link));
  END IF;
END $$;

-- Both sides of an account transfer post, and both are reversed, together (I1).
CREATE OR REPLACE FUNCTION pen_check_whole_transfers(of_command bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  half bigint;
BEGIN
  SELECT j.id INTO half FROM ledgers_journalentry j LEFT JOIN ledgers_journalentry o ON o.id = j.reverses_id
   WHERE j.command_id = of_command AND j.linked_to_id IS NULL
     AND (j.kind = 'account_transfer' OR (j.kind = 'reversal' AND o.kind = 'account_transfer'))
     AND NOT EXISTS (SELECT 1 FROM ledgers_journalentry s WHERE s.linked_to_id = j.id) LIMIT 1;
  IF half IS NOT NULL THEN PERFORM refuse('transfer_one_sided', jsonb_build_object('entry', half)); END IF;
END $$;

-- A deposit slip takes receipts of its account until it goes to the bank; a transfer batch takes fees.
CREATE OR REPLACE FUNCTION pen_check_bank_item(item bigint, account bigint, kind text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  b ledgers_bankitem;
BEGIN
  SELECT * INTO b FROM ledgers_bankitem WHERE id = item AND trust_account_id = account FOR SHARE;
  IF NOT FOUND THEN PERFORM refuse('no_such_bank_item', jsonb_build_object('bank_item', item)); END IF;
  IF b.closed_at IS NOT NULL THEN PERFORM refuse('bank_item_closed', jsonb_build_object('bank_item', item)); END IF;
  IF (b.kind = 'deposit_slip' AND kind NOT IN ('receipt', 'firm_funds_deposit', 'deficit_cure', 'fee_put_back'))
     OR (b.kind = 'transfer_batch' AND kind <> 'earned_fee') THEN
    PERFORM refuse('bank_item_not_for_kind', jsonb_build_object('bank_item', item, 'kind', kind));
  END IF;
END $$;

-- What an entry's hash covers: every column, its free text by commitment. (STABLE, so that its caller takes it in: its parts are.)
-- web role may execute
CREATE OR REPLACE FUNCTION entry_content_hash(id bigint, kind text, account bigint, on_date date, bank bigint, method text, actor bigint,
  second bigint, posted timestamptz, reverses bigint, relates bigint, linked bigint, authority bigint, item bigint, operating bigint,
  address text, request text, commitment bytea) RETURNS bytea
LANGUAGE sql STABLE AS $$
  SELECT sha256(convert_to(concat_ws('|', id, kind, account, on_date - date '2000-01-01', bank, method, actor, coalesce(second, 0),
    (extract(epoch FROM posted) * 1000000)::bigint, coalesce(reverses, 0), coalesce(relates, 0), coalesce(linked, 0),
    coalesce(authority, 0), coalesce(item, 0), coalesce(operating, 0), coalesce(address, ''), coalesce(request, '')), 'UTF8') || commitment)
$$;

-- A link of a ledger's chain: the link before, the entry, the place, the amount, the date.
-- web role may execute
CREATE OR REPLACE FUNCTION line_hash(before bytea, entry bytea, ledger bigint, seq bigint, amount bigint, on_date date) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$
  SELECT sha256(before || entry || int8send(ledger) || int8send(seq) || int8send(amount) || int4send(on_date - date '2000-01-01'))
$$;
