-- What must hold in the books. Each check selects (subject, expected, found) of rows that are wrong, the first broken one
-- first; amounts are cents. Read by ledgers/integrity.py.

-- check: entry_balanced
SELECT 'entry ' || e.id, e.bank_amount, coalesce(l.total, 0) FROM ledgers_journalentry e
LEFT JOIN (SELECT entry_id, sum(amount) AS total FROM ledgers_journalline GROUP BY 1) l ON l.entry_id = e.id
WHERE e.bank_amount IS DISTINCT FROM l.total ORDER BY e.id

-- check: line_in_its_account
SELECT 'line ' || l.id, e.trust_account_id || ' ' || e.book_date, g.trust_account_id || ' ' || l.book_date
FROM ledgers_journalline l LEFT JOIN ledgers_journalentry e ON e.id = l.entry_id LEFT JOIN ledgers_ledger g ON g.id = l.ledger_id
WHERE g.trust_account_id IS DISTINCT FROM e.trust_account_id OR l.book_date IS DISTINCT FROM e.book_date OR e.id IS NULL ORDER BY l.id

-- check: entry_in_its_command
SELECT 'entry ' || e.id, 'command ' || e.command_id, 'none' FROM ledgers_journalentry e
WHERE NOT EXISTS (SELECT 1 FROM ledgers_command c WHERE c.id = e.command_id) ORDER BY e.id

-- check: ledger_known_kind
SELECT 'ledger ' || id, CASE kind WHEN 'client' THEN 'a matter' ELSE 'no matter' END, kind || coalesce(' of matter ' || matter_id, '')
FROM ledgers_ledger WHERE kind NOT IN ('client', 'firm_funds', 'unidentified', 'interest_due') OR (kind = 'client') <> (matter_id IS NOT NULL)
ORDER BY id

-- check: ledger_balance
SELECT 'ledger ' || g.id, coalesce(l.total, 0), g.balance FROM ledgers_ledger g
LEFT JOIN (SELECT ledger_id, sum(amount) AS total FROM ledgers_journalline GROUP BY 1) l ON l.ledger_id = g.id
WHERE g.balance <> coalesce(l.total, 0) ORDER BY g.id

-- check: ledger_deficit
SELECT 'ledger ' || id, greatest(0, -balance), deficit FROM ledgers_ledger
WHERE deficit <> greatest(0, -balance) ORDER BY id

-- check: ledger_day
WITH days AS (SELECT ledger_id, book_date, sum(sum(amount)) OVER (PARTITION BY ledger_id ORDER BY book_date) AS total
                FROM ledgers_journalline GROUP BY 1, 2),
  stored AS (  -- of its last day a ledger has no row: balance and deficit are its own
    SELECT x.ledger_id, x.date, CASE WHEN x.date >= g.last_activity_date THEN NULL ELSE x.balance END AS balance, x.deficit
      FROM ledgers_ledgerday x LEFT JOIN ledgers_ledger g ON g.id = x.ledger_id
    UNION ALL SELECT id, last_activity_date, balance, deficit FROM ledgers_ledger WHERE last_activity_date IS NOT NULL)
SELECT 'ledger ' || coalesce(d.ledger_id, s.ledger_id) || ' on ' || coalesce(d.book_date, s.date), d.total, s.balance
FROM days d FULL JOIN stored s ON s.ledger_id = d.ledger_id AND s.date = d.book_date
WHERE d.total IS DISTINCT FROM s.balance OR s.deficit <> greatest(0, -s.balance) ORDER BY 1

-- check: book_equals_ledgers
SELECT 'trust account ' || a.id || ' on ' || d.day, d.book, d.ledgers FROM ledgers_trustaccount a
CROSS JOIN LATERAL (
  SELECT day, sum(sum(bank)) OVER (ORDER BY day) AS book, sum(sum(lines)) OVER (ORDER BY day) AS ledgers FROM (
    SELECT e.book_date AS day, e.bank_amount AS bank, 0 AS lines FROM ledgers_journalentry e WHERE e.trust_account_id = a.id
    UNION ALL SELECT l.book_date, 0, l.amount FROM ledgers_journalline l JOIN ledgers_ledger g ON g.id = l.ledger_id
     WHERE g.trust_account_id = a.id) moves GROUP BY day) d
WHERE d.book <> d.ledgers ORDER BY a.id, d.day

