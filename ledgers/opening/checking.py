"""Check a run: read its files into rows, and find everything that is wrong, in and between them."""

from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from firms.refusals import translating
from ledgers.models import Month, OpeningFile, OpeningImport, OpeningProblem, OpeningRow, TrustAccount
from ledgers.money import as_text, money
from ledgers.opening.between_rows import LEARN, RULES
from ledgers.opening.mapping import Mapping
from ledgers.opening.progress import Teller
from ledgers.opening.proof import account_proofs
from ledgers.opening.refusals import NotInState
from ledgers.opening.staging import stage

State = OpeningImport.State
NOTE = """INSERT INTO ledgers_openingproblem (run_id, part, line, "column", value, wrong, remedy, is_warning)
  SELECT %(run)s, %(part)s, f.line, f.column_name, left(f.value, 200), left(f.wrong, 400), f.remedy, %(warning)s
    FROM ({found}) AS f(line, column_name, value, wrong, remedy)"""


def check(run_id: int) -> OpeningImport:
    """Read and check a mapped run; it becomes `checked`, with its problems. Again and again gives the same.

    Raises:
        NotInState: it is not mapped.
    """
    with translating(), transaction.atomic():
        read = _mapped(run_id)
        if read.state == State.CHECKED:
            return read
        files = sorted(read.files.all(), key=lambda file: file.part)
        stage(read, files, Mapping.from_json(read.mapping), Teller(read.pk, sum(file.size for file in files)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT look_at_opening_rows()")
    with translating(), transaction.atomic():
        run = _mapped(run_id)
        if run.mapping != read.mapping or run.cut_over_date != read.cut_over_date:
            raise NotInState(state="mapped anew")
        allow_long_statements()
        find_between_rows(run)
        find_wrong_totals(run)
        find_wrong_dates(run)
        find_wrong_accounts(run)
        return _finish(run)


def _mapped(run_id: int) -> OpeningImport:
    run = OpeningImport.objects.select_for_update().get(pk=run_id)
    if run.state not in {State.MAPPED, State.CHECKED}:
        raise NotInState(state=run.get_state_display().lower())
    return run


def allow_long_statements() -> None:
    """Let statements over a whole file take longer than a page's may, in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10min'")


def _finish(run: OpeningImport) -> OpeningImport:
    problems = OpeningProblem.objects.filter(run=run)
    run.row_count = OpeningRow.objects.filter(run=run, is_total=False).count()
    if not OpeningRow.objects.filter(run=run, part=OpeningFile.Part.BALANCES, is_total=False).exists():
        note(run, "It has no row with a balance.", "Export the trust listing again, with all matters.")
    run.error_count = problems.filter(is_warning=False).count()
    run.warning_count = problems.filter(is_warning=True).count()
    run.state = State.CHECKED
    run.save(update_fields=["row_count", "error_count", "warning_count", "state"])
    return run


def note(
    run: OpeningImport, wrong: str, remedy: str, *, part: str = "balances", line: int | None = None, **cell: str
) -> None:
    """Note something wrong with a row, or with the run."""
    OpeningProblem.objects.create(run=run, part=part, line=line, wrong=wrong[:400], remedy=remedy[:400], **cell)


def find_between_rows(run: OpeningImport) -> None:
    """Run every rule that looks between rows and into the books."""
    values: dict[str, Any] = {
        "run": run.pk, "uploader": run.uploaded_by_id, "deficits": run.deficits_accepted_by_id is not None
    }  # fmt: skip
    with connection.cursor() as cursor:
        for sql in LEARN:
            cursor.execute(sql, values)
        for rule in RULES:
            cursor.execute(NOTE.format(found=rule.sql), values | {"part": rule.part, "warning": rule.is_warning})


def find_wrong_totals(run: OpeningImport) -> None:
    """Compare totals with what they are of: an account's rows, all rows above, or those since the last total."""
    previous: dict[str, int] = {}
    for total in OpeningRow.objects.filter(run=run, is_total=True, amount__isnull=False).order_by("part", "line"):
        above = Q(run=run, part=total.part, is_total=False, line__lt=total.line)
        if total.trust_account_id:
            sums = {_sum(above & Q(trust_account_id=total.trust_account_id))}
        else:
            sums = {_sum(above), _sum(above & Q(line__gt=previous.get(total.part, 0)))}
        previous[total.part] = total.line
        stated = int((total.amount.amount if total.amount else 0) * 100)
        if stated not in sums:
            found = " or ".join(as_text(money(cents)) for cents in sorted(sums))
            note(run, f"The total says {as_text(money(stated))}, but the rows add up to {found}.",
                 "A row is missing, doubled or changed: export the file again.",
                 part=total.part, line=total.line)  # fmt: skip


def _sum(rows: Q) -> int:
    """Add up amounts; checks and deposits alike count as the file shows them."""
    with connection.cursor() as cursor:
        sql, values = OpeningRow.objects.filter(rows).values_list("amount").query.sql_with_params()
        cursor.execute(f"SELECT coalesce(sum(x.amount), 0)::bigint FROM ({sql}) x(amount)", values)
        return int(cursor.fetchone()[0])


DATES = """SELECT DISTINCT trust_account_id, date_trunc('month', coalesce(item_date, %(cut_over)s))::date,
  min(line) OVER w, part
  FROM ledgers_openingrow WHERE run_id = %(run)s AND NOT is_total AND trust_account_id IS NOT NULL
  WINDOW w AS (PARTITION BY part, trust_account_id, date_trunc('month', coalesce(item_date, %(cut_over)s)))"""


def find_wrong_dates(run: OpeningImport) -> None:
    """Find dates in months that take no entry: before the account was opened, or signed."""
    with connection.cursor() as cursor:
        cursor.execute(DATES, {"run": run.pk, "cut_over": run.cut_over_date})
        found = cursor.fetchall()
    states = {
        (m.trust_account_id, m.first_day): m.state
        for m in Month.objects.filter(trust_account_id__in={row[0] for row in found})
    }
    accounts = TrustAccount.objects.in_bulk({row[0] for row in found})
    for account_id, month, line, part in found:
        state, account = states.get((account_id, month)), accounts[account_id]
        if state == Month.State.LOCKED:
            note(run, f"{month:%B %Y} is signed in {account.name}; nothing can be dated in it.",
                 "Re-open the month, or use a later cut-over date.", part=part, line=line)  # fmt: skip
        elif state is None:
            note(run, f"{month:%B %Y} is before {account.name} was opened in these books ({account.opened_date}).",
                 "Correct the opening date of the trust account, or the date.", part=part, line=line)  # fmt: skip


def find_wrong_accounts(run: OpeningImport) -> None:
    """Compare each account with its bank statement at the cut-over (the proof, foreseen)."""
    closed = dict(TrustAccount.objects.filter(closed_date__lt=run.cut_over_date).values_list("pk", "name"))
    for proof in account_proofs(run):
        if proof.account_id in closed:
            note(run, f"{proof.account} was closed before the cut-over date.", "Use an account that was open.")
        if proof.statement is None:
            note(run, f"The bank's balance of {proof.account} at the cut-over is missing.",
                 "Type the closing balance of the bank statement.")  # fmt: skip
        elif proof.difference:
            note(run, f"{proof.account}: the books say {as_text(money(proof.book))}, "
                 f"with outstanding checks and without deposits in transit "
                 f"{as_text(money(proof.adjusted))}; the bank says {as_text(money(proof.statement))}. "
                 f"The difference is {as_text(money(proof.difference))}.",
                 "Look for a check, a deposit or a matter that is missing, or correct the bank's balance.")  # fmt: skip
