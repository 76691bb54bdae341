"""Build the demonstration firm, once."""

import os
from datetime import date, timedelta
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from firms.audit import record
from firms.calendar import add_business_days, is_business_day
from firms.clock import today
from firms.database import install_test_clock
from firms.models import AuditEvent, Firm
from trustledger.demo.billing import bill
from trustledger.demo.checks import print_checks, seen_at_the_bank
from trustledger.demo.firm import build_stage
from trustledger.demo.history import Story
from trustledger.demo.people import MEMBERS, PASSWORD
from trustledger.demo.troubles import calendar

HISTORY_DAYS = 183
BUILT = "demonstration_built"
REAL_CLOCK = settings.BASE_DIR / "firms" / "sql" / "010_clock.sql"


class Command(BaseCommand):
    """Deterministic for a date: the same people, matters and history."""

    help = "Build the demonstration firm in an empty database (needs TRUSTLEDGER_DEMO=1 and OWNER_DATABASE_URL)."

    def handle(self, **_: Any) -> None:
        """Build it through the domain's own functions while the owner's settable clock is installed."""
        if not settings.DEMO:
            raise CommandError("This is not a demonstration: TRUSTLEDGER_DEMO is not set. Use `manage.py create_firm`.")
        if AuditEvent.objects.filter(action=BUILT).exists():
            self.stdout.write("The demonstration firm is there already.")
            return
        if Firm.objects.exists():
            raise CommandError(
                "There is another or an unfinished firm here. Remove the folder of the data and start again."
            )
        with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
            install_test_clock(owner)
            try:
                self.build()
            finally:
                owner.execute(REAL_CLOCK.read_text())
        for member in MEMBERS:
            self.stdout.write(f"  {member.email:38} {', '.join(role.label for role in member.roles)}")
        self.stdout.write(f"  Password of all: {PASSWORD}")

    def build(self) -> None:
        """Play the story up to the latest business day."""
        last_day = latest_business_day(today())
        start = last_day - timedelta(days=HISTORY_DAYS)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('trustledger.now', %s, false)", [f"{start} 12:00+00"])
        with transaction.atomic():
            stage = build_stage(start)
        story = Story(stage, last_day)
        plans = calendar(last_day)
        plans.setdefault(add_business_days(last_day, -4), []).append(bill)
        for day in (start + timedelta(days=count) for count in range(HISTORY_DAYS)):
            plans.setdefault(day, []).extend(
                (print_checks, seen_at_the_bank)
            )  # those of the last day wait to be printed
        story.play(start, plans)
        record(BUILT)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('trustledger.now', '', false)")


def latest_business_day(day: date) -> date:
    """Return the business day on or before a date."""
    while not is_business_day(day):
        day -= timedelta(days=1)
    return day
