"""The opening import: a run through its stages, the files as they came, the rows read from them, and what is wrong."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat, Lower

from ledgers.money import CentsField, Money

LEDGER_KINDS = ["client", "firm_funds", "unidentified", "interest_due"]


class OpeningImport(models.Model):
    """One run: the balances at the cut-over, and what was outstanding at the bank on that day.

    `mapping` says which column means what; `statements` holds, by trust account, the bank's balance at the cut-over as
    somebody typed it (decimal strings); `proof` is kept as it was when the run was loaded.
    """

    class State(models.TextChoices):
        """Where the run stands; the moves allowed are kept by the database (`085_opening.sql`)."""

        UPLOADED = "uploaded", "Uploaded"
        MAPPED = "mapped", "Mapped"
        CHECKED = "checked", "Checked"
        PROPOSED = "proposed", "Waiting for approval"
        LOADING = "loading", "Loading"
        LOADED = "loaded", "Loaded"
        ROLLED_BACK = "rolled_back", "Rolled back"
        REFUSED = "refused", "Refused"

    state = models.CharField(max_length=12, choices=State.choices, default=State.UPLOADED)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    cut_over_date = models.DateField(null=True)
    mapping = models.JSONField(default=dict)
    statements = models.JSONField(default=dict)
    deficits_accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    deficits_reason = models.CharField(max_length=300, blank=True)
    row_count = models.PositiveIntegerField(default=0)
    error_count = models.PositiveIntegerField(default=0)
    warning_count = models.PositiveIntegerField(default=0)
    proposal = models.ForeignKey("firms.Proposal", null=True, on_delete=models.PROTECT, related_name="+")
    command_count = models.PositiveIntegerField(default=0, help_text="Commands of the pen that loaded it")
    loaded_at = models.DateTimeField(null=True)
    rolled_back_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=1000, blank=True)
    proof = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "uploaded",
                        "mapped",
                        "checked",
                        "proposed",
                        "loading",
                        "loaded",
                        "rolled_back",
                        "refused",
                    ]
                ),
                name="opening_import_known_state",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["proposed", "loading", "loaded"]) | Q(proposal__isnull=False, error_count=0),
                name="opening_import_proposed_without_errors",
            ),
            models.CheckConstraint(
                condition=~Q(state="loaded") | Q(proof__isnull=False, loaded_at__isnull=False),
                name="opening_import_loaded_with_proof",
            ),
        ]

    def __str__(self) -> str:
        """Return the number of the run."""
        return f"Opening import {self.pk}"

    def command_key(self, number: int) -> str:
        """Return the idempotency key of one of its commands."""
        return f"import:{self.pk}:{number}"


class OpeningFile(models.Model):
    """A file as it was uploaded, kept byte for byte in pieces."""

    class Part(models.TextChoices):
        """What it lists."""

        BALANCES = "balances", "Balances"
        OUTSTANDING = "outstanding", "Outstanding items"

    run = models.ForeignKey(OpeningImport, on_delete=models.PROTECT, related_name="files")
    part = models.CharField(max_length=11, choices=Part.choices)
    name = models.CharField(max_length=200)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the bytes")
    encoding = models.CharField(max_length=12)
    delimiter = models.CharField(max_length=1)
    header = models.JSONField()
    sample = models.JSONField(help_text="The first rows, to choose the columns by")
    web_may: ClassVar[str] = "append"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "part"], name="opening_file_once")]

    def __str__(self) -> str:
        """Return the file's name."""
        return self.name


class OpeningPiece(models.Model):
    """A piece of a file's bytes."""

    file = models.ForeignKey(OpeningFile, on_delete=models.PROTECT, related_name="pieces")
    seq = models.PositiveIntegerField()
    data = models.BinaryField()
    web_may: ClassVar[str] = "append"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "seq"], name="opening_piece_once")]

    def __str__(self) -> str:
        """Return file and place."""
        return f"{self.file_id}/{self.seq}"


class OpeningRow(models.Model):
    """One row as it was understood. `line` is its number in the file, the header being 1.

    Rewritten when the mapping changes; fixed once the run is proposed (`085_opening.sql`).
    """

    run = models.ForeignKey(OpeningImport, on_delete=models.PROTECT, related_name="rows", db_index=False)
    part = models.CharField(max_length=11, choices=OpeningFile.Part.choices)
    line = models.PositiveIntegerField()
    is_total = models.BooleanField(default=False)
    ledger_kind = models.CharField(max_length=12, default="client")
    client_name = models.CharField(max_length=200, blank=True)
    client_email = models.CharField(max_length=254, blank=True)
    matter_number = models.CharField(max_length=60, blank=True)
    description = models.CharField(max_length=300, blank=True)
    account_text = models.CharField(max_length=200, blank=True)
    amount: "CentsField[Money | int | None, Money | None]" = CentsField(null=True)
    last_activity_date = models.DateField(null=True)
    opened_date = models.DateField(null=True)
    item = models.CharField(max_length=8, blank=True, help_text="check or deposit, of an outstanding item")
    item_number = models.CharField(max_length=100, blank=True)
    item_date = models.DateField(null=True)
    payee = models.CharField(max_length=200, blank=True)
    purpose = models.CharField(max_length=300, blank=True)
    attorney_id = models.BigIntegerField(null=True)
    trust_account_id = models.BigIntegerField(null=True)
    client_id = models.BigIntegerField(null=True)
    matter_id = models.BigIntegerField(null=True)
    matter_key = models.GeneratedField(
        expression=Lower("matter_number"), output_field=models.CharField(max_length=80), db_persist=True
    )
    client_key = models.GeneratedField(
        expression=Concat(Lower("client_name"), Value("\n"), Lower("client_email")),
        output_field=models.CharField(max_length=500), db_persist=True,
    )  # fmt: skip
    web_may: ClassVar[str] = "all"

    class Meta:
        indexes = [
            models.Index(fields=["run", "part", "matter_key"], name="opening_row_by_matter"),
            models.Index(fields=["run", "part", "client_key"], name="opening_row_by_client"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["run", "part", "line"], name="opening_row_once"),
            models.CheckConstraint(condition=Q(ledger_kind__in=LEDGER_KINDS), name="opening_row_known_kind"),
            models.CheckConstraint(condition=Q(item__in=["", "check", "deposit"]), name="opening_row_known_item"),
        ]

    def __str__(self) -> str:
        """Return part and line."""
        return f"{self.get_part_display()} row {self.line}"


class OpeningProblem(models.Model):
    """Something wrong with a row (or, without one, with the run), and what to do about it."""

    run = models.ForeignKey(OpeningImport, on_delete=models.PROTECT, related_name="problems", db_index=False)
    part = models.CharField(max_length=11, choices=OpeningFile.Part.choices)
    line = models.PositiveIntegerField(null=True)
    column = models.CharField(max_length=100, blank=True)
    value = models.CharField(max_length=200, blank=True)
    wrong = models.CharField(max_length=400)
    remedy = models.CharField(max_length=400)
    is_warning = models.BooleanField(default=False)
    web_may: ClassVar[str] = "all"

    class Meta:
        indexes = [models.Index(fields=["run", "is_warning", "part", "line"], name="opening_problem_in_order")]

    def __str__(self) -> str:
        """Return what is wrong, where."""
        return f"{self.get_part_display()} row {self.line}: {self.wrong}"
