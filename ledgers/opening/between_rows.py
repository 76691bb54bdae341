"""What can only be seen between rows, and beside what the books hold already: one statement per rule, set-based."""

from dataclasses import dataclass

AMOUNT = "to_char(abs({0}) / 100.0, 'FM$999,999,999,999,990.00')"
B = "run_id = %(run)s AND part = 'balances' AND NOT is_total"
O = "run_id = %(run)s AND part = 'outstanding' AND NOT is_total"  # noqa: E741 (reads as in the SQL below)

LEARN = (
    # the matter, if the books know the number
    f"""UPDATE ledgers_openingrow r SET matter_id = m.id, client_id = m.client_id FROM ledgers_matter m
        WHERE r.{B} AND r.matter_number <> '' AND lower(m.number) = r.matter_key""",
    # the client, if the books know exactly this name and e-mail
    f"""UPDATE ledgers_openingrow r SET client_id = c.id
        FROM (SELECT name, email, min(id) AS id FROM ledgers_client GROUP BY name, email) c
        WHERE r.{B} AND r.ledger_kind = 'client' AND r.matter_id IS NULL AND c.name = r.client_name
          AND c.email = r.client_email""",
    # the account of an item, if its matter stands in one account only
    f"""UPDATE ledgers_openingrow r SET trust_account_id = b.account
        FROM (SELECT ledger_kind, matter_key, min(trust_account_id) AS account FROM ledgers_openingrow WHERE {B}
              GROUP BY ledger_kind, matter_key HAVING count(DISTINCT trust_account_id) = 1) b
        WHERE r.{O} AND r.trust_account_id IS NULL AND r.account_text = ''
          AND b.ledger_kind = r.ledger_kind AND b.matter_key = r.matter_key""",
)


@dataclass(frozen=True)
class Rule:
    """One statement that finds lines: `line, column, value, wrong, remedy`."""

    part: str
    sql: str
    is_warning: bool = False


def _balances(column: str, value: str, wrong: str, remedy: str, rest: str, is_warning: bool = False) -> Rule:
    return Rule("balances", f"SELECT r.line, '{column}', {value}, {wrong}, '{remedy}' FROM {rest}", is_warning)


def _items(column: str, value: str, wrong: str, remedy: str, rest: str) -> Rule:
    return Rule("outstanding", f"SELECT r.line, '{column}', {value}, {wrong}, '{remedy}' FROM {rest}")


LEDGERS = f"""(SELECT b.line, b.trust_account_id, b.ledger_kind, b.matter_key, b.matter_number, b.amount, i.checks,
  i.deposits,
       b.amount + i.checks - i.deposits AS base
  FROM (SELECT * FROM ledgers_openingrow WHERE {B} AND amount IS NOT NULL) b
  JOIN (SELECT trust_account_id, ledger_kind, matter_key, coalesce(sum(amount) FILTER (WHERE item = 'check'),
    0)::bigint AS checks,
               coalesce(sum(amount) FILTER (WHERE item = 'deposit'), 0)::bigint AS deposits
          FROM ledgers_openingrow WHERE {O} GROUP BY 1, 2, 3) i USING (trust_account_id, ledger_kind, matter_key))"""

