"""Load opening balances from the command line, by the same stages and the same two people as on the pages."""

import getpass
import json
from argparse import ArgumentParser
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from firms import audit, proposals
from firms.access import Capability, capabilities_of
from firms.models import Person
from firms.refusals import Refusal
from ledgers.models import OpeningImport, TrustAccount
from ledgers.money import as_text, money
from ledgers.opening import approval, checking, loading, runs
from ledgers.opening.mapping import Mapping, guessed
from ledgers.opening.proof import account_proofs
from ledgers.queries.opening import problems_of


class _DryRun(Exception):
    """Takes everything back."""


class Command(BaseCommand):
    """`import_opening BALANCES [OUTSTANDING] --cut-over 2026-06-30 --bank IOLTA=12500.00 --actor A --second B`."""

    help = "Check a trust listing and its outstanding items, print errors and proof, and load it with two people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the files, how to read them, the people."""
        parser.add_argument("balances", type=Path)
        parser.add_argument("outstanding", type=Path, nargs="?")
        parser.add_argument("--cut-over", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD")
        parser.add_argument("--bank", action="append", default=[], metavar="ACCOUNT=AMOUNT", help="the bank's balance")
        parser.add_argument("--mapping", type=Path, help="JSON as the pages keep it; else columns go by their names")
        parser.add_argument("--dates", choices=["iso", "mdy", "dmy"])
        parser.add_argument("--actor", required=True, metavar="EMAIL", help="the coordinator who imports")
        parser.add_argument("--second", metavar="EMAIL", help="who confirms: managing partner or trust supervisor")
        parser.add_argument("--code", help="the second person's code; asked for when not given")
        parser.add_argument("--dry-run", action="store_true", help="errors and proof only; nothing is kept")

    def handle(self, **options: Any) -> None:
        """Check, print, and unless it is a dry run, propose, confirm and load."""
        actor = _person(options["actor"])
        try:
            run = self._checked(actor, options)
            if run is None:
                return
            self._load(run, actor, options)
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error

    def _checked(self, actor: Person, options: dict[str, Any]) -> OpeningImport | None:
        """Check and print; a dry run takes back what it wrote."""
        try:
            with audit.acting(actor, "command"), transaction.atomic():
                run = self._check(actor, options)
                self._print(run)
                if options["dry_run"]:
                    raise _DryRun
        except _DryRun:
            self.stdout.write("Dry run: nothing was kept.")
            if run.error_count:
                raise CommandError(f"{run.error_count} errors.") from None
            return None
        if run.error_count:
            raise CommandError(f"{run.error_count} errors. Nothing was loaded.")
        return run

    def _check(self, actor: Person, options: dict[str, Any]) -> OpeningImport:
        with ExitStack() as opened:
            paths = [path for path in (options["balances"], options["outstanding"]) if path]
            files = [(path.name, opened.enter_context(path.open("rb"))) for path in paths]
            run = runs.upload(actor, *files)
        sources = list(run.files.all())
        given = options["mapping"]
        mapping = Mapping.from_json(json.loads(given.read_text())) if given else guessed(sources)
        if options["dates"]:
            mapping = Mapping(**(mapping.as_json() | {"dates": options["dates"]}))
        runs.map_columns(run.pk, mapping, options["cut_over"], _banks(options["bank"]))
        return checking.check(run.pk)

    def _print(self, run: OpeningImport) -> None:
        for found in problems_of(run).iterator():
            severity = "warning" if found.is_warning else "error"
            place = f"{found.part} row {found.line or '-'} {found.column}".strip()
            self.stdout.write(f"{severity}: {place}: {found.wrong} {found.remedy}")
        for proof in account_proofs(run):
            for label, cents in (
                ("source", proof.source), ("book balance", proof.book), ("+ outstanding checks", proof.checks),
                ("- deposits in transit", proof.deposits), ("= expected at the bank", proof.adjusted),
                ("bank statement", proof.statement), ("difference", proof.difference),
            ):  # fmt: skip
                text = "missing" if cents is None else as_text(money(cents))
                self.stdout.write(f"{proof.account}  {label:24}{text:>20}")
        self.stdout.write(f"{run.row_count} rows, {run.error_count} errors, {run.warning_count} warnings.")

    def _load(self, run: OpeningImport, actor: Person, options: dict[str, Any]) -> None:
        with audit.acting(actor, "command"):
            proposal = approval.propose(run.pk, actor)
        if not options["second"]:
            self.stdout.write(f"Proposed as import {run.pk}: a second person confirms it on the page Confirmations.")
            return
        second = _person(options["second"])
        if Capability.CONFIRM_BANK_EVENTS not in capabilities_of(second):
            raise CommandError(f"{second} may not confirm imports: a managing partner or trust supervisor does.")
        code = options["code"] or getpass.getpass(f"Code of {second}: ")
        proposals.confirm_with_code(proposal.pk, second, code, proposal.content_hash)
        loaded = loading.load(run.pk)
        if loaded.state == OpeningImport.State.LOADED:
            self.stdout.write(f"Import {loaded.pk} is loaded; its proof is kept.")
        else:
            self.stdout.write(f"Import {loaded.pk} is being loaded by the worker; its page shows how far it is.")


def _person(email: str) -> Person:
    try:
        return Person.objects.get(email__iexact=email, is_active=True)
    except Person.DoesNotExist:
        raise CommandError(f"Nobody here has the e-mail {email}.") from None


def _banks(given: list[str]) -> dict[int, str]:
    """Return the bank's balances by trust account, named or by the last four digits."""
    found = {}
    for text in given:
        name, _, amount = text.rpartition("=")
        accounts = [a for a in TrustAccount.objects.all() if name in {a.name, a.last_four}]
        if len(accounts) != 1:
            raise CommandError(f"“{name}” is no trust account (of {text}). Use its name or last four digits.")
        found[accounts[0].pk] = amount
    return found
