"""Whom the demonstration firm pays: its payees, and where two of them are paid."""

from datetime import timedelta

from disbursements.models import Payee
from disbursements.payee_bank import propose_bank
from disbursements.payees import record_payee
from firms import proposals
from firms.clock import now
from firms.models import Proposal
from trustledger.demo.codes import unused_code
from trustledger.demo.history import Story

KNOWN = (
    ("Clerk of the Court", "court", "60 Centre Street\nNew York, NY 10007"),
    ("Hudson Process Servers", "vendor", "225 Broadway, Suite 1100\nNew York, NY 10007"),
    ("Dr. Alan Pierce", "expert", "1180 Park Avenue\nNew York, NY 10128"),
    ("Empire Court Reporting", "vendor", "450 Seventh Avenue\nNew York, NY 10123"),
    ("County Recorder", "court", "66 John Street\nNew York, NY 10038"),
    ("Lakeside Mediation Center", "vendor", "8 Lakeside Drive\nWhite Plains, NY 10601"),
    ("Meridian Appraisals", "expert", "92 Montague Street\nBrooklyn, NY 11201"),
    ("Secretary of State", "court", "One Commerce Plaza\nAlbany, NY 12231"),
    ("Orion Title Insurance Co.", "vendor", "633 Third Avenue\nNew York, NY 10017"),
)


def payees_recorded(story: Story) -> None:
    """The coordinator records the payees; where the reporter is paid is called back and confirmed."""
    story.set_clock()
    for name, kind, address in KNOWN:
        record_payee(story.stage.people["coordinator"], name=name, kind=kind, address=address)
    proposal = bank_called_back(story, "Empire Court Reporting", "4417780231", "Rosa Diaz, accounts receivable")
    supervisor = story.stage.people["supervisor"]
    proposals.confirm_with_code(proposal.pk, supervisor, unused_code(supervisor), proposal.content_hash)


def bank_details_waiting(story: Story) -> None:
    """New bank details of the process server wait for a second person."""
    story.set_clock()
    bank_called_back(story, "Hudson Process Servers", "9902214467", "Frank Moreno, office manager")


def bank_called_back(story: Story, name: str, account: str, called: str) -> Proposal:
    """Let the coordinator call a payee back and propose an account."""
    return propose_bank(
        story.stage.people["coordinator"],
        Payee.objects.get(name=name),
        bank_name="Empire State Bank",
        routing_number="021000021",
        account_number=account,
        called_person=called,
        called_number="(212) 555-0147",
        called_when=now() - timedelta(minutes=25),
    )