RULES = (
    _balances(
        "Matter number",
        "r.matter_number",
        "CASE WHEN r.ledger_kind = 'client' THEN 'Matter ' || r.matter_number ELSE 'This special ledger' END"
        " || ' stands in row ' || r.first || ' already.'",
        "Put the amounts together in one row, or correct the matter number.",
        f"""(SELECT *, first_value(line) OVER w AS first, row_number() OVER w AS place FROM ledgers_openingrow
             WHERE {B} AND trust_account_id IS NOT NULL AND (ledger_kind <> 'client' OR matter_number <> '')
             WINDOW w AS (PARTITION BY trust_account_id, ledger_kind, matter_key ORDER BY line)) r WHERE r.place > 1""",
    ),
    _balances(
        "Client",
        "r.client_name",
        "'Matter ' || r.matter_number || ' belongs to ' || r.first_client || ' in row ' || r.first || '.'",
        "A matter has one client: correct the client or the matter number.",
        f"""(SELECT *, first_value(line) OVER w AS first, first_value(client_name) OVER w AS first_client,
                    first_value(client_key) OVER w AS first_key FROM ledgers_openingrow
             WHERE {B} AND ledger_kind = 'client' AND matter_number <> ''
             WINDOW w AS (PARTITION BY matter_key ORDER BY line)) r WHERE r.client_key <> r.first_key""",
    ),
    _balances(
        "Matter number",
        "r.matter_number",
        "'This matter number cannot be used.'",
        "Ask the managing partner about this number.",
        f"""ledgers_openingrow r WHERE r.{B} AND EXISTS (SELECT 1 FROM ledgers_matterwall w
             WHERE w.matter_id = r.matter_id AND w.person_id = %(uploader)s AND w.lifted_at IS NULL)""",
    ),
    _balances(
        "Client",
        "r.client_name",
        "'Matter ' || r.matter_number || ' is in the books already, for ' || c.name || '.'",
        "Correct the matter number, or the client in the books or in the file.",
        f"""ledgers_openingrow r JOIN ledgers_client c ON c.id = r.client_id
            WHERE r.{B} AND r.matter_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ledgers_matterwall w
              WHERE w.matter_id = r.matter_id AND w.person_id = %(uploader)s AND w.lifted_at IS NULL)
              AND (lower(c.name) <> lower(r.client_name)
                   OR (r.client_email <> '' AND c.email <> '' AND lower(c.email) <> lower(r.client_email)))""",
    ),
    _balances(
        "Matter number",
        "r.matter_number",
        "'Matter ' || r.matter_number || ' is closed in the books.'",
        "Re-open the matter, or take the row out of the file.",
        f"ledgers_openingrow r JOIN ledgers_matter m ON m.id = r.matter_id WHERE r.{B} AND m.status = 'closed'",
    ),
    _balances(
        "Matter number",
        "r.matter_number",
        "'Its ledger in this trust account has entries already.'",
        "An opening balance comes before all others: take the row out of the file.",
        f"""ledgers_openingrow r JOIN ledgers_ledger g ON g.trust_account_id = r.trust_account_id
          AND g.kind = r.ledger_kind
              AND coalesce(g.matter_id, 0) = coalesce(r.matter_id, 0)
            WHERE r.{B} AND (r.ledger_kind <> 'client' OR r.matter_id IS NOT NULL) AND EXISTS (
              SELECT 1 FROM ledgers_journalline x JOIN ledgers_journalentry e ON e.id = x.entry_id
               WHERE x.ledger_id = g.id AND e.kind <> 'reversal'
                 AND NOT (e.kind IN ('opening_balance', 'opening_check')
                          AND EXISTS (SELECT 1 FROM ledgers_journalentry v WHERE v.reverses_id = e.id)))""",
    ),
    _balances(
        "Trust account",
        "r.account_text",
        "a.name || ' is another client''s own account.'",
        "An individual account holds one client''s money: choose the pooled account.",
        f"""ledgers_openingrow r JOIN ledgers_trustaccount a ON a.id = r.trust_account_id
            WHERE r.{B} AND a.kind = 'individual' AND r.ledger_kind = 'client' AND r.client_id IS DISTINCT
              FROM a.client_id""",
    ),
    _balances(
        "Special ledger",
        "r.ledger_kind",
        "a.name || ' has no special ledgers: its interest and charges are the client''s.'",
        "Add the amount to the client''s row.",
        f"""ledgers_openingrow r JOIN ledgers_trustaccount a ON a.id = r.trust_account_id
            WHERE r.{B} AND a.kind = 'individual' AND r.ledger_kind <> 'client'""",
    ),
    _balances(
        "Balance",
        AMOUNT.format("r.amount"),
        "'The balance is negative: ' || " + AMOUNT.format("r.amount") + " || ' is missing.'",
        "Correct it in the old books, or have a managing partner or trust supervisor load it as a recorded deficit.",
        f"ledgers_openingrow r WHERE r.{B} AND r.amount < 0 AND NOT %(deficits)s",
    ),
    _balances(
        "Balance",
        AMOUNT.format("r.amount"),
        "'Will be loaded as a recorded deficit of ' || " + AMOUNT.format("r.amount") + " || '.'",
        "Nothing can be spent from it until the firm puts the money in.",
        f"ledgers_openingrow r WHERE r.{B} AND r.amount < 0 AND %(deficits)s",
        is_warning=True,
    ),
    _balances(
        "Balance",
        AMOUNT.format("r.amount"),
        "'A negative balance with outstanding items cannot be loaded.'",
        "Void or replace its checks, or cure the deficit, in the old books first.",
        f"{LEDGERS} r WHERE r.amount < 0 AND %(deficits)s",
    ),
    _balances(
        "Balance",
        AMOUNT.format("r.amount"),
        "'Its deposits in transit (' || "
        + AMOUNT.format("r.deposits")
        + " || ') are more than its balance and outstanding checks together.'",
        "Correct the balance, or the items of this matter.",
        f"{LEDGERS} r WHERE r.amount >= 0 AND r.base < 0",
    ),
    _balances(
        "Client",
        "r.client_name",
        "'A client of this name is in the books with another e-mail (' || coalesce(nullif(c.email, ''), 'none')"
        " || ').'",
        "A second client of this name will be made. If it is the same one, make the e-mails equal.",
        f"""(SELECT client_key, min(line) AS line, min(client_name) AS client_name FROM ledgers_openingrow
             WHERE {B} AND ledger_kind = 'client' AND client_id IS NULL GROUP BY client_key) r
            JOIN LATERAL (SELECT min(email) AS email FROM ledgers_client c WHERE lower(c.name) = lower(r.client_name)
                          HAVING count(*) > 0) c ON true""",
        is_warning=True,
    ),
    _balances(
        "Client e-mail",
        "r.client_email",
        "'This e-mail belongs to another client in the books (' || c.name || ').'",
        "A new client will be made. If it is the same one under a new name, make the names equal.",
        f"""(SELECT client_key, min(line) AS line, min(client_name) AS client_name, min(client_email) AS client_email
               FROM ledgers_openingrow WHERE {B} AND ledger_kind = 'client' AND client_id IS NULL
                 AND client_email <> '' GROUP BY client_key) r
            JOIN (SELECT lower(email) AS email, min(name) AS name FROM ledgers_client WHERE email <> '' GROUP BY 1) c
              ON c.email = lower(r.client_email) AND lower(c.name) <> lower(r.client_name)""",
        is_warning=True,
    ),
    _balances(
        "Client",
        "r.client_name",
        "'This client stands in row ' || r.first || ' with another e-mail.'",
        "Two clients will be made. If it is the same one, make the e-mails equal.",
        f"""(SELECT *, first_value(line) OVER w AS first, first_value(client_key) OVER w AS first_key,
                    row_number() OVER (PARTITION BY client_key ORDER BY line) AS place FROM ledgers_openingrow
             WHERE {B} AND ledger_kind = 'client' AND client_name <> ''
             WINDOW w AS (PARTITION BY lower(client_name) ORDER BY line)) r WHERE r.client_key <> r.first_key
               AND r.place = 1""",
        is_warning=True,
    ),
    _items(
        "Trust account",
        "r.account_text",
        "'It is not clear in which trust account this item is.'",
        "Fill in the trust account, or choose one for rows without it.",
        f"""ledgers_openingrow r WHERE r.{O} AND r.trust_account_id IS NULL AND r.account_text = ''
            AND (r.ledger_kind <> 'client' OR (SELECT count(*) FROM ledgers_openingrow b
                  WHERE b.{B} AND b.matter_key = r.matter_key AND r.matter_key <> '') > 1)""",
    ),
    _items(
        "Matter number",
        "r.matter_number",
        "'The balances have no row for it in this trust account.'",
        "Add it to the balances, with what is left after this item (0.00 if nothing).",
        f"""ledgers_openingrow r WHERE r.{O} AND (r.ledger_kind <> 'client' OR r.matter_number <> '')
            AND NOT (r.trust_account_id IS NULL AND EXISTS (SELECT 1 FROM ledgers_openingrow b WHERE b.{B}
              AND b.matter_key = r.matter_key
                     AND b.ledger_kind = r.ledger_kind))
            AND NOT EXISTS (SELECT 1 FROM ledgers_openingrow b WHERE b.{B} AND b.trust_account_id = r.trust_account_id
                     AND b.ledger_kind = r.ledger_kind AND b.matter_key = r.matter_key)""",
    ),
    _items(
        "Number",
        "r.item_number",
        "'Check ' || r.item_number || ' stands in row ' || r.first || ' already.'",
        "A check number is used once in an account: take one of the rows out, or correct the number.",
        f"""(SELECT *, first_value(line) OVER w AS first, row_number() OVER w AS place FROM ledgers_openingrow
             WHERE {O} AND item = 'check' AND item_number <> ''
             WINDOW w AS (PARTITION BY trust_account_id, lower(item_number) ORDER BY line)) r WHERE r.place > 1""",
    ),
    _items(
        "Payee",
        "r.payee",
        "'A check to “' || r.payee || '” names no payee.'",
        "Trust money is never paid to cash or bearer: name the person or organization that was paid.",
        f"ledgers_openingrow r WHERE r.{O} AND r.item = 'check' AND is_bearer(r.payee)",
    ),
    _items(
        "Date",
        "r.item_date::text",
        "'On that date the matter would be overdrawn by ' || " + AMOUNT.format("r.running") + " || '.'",
        "A check cannot be older than the money it pays with: correct the dates of its items.",
        f"""(SELECT i.line, i.item_date, g.base + sum(CASE i.item WHEN 'deposit' THEN i.amount ELSE -i.amount END)
                OVER (PARTITION BY trust_account_id, ledger_kind, matter_key ORDER BY i.item_date, i.item DESC,
                  i.line) AS running
             FROM (SELECT * FROM ledgers_openingrow WHERE {O} AND item_date IS NOT NULL) i
             JOIN {LEDGERS} g USING (trust_account_id, ledger_kind, matter_key)
             WHERE g.amount >= 0 AND g.base >= 0) r WHERE r.running < 0""",
    ),
)