-- check: locked_month
SELECT 'trust account ' || m.trust_account_id || ' ' || to_char(m.first_day, 'YYYY-MM'), m.book_balance, b.total
FROM ledgers_month m CROSS JOIN LATERAL (SELECT coalesce(sum(e.bank_amount), 0) AS total FROM ledgers_journalentry e
  WHERE e.trust_account_id = m.trust_account_id AND e.book_date < m.first_day + interval '1 month') b
WHERE m.state = 'locked' AND m.book_balance <> b.total ORDER BY m.trust_account_id, m.first_day

-- check: entry_hash
SELECT 'entry ' || e.id, encode(e.hash, 'hex'), 'other content' FROM ledgers_journalentry e
WHERE e.hash IS DISTINCT FROM entry_content_hash(e.id, e.kind, e.trust_account_id, e.book_date, e.bank_amount, e.method, e.actor_id,
  e.second_person_id, e.posted_at, e.reverses_id, e.relates_to_id, e.linked_to_id, e.authority_id, e.bank_item_id,
  e.operating_account_id, host(e.source_address), e.request_id, e.text_commitment) ORDER BY e.id

-- check: entry_text
SELECT 'entry ' || coalesce(e.id, t.entry_id), encode(e.text_commitment, 'hex'), CASE WHEN t.entry_id IS NULL THEN 'no text' ELSE 'other text' END
FROM ledgers_journalentry e FULL JOIN ledgers_entrytext t ON t.entry_id = e.id
WHERE t.entry_id IS NULL OR e.id IS NULL OR e.text_commitment IS DISTINCT FROM sha256(t.salt || convert_to(jsonb_build_array(
  t.party, t.purpose, t.reference, t.memo, t.advice, t.reason)::text, 'UTF8')) ORDER BY e.id

-- check: ledger_chain
SELECT 'line ' || l.id || ' of ledger ' || l.ledger_id, 'place ' || l.place, 'place ' || l.seq || ', hash ' || encode(l.hash, 'hex')
FROM (SELECT x.*, lag(x.hash, 1, ''::bytea) OVER w AS before, row_number() OVER w AS place FROM ledgers_journalline x
      WINDOW w AS (PARTITION BY x.ledger_id ORDER BY x.seq)) l JOIN ledgers_journalentry e ON e.id = l.entry_id
WHERE l.seq <> l.place OR l.hash IS DISTINCT FROM line_hash(l.before, e.hash, l.ledger_id, l.seq, l.amount, l.book_date)
ORDER BY l.ledger_id, l.seq

-- check: ledger_head
SELECT 'ledger ' || g.id, g.line_count || ' ' || encode(g.head_hash, 'hex'), coalesce(l.n, 0) || ' ' || encode(coalesce(l.head, ''), 'hex')
FROM ledgers_ledger g LEFT JOIN LATERAL (SELECT seq AS n, hash AS head FROM ledgers_journalline x
  WHERE x.ledger_id = g.id ORDER BY seq DESC LIMIT 1) l ON true
WHERE g.line_count <> coalesce(l.n, 0) OR g.head_hash IS DISTINCT FROM coalesce(l.head, '') ORDER BY g.id

-- check: authority_used
SELECT 'authority ' || a.id, a.used_amount, coalesce(-u.total, 0) FROM ledgers_spendingauthority a
LEFT JOIN (SELECT e.authority_id, sum(l.amount) AS total FROM ledgers_journalentry e JOIN ledgers_journalline l ON l.entry_id = e.id
            WHERE l.amount < 0 GROUP BY 1) u ON u.authority_id = a.id
WHERE a.used_amount <> coalesce(-u.total, 0) ORDER BY a.id

-- check: outflow_authorized
SELECT 'entry ' || e.id, 'an authority', 'none' FROM ledgers_journalentry e WHERE e.authority_id IS NULL AND e.linked_to_id IS NULL
AND e.kind IN ('disbursement', 'earned_fee', 'matter_transfer', 'account_transfer', 'return', 'firm_funds_withdrawal') ORDER BY e.id

-- check: seal
SELECT 'seal ' || s.id, encode(s.hash, 'hex'), 'other content' FROM (SELECT x.*, lag(hash, 1, ''::bytea) OVER w AS before,
  lag(up_to_line, 1, 0::bigint) OVER w AS after_line, lag(up_to_audit, 1, 0::bigint) OVER w AS after_audit
  FROM ledgers_seal x WINDOW w AS (ORDER BY id)) s
WHERE s.hash IS DISTINCT FROM seal_hash(s.before, s.after_line, s.up_to_line, s.after_audit, s.up_to_audit) ORDER BY s.id
