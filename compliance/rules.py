"""The rules: each is a question to the database whose rows are, at this moment, exceptions.

A rule's SQL yields subject_type, subject_id, label, severity, matter_id, trust_account_id, amount (cents or NULL) and
due (a date or NULL: `due_business_days` after it is found). What it no longer yields closes by itself.
"""

from dataclasses import dataclass

from disbursements.follow_up import REMIND_AFTER_HOURS
from disbursements.matter_closing import IS_UNTOLD

OVERDUE_HOURS = REMIND_AFTER_HOURS[-1]  # with the last letter


@dataclass(frozen=True)
class Rule:
    """One reason to look: its question, what it is called, what to do, and the page where that is done."""

    code: str
    title: str
    advice: str
    sql: str
    action: str
    page: str
    page_of: str = ""  # "subject", "matter" or nothing: what the page is opened for
    due_business_days: int = 5
    by_hand: bool = False  # a fact that stays true: a person settles it, and it does not come back


MATTER_LABEL = "m.number || ' ' || m.description"

DEFICIT = Rule(
    "deficit", "Ledger with a deficit",
    "A bank event took more than the ledger held. Cure it with firm money; it spends nothing until then.",
    f"""SELECT 'ledgers_ledger' AS subject_type, l.id::text AS subject_id,
            COALESCE({MATTER_LABEL}, initcap(replace(l.kind, '_', ' '))) || ' in ' || a.name AS label,
            'critical' AS severity, l.matter_id, l.trust_account_id, l.deficit AS amount, NULL::date AS due
        FROM ledgers_ledger l JOIN ledgers_trustaccount a ON a.id = l.trust_account_id
        LEFT JOIN ledgers_matter m ON m.id = l.matter_id WHERE l.deficit > 0""",
    "Open the ledger", "ledger_card", "subject", due_business_days=1,
)  # fmt: skip

INTEGRITY = Rule(
    "integrity", "The books do not add up",
    "The integrity check found a difference and stopped disbursements. Read the finding, repair the cause, run the "
    "check again; two people then let disbursements go on.",
    """SELECT 'firms_firm' AS subject_type, '1' AS subject_id, left(disbursements_stopped_reason, 300) AS label,
            'critical' AS severity, NULL::bigint AS matter_id, NULL::bigint AS trust_account_id, NULL::bigint AS amount,
            NULL::date AS due FROM firms_firm WHERE disbursements_stopped_at IS NOT NULL""",
    "See the audit trail", "audit_events", due_business_days=0,
)  # fmt: skip

STOPPED_ACCOUNT = Rule(
    "stopped_account", "Disbursements stopped",
    "Nothing leaves this trust account until the reason is resolved.",
    """SELECT 'ledgers_trustaccount' AS subject_type, id::text AS subject_id,
            left(name || ': ' || disbursements_stopped_reason, 300) AS label, 'high' AS severity,
            NULL::bigint AS matter_id, id AS trust_account_id, NULL::bigint AS amount, NULL::date AS due
        FROM ledgers_trustaccount WHERE disbursements_stopped_at IS NOT NULL""",
    "Open the account", "trust_account", "subject", due_business_days=1,
)  # fmt: skip

UNIDENTIFIED = Rule(
    "unidentified", "Unidentified receipt",
    "Money came in that belongs to no matter yet. Find out whose it is and assign it, or return it to its sender.",
    """SELECT 'ledgers_journalentry' AS subject_type, r.id::text AS subject_id,
            'Received on ' || to_char(r.book_date, 'Mon FMDD, YYYY') || ' from ' || r.party AS label,
            CASE WHEN business_days_between(r.book_date, firm_today()) > 10 THEN 'critical' ELSE 'high' END AS severity,
            NULL::bigint AS matter_id, r.trust_account_id, r.remaining AS amount,
            add_business_days(r.book_date, 10) AS due
        FROM (SELECT e.id, e.book_date, e.trust_account_id, left(t.party, 150) AS party, l.amount
                - COALESCE((SELECT sum(d.amount) FROM disbursements_disbursementrequest d
                    WHERE d.receipt_id = e.id AND d.state = 'posted' AND NOT EXISTS
                      (SELECT FROM ledgers_journalentry u WHERE u.reverses_id = d.entry_id)), 0)
                + COALESCE((SELECT sum(b.amount) FROM ledgers_journalline b JOIN ledgers_ledger g ON g.id = b.ledger_id
                    JOIN ledgers_journalentry back ON back.id = b.entry_id
                    WHERE back.relates_to_id = e.id AND g.kind = 'unidentified' AND NOT EXISTS
                      (SELECT FROM ledgers_journalentry u WHERE u.reverses_id = back.id)), 0) AS remaining
              FROM ledgers_ledger s JOIN ledgers_journalline l ON l.ledger_id = s.id
              JOIN ledgers_journalentry e ON e.id = l.entry_id JOIN ledgers_entrytext t ON t.entry_id = e.id
              WHERE s.kind = 'unidentified' AND s.balance > 0 AND e.kind = 'receipt'
                AND NOT EXISTS (SELECT FROM ledgers_journalentry u WHERE u.reverses_id = e.id)) r
        WHERE r.remaining > 0""",
    "Assign it to a matter", "receipt_assign", "subject",
)  # fmt: skip

