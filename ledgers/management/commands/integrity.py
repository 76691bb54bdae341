"""Re-add everything, verify all chains and seals, compare the database with the release."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ledgers.integrity import check_and_record
from ledgers.schema import write_release


class Command(BaseCommand):
    """Name the first broken row of each check; exit code 1 and disbursements stopped when there is one."""

    help = "Verify the books: balances, chains, seals, and the database's own rules."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the option that writes the release's hashes (developers, after changing SQL)."""
        parser.add_argument(
            "--write-release", action="store_true", help="write ledgers/release.json from this database"
        )

    def handle(self, **options: Any) -> None:
        """Run every check and print what was found."""
        if options["write_release"]:
            self.stdout.write(f"{write_release()} objects written")
            return
        found = check_and_record()
        for finding in found:
            self.stdout.write(str(finding))
        if found:
            raise CommandError(f"{len(found)} findings. Disbursements are stopped until two people let them go on.")
        self.stdout.write(
            "The books are whole: every balance re-added, every chain and seal verified, every rule as released."
        )
