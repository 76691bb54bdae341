"""How the tests ask clients by letter."""

from disbursements.client_links import issue_invoice_link
from disbursements.models import FeeAuthorization
from tests.cast import Cast
from tests.disbursements.earning import authorized, invoiced


def asked(cast: Cast, cents: int = 30000) -> FeeAuthorization:
    """Return the authorization of an invoice that waits for its client."""
    return authorized(cast, invoiced(cast, cents))


def handed_over(authorization: FeeAuthorization) -> tuple[str, str]:
    """Make the link and the code of a letter, as its hand-over does."""
    return issue_invoice_link(authorization.pk, authorization.invoice.matter.client.email)
