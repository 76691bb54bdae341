"""The audit trail says nothing about a walled matter to whoever is walled off, and everything to everybody else."""

import pytest
from django.db.models import Model, QuerySet

from compliance.models import TrustException
from disbursements.models import SettledOtherwiseTakenBack
from firms import audit
from firms.audit_queries import Filters, audit_events, every_event
from firms.models import AuditEvent, Person, Proposal
from ledgers.models import EntryNote, MatterWall, SpendingAuthority
from ledgers.parties import create_matter, lift_wall
from tests.access.world import SECRET, Side, World
from tests.firms.cast import browser_of


def about(side: Side) -> dict[str, list[int]]:
    """Return the numbers of what a side has, by table, as far as the trail records its changes."""
    numbers, matter = side.numbers, side.matter
    tables = {
        "ledgers_matter": "matter_id", "ledgers_client": "client_id", "ledgers_hold": "hold_id",
        "disbursements_disbursementrequest": "request_id", "firms_proposal": "proposal_id",
        "compliance_trustexception": "exception_id", "billing_timeentry": "time_id",
        "billing_invoice": "invoice_id", "billing_invoiceline": "line_id",
        "billing_settlementstatement": "settlement_id", "billing_settlementline": "deduction_id",
        "disbursements_settledotherwise": "otherwise_id",
        "notifications_notice": "notice_id",
    }  # fmt: skip
    found = {table: [numbers[name]] for table, name in tables.items()}
    found["firms_proposal"] += [numbers[f"proposal_{place}"] for place in range(4)]
    found["ledgers_matterwall"] = list(MatterWall.objects.filter(matter=matter).values_list("pk", flat=True))
    found["ledgers_matteraccount"] = list(matter.accounts.values_list("pk", flat=True))
    found["ledgers_entrynote"] = list(EntryNote.objects.filter(entry=numbers["entry_id"]).values_list("pk", flat=True))
    undone = SettledOtherwiseTakenBack.objects.filter(settled__statement=numbers["settlement_id"])
    found["disbursements_settledotherwisetakenback"] = list(undone.values_list("pk", flat=True))
    of_ledger = SpendingAuthority.objects.filter(ledger__matter=matter)
    found["ledgers_spendingauthority"] = list(of_ledger.values_list("pk", flat=True))
    found["retainers_lowbalanceepisode"] = list(matter.low_balance_episodes.values_list("pk", flat=True))
    return found


def seen(person: Person, table: str, number: int) -> "QuerySet[AuditEvent]":
    return audit_events(person, Filters(subject_type=table, subject_id=str(number)))


class TestAWalledOffReader:
    def test_finds_no_event_about_anything_of_the_matter(self, world: World) -> None:
        there, other = world.people["supervisor"], world.people["walled_supervisor"]
        for table, numbers in about(world.secret).items():
            for number in numbers:
                assert seen(there, table, number).exists(), table
                assert not seen(other, table, number).exists(), table

    def test_finds_everything_else(self, world: World) -> None:
        for table, numbers in about(world.open).items():
            for number in numbers:
                assert seen(world.people["walled_supervisor"], table, number).exists(), table

    def test_reads_the_word_in_no_event_at_all(self, world: World) -> None:
        def said(name: str) -> list[int]:
            found = every_event(world.people[name])
            return [e.pk for e in found if SECRET in f"{e.subject} {e.detail.before} {e.detail.after}"]

        assert said("walled_supervisor") == []
        assert len(said("supervisor")) > 10

    def test_is_answered_as_if_the_event_had_never_been(self, world: World) -> None:
        event = AuditEvent.objects.filter(subject_type="ledgers_matter", subject_id=world.secret.matter.pk).earliest(
            "id"
        )
        assert browser_of(world.people["walled_supervisor"]).get(f"/audit/{event.pk}/").status_code == 404
        assert SECRET in browser_of(world.people["supervisor"]).get(f"/audit/{event.pk}/").content.decode()

    def test_does_not_learn_of_an_export_of_the_matter(self, world: World) -> None:
        asked = {"matter": str(world.secret.matter.pk), "q": "x"}
        event = audit.record("export", ("report", "receipts"), after={"format": "csv", "asked": asked})
        assert every_event(world.people["supervisor"]).filter(pk=event).exists()
        assert not every_event(world.people["walled_supervisor"]).filter(pk=event).exists()

    def test_does_not_learn_the_word_from_what_somebody_exported(self, world: World) -> None:
        last, desk = AuditEvent.objects.latest("pk").pk, browser_of(world.people["second_coordinator"])
        ledger, receipts = world.secret.numbers["ledger_id"], {"format": "csv", "text": SECRET, "method": "wire"}
        for url, said in (("/receipts/", receipts), (f"/client-ledgers/{ledger}/", {"format": "csv"})):
            assert desk.get(url, said).status_code == 200
        told = {
            name: [f"{e.subject_id} {e.detail.after}" for e in every_event(world.people[name]).filter(
                pk__gt=last, action="export")]
            for name in ("supervisor", "walled_supervisor")
        }  # fmt: skip
        assert len(told["supervisor"]) == 2
        (receipts_only,) = told["walled_supervisor"]
        assert "'text': '12 characters'" in receipts_only
        assert "'method': 'wire'" in receipts_only
        assert SECRET.lower() not in receipts_only.lower()

    def test_reads_of_a_client_who_has_another_matter(self, world: World) -> None:
        side, cast = world.secret, world.cast
        create_matter(
            number="2026-900", client=side.client, description="Another", accounts=[cast.account],
            responsible_attorney=cast.attorney, billing_attorney=cast.attorney, coordinator=cast.coordinator,
            opened_date=cast.start,
        )  # fmt: skip
        assert seen(world.people["walled_supervisor"], "ledgers_client", side.client.pk).exists()

    @pytest.mark.parametrize("model", [Proposal, TrustException])
    def test_reads_again_once_the_wall_is_lifted(self, world: World, model: type[Model]) -> None:
        person, name = world.people["walled_supervisor"], "proposal_id" if model is Proposal else "exception_id"
        lift_wall(MatterWall.objects.get(person=person), world.cast.partner)
        assert seen(person, model._meta.db_table, world.secret.numbers[name]).exists()