CUSHION_LOW = Rule(
    "cushion_low", "Firm funds below their minimum",
    "Bank charges may take client money when the cushion is empty. Put firm money in, up to the cap.",
    """SELECT 'ledgers_trustaccount' AS subject_type, a.id::text AS subject_id, a.name AS label,
            CASE WHEN l.balance <= 0 THEN 'high' ELSE 'medium' END AS severity, NULL::bigint AS matter_id,
            a.id AS trust_account_id, a.firm_funds_minimum - l.balance AS amount, NULL::date AS due
        FROM ledgers_trustaccount a JOIN ledgers_ledger l ON l.trust_account_id = a.id AND l.kind = 'firm_funds'
        WHERE a.closed_date IS NULL AND l.balance < a.firm_funds_minimum""",
    "Put firm money in", "firm_funds_deposit_new", due_business_days=3,
)  # fmt: skip

CUSHION_HIGH = Rule(
    "cushion_high", "Firm funds above their cap",
    "More of the firm's own money lies in trust than bank charges need: that is commingling. Withdraw what is over.",
    """SELECT 'ledgers_trustaccount' AS subject_type, a.id::text AS subject_id, a.name AS label, 'high' AS severity,
            NULL::bigint AS matter_id, a.id AS trust_account_id, l.balance - a.firm_funds_cap AS amount,
            NULL::date AS due
        FROM ledgers_trustaccount a JOIN ledgers_ledger l ON l.trust_account_id = a.id AND l.kind = 'firm_funds'
        WHERE a.closed_date IS NULL AND l.balance > a.firm_funds_cap""",
    "Withdraw firm money", "firm_funds_withdrawal_new", due_business_days=3,
)  # fmt: skip

CLOSED_WITH_MONEY = Rule(
    "closed_with_money", "Closed matter with money",
    "A closed or closing matter still holds money. Return it to the client, or record on a dated hold why it stays.",
    f"""SELECT 'ledgers_matter' AS subject_type, m.id::text AS subject_id, {MATTER_LABEL} AS label,
            CASE m.status WHEN 'closed' THEN 'high' ELSE 'medium' END AS severity, m.id AS matter_id,
            NULL::bigint AS trust_account_id, sum(l.balance)::bigint AS amount, NULL::date AS due
        FROM ledgers_matter m JOIN ledgers_ledger l ON l.matter_id = m.id AND l.balance <> 0
        WHERE m.status IN ('closed', 'closing') GROUP BY m.id""",
    "See what is left", "matter_close", "subject", due_business_days=10,
)  # fmt: skip

STATEMENT_UNSENT = Rule(
    "final_statement_unsent", "Closed matter without its final statement",
    "It goes out by itself when a matter is closed, and a day later it has not. Look at the preview and send it.",
    f"""SELECT 'ledgers_matter' AS subject_type, m.id::text AS subject_id, {MATTER_LABEL} AS label,
            'medium' AS severity, m.id AS matter_id, NULL::bigint AS trust_account_id, NULL::bigint AS amount,
            NULL::date AS due
        FROM ledgers_matter m WHERE m.closed_date < firm_today() AND {IS_UNTOLD}""",
    "See the statement", "matter_close", "subject", due_business_days=3,
)  # fmt: skip

