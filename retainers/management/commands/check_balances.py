"""`manage.py check_balances`: the balance check, now."""

from typing import Any

from django.core.management.base import BaseCommand

from firms import audit
from retainers.monitoring import check_balances


class Command(BaseCommand):
    """Checks all open matters against their minimum, as the scheduled check does."""

    help = "Check the available money of all open matters against their minimum now."

    def handle(self, *args: Any, **options: Any) -> None:
        """Check and say what was found."""
        with audit.acting(None, source="command:check_balances"):
            found = check_balances()
        self.stdout.write(
            f"{found.checked} matters checked, {found.low} below their minimum "
            f"({found.opened} new, {found.closed} recovered)."
        )
