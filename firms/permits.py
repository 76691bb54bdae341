"""Permits of scheduled jobs: whoever takes the permit of a job for a period runs it, nobody else.

Rule: D24; beat may run twice, workers may die: a run that neither finished nor failed within its lease may be taken
again, and a failed one too, up to MOST_TRIES times.
"""

from typing import Any

from django.db import connection

from firms.audit import as_json
from firms.models import JobRun

LEASE_MINUTES = 15
MOST_TRIES = 5


def take(job: str, scope: str, period: str) -> bool:
    """Take the permit to run `job` for `scope` in `period`; False when somebody has it or has used it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO firms_jobrun (job, scope, period, taken_at, tries, problem)
               VALUES (%s, %s, %s, firm_now(), 1, '')
               ON CONFLICT (job, scope, period) DO UPDATE
                   SET taken_at = firm_now(), tries = firms_jobrun.tries + 1, failed_at = NULL
                   WHERE firms_jobrun.finished_at IS NULL AND firms_jobrun.tries < %s
                     AND (firms_jobrun.failed_at IS NOT NULL
                          OR firms_jobrun.taken_at < firm_now() - make_interval(mins => %s))
               RETURNING id""",
            [job, scope, period, MOST_TRIES, LEASE_MINUTES],
        )
        return cursor.fetchone() is not None


def finished(job: str, scope: str, period: str, result: dict[str, Any] | None = None) -> None:
    """Mark the run as done, with what it did."""
    _mark("finished_at = firm_now(), result = %s", [as_json(result)], job, scope, period)


def failed(job: str, scope: str, period: str, problem: str) -> None:
    """Mark the run as failed, with the reason; it may be taken again."""
    _mark("failed_at = firm_now(), problem = %s", [problem], job, scope, period)


def _mark(assignment: str, values: list[Any], job: str, scope: str, period: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE firms_jobrun SET {assignment}
                WHERE job = %s AND scope = %s AND period = %s AND finished_at IS NULL""",
            [*values, job, scope, period],
        )


def last_finished(job: str) -> JobRun | None:
    """Return the latest run of a job that finished."""
    return JobRun.objects.filter(job=job, finished_at__isnull=False).order_by("-finished_at").first()
