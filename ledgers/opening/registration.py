"""What of the opening import needs a second person."""

from firms import proposals
from firms.access import Capability
from ledgers.opening import approval, undoing


def register_kinds() -> None:
    """Make the kinds of proposals known."""
    decided_with = Capability.CONFIRM_BANK_EVENTS
    proposals.register(approval.LOAD_KIND, approval.load_confirmed, decided_with, "Opening import", approval.describe)
    back = undoing.ROLL_BACK_KIND
    proposals.register(
        back, undoing.roll_back_confirmed, decided_with, "Roll back an opening import", undoing.describe_roll_back
    )