LOW_BALANCE = Rule(
    "low_balance", "Low balance for a week",
    "The matter has had less available than its agreement asks for, for more than a week. Ask the client to replenish.",
    f"""SELECT 'retainers_lowbalanceepisode' AS subject_type, e.id::text AS subject_id, {MATTER_LABEL} AS label,
            CASE WHEN matter_available(m.id) < 50000 THEN 'high' ELSE 'medium' END AS severity, m.id AS matter_id,
            NULL::bigint AS trust_account_id, m.minimum_balance - matter_available(m.id) AS amount, NULL::date AS due
        FROM retainers_lowbalanceepisode e JOIN ledgers_matter m ON m.id = e.matter_id
        WHERE e.closed_at IS NULL AND e.opened_at < firm_now() - interval '7 days' AND m.minimum_balance IS NOT NULL""",
    "See low balances", "low_balances",
)  # fmt: skip

OVERDUE_APPROVAL = Rule(
    "overdue_approval", "Approval overdue",
    f"No decision for {OVERDUE_HOURS} business hours, and two letters. Ask the attorney, or withdraw the request.",
    f"""SELECT 'disbursements_disbursementrequest' AS subject_type, r.id::text AS subject_id,
            left('To ' || r.payee || ' for ' || r.purpose, 300) AS label, 'high' AS severity, l.matter_id,
            l.trust_account_id, r.amount, NULL::date AS due
        FROM disbursements_disbursementrequest r JOIN ledgers_ledger l ON l.id = r.ledger_id
        LEFT JOIN disbursements_firstapproval f ON f.request_id = r.id
        WHERE r.state = 'awaiting_approval'
            AND business_hours_between(coalesce(f.decided_at, r.requested_at), firm_now()) >= {OVERDUE_HOURS}""",
    "Open the request", "disbursement", "subject", due_business_days=1,
)  # fmt: skip

UNFUNDED = Rule(
    "unfunded", "Approved but not funded",
    "The attorney approved, but the money is gone. It may be posted within five business days once it is back.",
    """SELECT 'disbursements_disbursementrequest' AS subject_type, r.id::text AS subject_id,
            left('To ' || r.payee || ' for ' || r.purpose, 300) AS label, 'medium' AS severity, l.matter_id,
            l.trust_account_id, r.amount, NULL::date AS due
        FROM disbursements_disbursementrequest r JOIN ledgers_ledger l ON l.id = r.ledger_id
        WHERE r.state = 'approved_unfunded'""",
    "Open the request", "disbursement", "subject",
)  # fmt: skip

MONTH_BEHIND = Rule(
    "month_behind", "Months not reconciled",
    "A month is to be signed by the 5th of the next. Reconcile the oldest first, and have a trust supervisor sign.",
    """SELECT 'ledgers_trustaccount' AS subject_type, a.id::text AS subject_id,
            count(*) || CASE count(*) WHEN 1 THEN ' month behind: ' ELSE ' months behind, the oldest ' END
                || to_char(min(m.first_day), 'FMMonth YYYY') AS label,
            CASE WHEN count(*) > 1 THEN 'high' ELSE 'medium' END AS severity,
            NULL::bigint AS matter_id, a.id AS trust_account_id, NULL::bigint AS amount,
            (min(m.first_day) + interval '1 month 4 days')::date AS due
        FROM ledgers_month m JOIN ledgers_trustaccount a ON a.id = m.trust_account_id
        WHERE m.state = 'open' AND m.first_day <= coalesce(a.closed_date, m.first_day)
            AND (m.first_day + interval '1 month 4 days')::date < firm_today() GROUP BY a.id""",
    "Reconcile", "reconciliation",
)  # fmt: skip

FAILED_JOB = Rule(
    "failed_job", "A scheduled job failed",
    "The worker could not do a round. Show this to whoever runs the server; it is tried again by itself.",
    """SELECT 'firms_jobrun' AS subject_type, r.job || ' ' || r.scope AS subject_id,
            left(r.job || ', due ' || r.period || ': ' || r.problem, 300) AS label, 'high' AS severity,
            NULL::bigint AS matter_id, NULL::bigint AS trust_account_id, NULL::bigint AS amount, NULL::date AS due
        FROM (SELECT DISTINCT ON (job, scope) * FROM firms_jobrun ORDER BY job, scope, taken_at DESC) r
        WHERE r.failed_at IS NOT NULL AND r.finished_at IS NULL""",
    "See the audit trail", "audit_events", due_business_days=1, by_hand=True,
)  # fmt: skip

