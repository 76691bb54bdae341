"""Two people at once: one wins, the other is told, and nothing is billed or numbered twice."""

from functools import partial

import pytest

from billing.invoicing import add_time, issue
from billing.models import Invoice, InvoiceLine, TimeEntry
from billing.refusals import DayTooLong, InvoiceContentFixed, TimeBilled
from billing.timekeeping import change_time, record_time
from firms.refusals import Refusal
from ledgers.money import cents_of
from tests.billing.billing import drafted
from tests.billing.working import work, worked
from tests.cast import Cast, key, today
from tests.faults.crowd import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 10


def refusals(results: list[object]) -> list[Refusal]:
    """Return what was refused; anything else was done."""
    return [result for result in results if isinstance(result, Refusal)]


def test_one_draft_is_issued_once(cast: Cast) -> None:
    for _ in range(ROUNDS):
        draft = drafted(cast)
        by = (cast.coordinator, cast.second_coordinator)
        results = at_once(*(partial(issue, person, draft, draft.version) for person in by))
        (lost,) = refusals(results)
        assert isinstance(lost, InvoiceContentFixed)
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    assert numbers == [f"{today().year}-{place:04}" for place in range(1, ROUNDS + 1)]


def test_two_drafts_get_two_numbers_without_a_gap(cast: Cast) -> None:
    drafts = [drafted(cast) for _ in range(6)]
    assert refusals(at_once(*(partial(issue, cast.coordinator, draft, draft.version) for draft in drafts))) == []
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    assert numbers == [f"{today().year}-{place:04}" for place in range(1, 7)]


def test_one_time_entry_is_on_one_invoice(cast: Cast) -> None:
    for _ in range(ROUNDS):
        entry, drafts = worked(cast, "0.1"), [drafted(cast, 0), drafted(cast, 0)]
        results = at_once(*(partial(add_time, cast.coordinator, draft, [entry.pk]) for draft in drafts))
        (lost,) = refusals(results)
        assert isinstance(lost, TimeBilled)
        assert InvoiceLine.objects.filter(time_entry=entry).count() == 1


def test_a_line_says_what_its_time_says_whoever_comes_first(cast: Cast) -> None:
    for _ in range(ROUNDS):
        entry, draft = worked(cast, "0.1"), drafted(cast, 0)
        at_once(
            partial(add_time, cast.coordinator, draft, [entry.pk]),
            partial(change_time, cast.second_coordinator, entry, 1, work(cast, "0.2")),
        )
        entry = TimeEntry.objects.get(pk=entry.pk)
        line = InvoiceLine.objects.get(time_entry=entry)
        assert (line.hours, line.amount) == (entry.hours, entry.amount)
        assert cents_of(Invoice.objects.get(pk=draft.pk).total) == cents_of(entry.amount)


def test_a_day_keeps_its_24_hours(cast: Cast) -> None:
    works = [partial(record_time, cast.coordinator, key(), work(cast, "13")) for _ in range(2)]
    (lost,) = refusals(at_once(*works))
    assert isinstance(lost, DayTooLong)
    assert TimeEntry.objects.count() == 1


def test_a_retry_records_once(cast: Cast) -> None:
    again = partial(record_time, cast.coordinator, key(), work(cast))
    assert refusals(at_once(again, again, again)) == []
    assert TimeEntry.objects.count() == 1
