"""Who decides, in the demonstration: a limit for one attorney, a request that waits for the second, an absence."""

import io
from datetime import timedelta

from disbursements.approval import approve
from disbursements.attachments import store_attachment
from disbursements.requests import request_money
from firms import policies, proposals
from firms.absences import record_absence
from ledgers.authorities import Spending
from ledgers.models import Matter
from ledgers.money import money
from trustledger.demo.codes import unused_code
from trustledger.demo.history import Story

LIMIT_CENTS, ASKED_CENTS = 250000, 320000
ORDER = ("Lakeside Mediation Center", "Invoice LM-2207", "Mediation, two days, three mediators", "Total due: $3,200.00")


def limit_for_one_attorney(story: Story) -> None:
    """The administrator proposes a limit, the managing partner confirms it."""
    people = story.stage.people
    story.set_clock()
    firm = policies.the_firm()
    proposal = policies.change_firm(people["administrator"], firm.version, two_attorneys_above_cents=LIMIT_CENTS)
    assert proposal is not None, "a limit takes a second person"
    by = people["partner"]
    proposals.confirm_with_code(proposal.pk, by, unused_code(by), proposal.content_hash)


def waiting_for_a_second(story: Story, matter: Matter) -> None:
    """A payment over the limit, with the invoice attached, that the matter's attorney has approved."""
    story.set_clock()
    clerk = story.stage.people["coordinator"]
    payee, number, _, _ = ORDER
    invoice = store_attachment(clerk, "invoice-LM-2207.pdf", io.BytesIO(paper(ORDER)))
    asked = Spending(
        story.ledger_of(matter).pk, "disbursement", payee, money(ASKED_CENTS), "check", "Mediator’s fee", number
    )
    made = request_money(clerk, story.key(), asked, files=[invoice], note="Due by the end of the week")
    story.balances[matter.pk] -= ASKED_CENTS
    story.set_clock()
    attorney = matter.responsible_attorney
    approve(attorney, made.pk, made.version, made.content_hash, unused_code(attorney))


def somebody_is_away(story: Story) -> None:
    """Lena Fischer is at a conference; Maya Okafor decides for her."""
    story.set_clock()
    people, first = story.stage.people, story.today
    last = first + timedelta(days=11)
    record_absence(
        people["real_estate"], people["real_estate"], people["attorney"], first, last, "Conference in Boston"
    )


def paper(lines: tuple[str, ...]) -> bytes:
    """Return one page of PDF with these lines on it."""
    shown = " ".join(f"({line.replace('(', '').replace(')', '')}) Tj 0 -28 Td" for line in lines)
    text = f"BT /F1 16 Tf 72 700 Td {shown} ET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    made, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(made)
    made += b"xref\n0 7\n0000000000 65535 f \n" + table
    return bytes(made + b"trailer << /Size 7 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start)