UNSENT_MAIL = Rule(
    "unsent_mail", "Mail not delivered",
    "Somebody was to be told and was not. Correct the address or the mail server, then send it again.",
    """SELECT 'notifications_notice' AS subject_type, n.id::text AS subject_id,
            left(COALESCE(NULLIF(n.subject, ''), n.kind) || ' to '
                 || COALESCE(NULLIF(n.address, ''), 'nobody'), 300) AS label,
            CASE n.state WHEN 'undeliverable' THEN 'high' ELSE 'medium' END AS severity, n.matter_id,
            NULL::bigint AS trust_account_id, NULL::bigint AS amount, NULL::date AS due
        FROM notifications_notice n WHERE n.state = 'undeliverable'
           OR (n.state IN ('queued', 'deferred') AND n.created_at < firm_now() - interval '1 hour')""",
    "Open the letter", "mail_notice", "subject", due_business_days=1, by_hand=True,
)  # fmt: skip

SOLO_USE = Rule(
    "solo_use", "One person did both halves",
    "The recorded solo policy was used. Look at what was done and confirm that it was in order.",
    """SELECT 'ledgers_spendingauthority' AS subject_type, s.id::text AS subject_id,
            left('Approved by its own requester: to ' || s.payee || ' for ' || s.purpose, 300) AS label,
            'medium' AS severity,            l.matter_id, l.trust_account_id, s.amount, NULL::date AS due
        FROM ledgers_spendingauthority s JOIN ledgers_ledger l ON l.id = s.ledger_id WHERE s.solo_policy
       UNION ALL
       SELECT 'firms_proposal', p.id::text, left('Confirmed by its own author: ' || p.summary, 300), 'medium',
            NULL, NULL, NULL, NULL FROM firms_proposal p WHERE p.solo AND p.state = 'confirmed'""",
    "See the audit trail", "audit_events", due_business_days=10, by_hand=True,
)  # fmt: skip

FEE_REMAINDER = Rule(
    "earned_fee_remainder", "Earned fee waits for money",
    "Attorney and client agree, but the ledger does not hold enough: the rest stays due and follows as money comes in. "
    "Ask the client to replenish.",
    f"""SELECT 'billing_invoice' AS subject_type, i.id::text AS subject_id,
            left('Invoice ' || i.number || ', ' || {MATTER_LABEL}, 300) AS label, 'medium' AS severity, i.matter_id,
            l.trust_account_id, least(s.amount - s.used_amount, i.total - i.paid) AS amount, NULL::date AS due
        FROM disbursements_feeauthorization a JOIN ledgers_spendingauthority s ON s.id = a.authority_id
        JOIN ledgers_ledger l ON l.id = s.ledger_id JOIN billing_invoice i ON i.id = a.invoice_id
        JOIN ledgers_matter m ON m.id = i.matter_id
        WHERE a.ended_at IS NULL AND objection_to_fee(a.id) IS NULL""",
    "Open the invoice", "invoice", "subject",
)  # fmt: skip

NOTICE_NOT_BEGUN = Rule(
    "notice_not_begun", "Client not told of a payment from trust",
    "The notice period has not begun: no letter to the client's address of today has left. "
    "Correct the address and send it again, or record the client's approval with its evidence.",
    f"""SELECT 'billing_invoice' AS subject_type, i.id::text AS subject_id,
            left('Invoice ' || i.number || ', ' || {MATTER_LABEL}
                 || CASE WHEN c.email = '' THEN ': no e-mail address' ELSE '' END, 300) AS label,
            'medium' AS severity, i.matter_id, l.trust_account_id, s.amount, NULL::date AS due
        FROM disbursements_feeauthorization a JOIN ledgers_spendingauthority s ON s.id = a.authority_id
        JOIN ledgers_ledger l ON l.id = s.ledger_id JOIN billing_invoice i ON i.id = a.invoice_id
        JOIN ledgers_matter m ON m.id = i.matter_id JOIN ledgers_client c ON c.id = m.client_id
        WHERE a.ended_at IS NULL AND a.condition = 'notice'
            AND (c.email = '' OR s.decided_at < firm_now() - interval '1 hour')
            AND objection_to_fee(a.id) ->> 'code' = 'fee_before_letter'""",
    "Open the invoice", "invoice", "subject", due_business_days=1,
)  # fmt: skip

FEE_OBJECTED = Rule(
    "fee_objected", "Client objects to an invoice",
    "Nothing is paid of it from trust. Settle it with the client; put back what was taken if it was not earned.",
    f"""SELECT 'billing_invoice' AS subject_type, i.id::text AS subject_id,
            left('Invoice ' || i.number || ', ' || {MATTER_LABEL}, 300) AS label, 'high' AS severity, i.matter_id,
            NULL::bigint AS trust_account_id, i.total AS amount, NULL::date AS due
        FROM billing_invoice i JOIN ledgers_matter m ON m.id = i.matter_id
        JOIN LATERAL (SELECT c.answer FROM disbursements_clientanswer c WHERE c.invoice_id = i.id
                      ORDER BY c.id DESC LIMIT 1) said ON said.answer = 'objected' WHERE i.state <> 'void'""",
    "Open the invoice", "invoice", "subject", due_business_days=3,
)  # fmt: skip

