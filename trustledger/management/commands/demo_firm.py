"""Build the demonstration firm, once."""

import os
from datetime import timedelta
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from firms.clock import today
from firms.database import install_test_clock
from firms.models import Firm
from trustledger.demo.firm import build_stage
from trustledger.demo.history import Story
from trustledger.demo.people import MEMBERS, PASSWORD
from trustledger.demo.troubles import everything_that_can_go_wrong

HISTORY_DAYS = 183
REAL_CLOCK = settings.BASE_DIR / "firms" / "sql" / "010_clock.sql"


class Command(BaseCommand):
    """Deterministic for a date: the same people, matters and history."""

    help = "Build the demonstration firm in an empty database (needs TRUSTLEDGER_DEMO=1 and OWNER_DATABASE_URL)."

    def handle(self, **_: Any) -> None:
        """Build it through the domain's own functions while the owner's settable clock is installed."""
        if not settings.DEMO:
            raise CommandError("This is not a demonstration: TRUSTLEDGER_DEMO is not set. Use `manage.py create_firm`.")
        if Firm.objects.exists():
            self.stdout.write("The demonstration firm is there already.")
            return
        with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
            install_test_clock(owner)
            try:
                self.build()
            finally:
                owner.execute(REAL_CLOCK.read_text())
        for member in MEMBERS:
            self.stdout.write(f"  {member.email:38} {', '.join(role.label for role in member.roles)}")
        self.stdout.write(f"  Password of all: {PASSWORD}")

    @transaction.atomic
    def build(self) -> None:
        """Play the story up to today."""
        last_day = today()
        start = last_day - timedelta(days=HISTORY_DAYS)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('trustledger.now', %s, false)", [f"{start} 12:00+00"])
        stage = build_stage(start)
        story = Story(stage, last_day)
        story.play(start)
        everything_that_can_go_wrong(story)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('trustledger.now', '', false)")
