"""manage.py api_token: a key for a program."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from firms import audit
from firms.api_tokens import SCOPES, make_token, revoke_token
from firms.models import ApiToken, Person
from firms.refusals import Refusal


class Command(BaseCommand):
    """Makes, lists or revokes API tokens of a person."""

    help = "Make an API token in a person's name; it is shown this once. Scopes: " + ", ".join(s.value for s in SCOPES)

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("user", help="the person's e-mail address")
        parser.add_argument("--scope", action="append", default=[])
        parser.add_argument("--name", default="made on the command line")
        parser.add_argument("--list", action="store_true")
        parser.add_argument("--revoke", metavar="PREFIX")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked."""
        person = Person.objects.filter(email=options["user"].lower(), is_active=True).first()
        if person is None:
            raise CommandError(f"there is no active person with the address {options['user']}")
        with audit.acting(None, "api_token"):
            if options["list"]:
                self.list_tokens(person)
            elif options["revoke"]:
                self.revoke(person, options["revoke"])
            else:
                self.make(person, options["name"], options["scope"])

    def make(self, person: Person, name: str, scopes: list[str]) -> None:
        """Make one and print its secret."""
        if not scopes:
            raise CommandError("give at least one --scope")
        try:
            _, secret = make_token(person, name, scopes)
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal
        self.stdout.write(secret)

    def revoke(self, person: Person, prefix: str) -> None:
        """Revoke the one with this prefix."""
        token = ApiToken.objects.filter(person=person, prefix=prefix).first()
        if token is None:
            raise CommandError(f"{person.email} has no token {prefix}")
        revoke_token(token, None)
        self.stdout.write(f"{prefix} is revoked")

    def list_tokens(self, person: Person) -> None:
        """Print all of a person's tokens."""
        for token in ApiToken.objects.filter(person=person).order_by("id"):
            state = "revoked" if token.revoked_at else "in force"
            self.stdout.write(f"{token.prefix} {state} {' '.join(token.scopes)} {token.name}")