EARNED_IN_TRUST = Rule(
    "earned_in_trust", "Earned money left in trust",
    "An invoice older than 30 days is unpaid while money for it lies in trust: the firm's money beside the client's. "
    "Have it authorized and approved, or settle it.",
    f"""SELECT 'billing_invoice' AS subject_type, i.id::text AS subject_id,
            left('Invoice ' || i.number || ', ' || {MATTER_LABEL}, 300) AS label, 'medium' AS severity, i.matter_id,
            NULL::bigint AS trust_account_id, least(i.total - i.paid, held.balance)::bigint AS amount, NULL::date AS due
        FROM billing_invoice i JOIN ledgers_matter m ON m.id = i.matter_id AND m.pay_invoices_from_trust
        JOIN LATERAL (SELECT sum(l.balance) AS balance FROM ledgers_ledger l WHERE l.matter_id = m.id) held
          ON held.balance > 0
        WHERE i.state IN ('issued', 'partly_paid') AND i.date < firm_today() - 30""",
    "Open the invoice", "invoice", "subject", due_business_days=10,
)  # fmt: skip

ACCOUNTS_ALIKE = Rule(
    "accounts_alike", "Two accounts that may be one person",
    "Both hold a role. Sharing a mailbox or a second factor they count as one person wherever two are needed; of the "
    "same name they may be two. Ask them, and have an administrator deactivate or correct one.",
    """SELECT 'firms_person' AS subject_type, p.id::text AS subject_id,
            left(p.full_name || ' (' || p.email || '): same '
                 || string_agg(a.shares || ' as ' || o.full_name || ' (' || o.email || ')', ', ' ORDER BY o.id),
                 300) AS label,
            CASE WHEN bool_or(a.shares <> 'name') THEN 'high' ELSE 'medium' END AS severity, NULL::bigint AS matter_id,
            NULL::bigint AS trust_account_id, NULL::bigint AS amount, NULL::date AS due
        FROM accounts_alike() a JOIN firms_person p ON p.id = a.person JOIN firms_person o ON o.id = a.other
        WHERE a.person > a.other AND cardinality(roles_held(p.id)) > 0 AND cardinality(roles_held(o.id)) > 0
        GROUP BY p.id""",
    "Open the person", "person", "subject", by_hand=True,
)  # fmt: skip

SETTLEMENT_REMAINDER = Rule(
    "settlement_remainder", "Settlement waits for money",
    "The client signed and an attorney authorized it, but fee and costs have not left in full: the rest follows as "
    "money comes in. See whether the recovery has come in whole, what is held, and whether payments are stopped.",
    f"""SELECT 'billing_settlementstatement' AS subject_type, s.id::text AS subject_id,
            left('Settlement ' || s.number || ', ' || {MATTER_LABEL}, 300) AS label, 'medium' AS severity, s.matter_id,
            l.trust_account_id, least(y.amount - y.used_amount, s.fee + s.costs - settlement_paid(s.id)) AS amount,
            NULL::date AS due
        FROM disbursements_settlementauthorization a JOIN ledgers_spendingauthority y ON y.id = a.authority_id
        JOIN ledgers_ledger l ON l.id = y.ledger_id JOIN billing_settlementstatement s ON s.id = a.statement_id
        JOIN ledgers_matter m ON m.id = s.matter_id
        WHERE a.ended_at IS NULL AND s.state = 'authorized'""",
    "Open the settlement", "settlement", "subject",
)  # fmt: skip

RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        DEFICIT, INTEGRITY, STOPPED_ACCOUNT, UNIDENTIFIED, CUSHION_LOW, CUSHION_HIGH, CLOSED_WITH_MONEY,
        STATEMENT_UNSENT, LOW_BALANCE, OVERDUE_APPROVAL, UNFUNDED, MONTH_BEHIND, FAILED_JOB, UNSENT_MAIL, SOLO_USE,
        FEE_REMAINDER, NOTICE_NOT_BEGUN, FEE_OBJECTED, EARNED_IN_TRUST, ACCOUNTS_ALIKE, SETTLEMENT_REMAINDER,
    )
}  # fmt: skip
