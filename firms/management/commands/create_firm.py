"""manage.py create_firm: the firm and its first people, once."""

import getpass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from firms import audit, people
from firms.founding import FirstPerson, create_firm
from firms.models import Role
from firms.refusals import Refusal


class Command(BaseCommand):
    """Makes the firm and its first people. Asks for what is not given; refuses a second time."""

    help = "Make the firm and its first people, once. Whoever gets no password here gets a link to set one."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--name", help="the firm's name")
        parser.add_argument("--state", help="postal code of the state whose rules apply, like NY")
        parser.add_argument("--time-zone", default="America/New_York")
        parser.add_argument(
            "--person", action="append", metavar="EMAIL:FULL NAME:ROLE,ROLE", help="one of the first people; repeat it"
        )
        parser.add_argument("--no-input", action="store_true", help="ask nothing: everybody sets a password by a link")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make them, and print a link for each person without a password."""
        asks = not options["no_input"]
        name = options["name"] or (asks and input("Name of the firm: ")) or ""
        state = options["state"] or (asks and input("State (like NY): ")) or ""
        lines = options["person"] or ([self.asked_person()] if asks else [])
        if not (name and state and lines):
            raise CommandError("a firm needs --name, --state and at least one --person")
        first = [self.first_person(line, asks) for line in lines]
        try:
            with audit.acting(None, "create_firm"):
                made = create_firm(name, state, first, options["time_zone"])
        except (Refusal, ValidationError) as refusal:
            raise CommandError(
                str(getattr(refusal, "detail", "; ".join(getattr(refusal, "messages", []))))
            ) from refusal
        for person in made:
            how = (
                "has a password"
                if person.has_usable_password()
                else f"sets a password at {people.password_link(person)}"
            )
            self.stdout.write(f"{person.full_name} <{person.email}> {how}")

    def asked_person(self) -> str:
        """Ask for the first administrator."""
        email, full_name = input("E-mail of the first administrator: "), input("Full name: ")
        roles = input("Further roles (attorney, supervisor, partner, coordinator; comma separated): ")
        return f"{email}:{full_name}:{','.join(filter(None, ['administrator', roles.strip()]))}"

    def first_person(self, line: str, asks: bool) -> FirstPerson:
        """Read one --person, and ask for the password unless nothing is asked."""
        try:
            email, full_name, roles = (part.strip() for part in line.split(":"))
            held = tuple(Role(role.strip()) for role in roles.split(","))
        except ValueError as error:
            raise CommandError(
                f"--person {line}: write EMAIL:FULL NAME:ROLE,ROLE with roles of {Role.values}"
            ) from error
        password = getpass.getpass(f"Password for {email} (empty: a link): ") if asks else ""
        return FirstPerson(email, full_name, held, password or None)
