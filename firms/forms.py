"""What people type on the pages of the firm, turned into values; forms know no rule."""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.urls import reverse

from firms.absences import may_record_for
from firms.audit_queries import Filters, subjects
from firms.models import Firm, Person, Role
from firms.passkeys import passkeys_of
from firms.people import attorneys


class DateInput(forms.DateInput):
    """A date with the browser's own picker."""

    input_type = "date"


class PersonForm(forms.Form):
    """Name and address of a person."""

    full_name = forms.CharField(max_length=200)
    email = forms.EmailField(max_length=254, label="E-mail address", help_text="The person signs in with it.")


class VersionedPersonForm(PersonForm):
    """Name and address as they were when shown."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class RoleForm(forms.Form):
    """A role to give."""

    role = forms.ChoiceField(choices=Role.choices)
    expires_on = forms.DateField(
        required=False, widget=DateInput, label="Last day", help_text="Needed for an auditor; otherwise optional."
    )


class AbsenceForm(forms.Form):
    """Who is away, from when to when, and who decides meanwhile."""

    person = forms.ModelChoiceField(Person.objects.none(), label="Who is away", empty_label=None)
    delegate = forms.ModelChoiceField(
        Person.objects.none(),
        label="Who decides meanwhile",
        help_text="Where a wall keeps the delegate out, the attorney is asked all the same.",
    )
    first_day = forms.DateField(widget=DateInput, label="First day")
    last_day = forms.DateField(
        widget=DateInput, label="Last day", help_text="The attorney decides again the day after."
    )
    note = forms.CharField(max_length=200, required=False, help_text="What others should know; seen by everybody.")

    def __init__(self, by: Person, data: Any = None) -> None:
        """Offer oneself, or for whoever records for others every attorney."""
        super().__init__(data, initial={"person": by})
        offered: dict[str, Any] = {"delegate": attorneys(), "person": attorneys()}
        if not may_record_for(by):
            offered = {"delegate": attorneys().exclude(pk=by.pk), "person": attorneys().filter(pk=by.pk)}
        for name, found in offered.items():
            field: Any = self.fields[name]
            field.queryset = found


class CodeForm(forms.Form):
    """The code for a decision or what a passkey signed for it, and the content hash of what was shown."""

    code = forms.CharField(
        max_length=20,
        label="Code from your authenticator app",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
    shown_hash = forms.CharField(widget=forms.HiddenInput)
    passkey = forms.CharField(required=False, max_length=8000, widget=forms.HiddenInput)
    passkey_url = ""

    def __init__(self, person: Person, shown_hash: str, **shown: Any) -> None:
        """Ask a person for a decision on this content: by a passkey first, where the person has one."""
        super().__init__(initial={"shown_hash": shown_hash, **shown})
        if passkeys_of(person).exists():
            self.passkey_url = reverse("passkey_challenge", args=[shown_hash])


class ReasonForm(forms.Form):
    """A reason."""

    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class FirmForm(forms.ModelForm):  # type: ignore[type-arg]
    """The firm's settings as they were when shown."""

    LIMITS = ("two_attorneys_above", "device_decides_up_to")
    SECTIONS: ClassVar[dict[str, tuple[str, ...]]] = {
        "The firm": ("name", "state", "time_zone"),
        "Receipts are held for so many business days": (
            "hold_days_wire",
            "hold_days_cash",
            "hold_days_ach",
            "hold_days_check",
            "hold_days_cashiers_check",
            "hold_days_foreign_check",
        ),
        "Invoices paid from trust": ("fee_condition", "fee_notice_days", "fees_distributed_by_hand"),
        "Disbursements": (*LIMITS, "deficit_stops_account"),
    }

    version = forms.IntegerField(widget=forms.HiddenInput)
    two_attorneys_above = forms.DecimalField(
        label="Two attorneys decide above",
        required=False,
        min_value=Decimal("0.01"),
        max_digits=14,
        decimal_places=2,
        help_text="Disbursements above this amount need two attorneys. Empty: one is enough.",
    )

    device_decides_up_to = forms.DecimalField(
        label="A remembered device decides up to",
        required=False,
        min_value=Decimal("0.01"),
        max_digits=14,
        decimal_places=2,
        help_text="Disbursements up to this amount an attorney may approve on a remembered device without a code. "
        "Empty: never.",
    )

    class Meta:
        model = Firm
        fields = (
            "name",
            "state",
            "time_zone",
            "hold_days_wire",
            "hold_days_cash",
            "hold_days_ach",
            "hold_days_check",
            "hold_days_cashiers_check",
            "hold_days_foreign_check",
            "deficit_stops_account",
            "fee_condition",
            "fee_notice_days",
            "fees_distributed_by_hand",
        )
        labels = {
            "name": "Name of the firm",
            "hold_days_wire": "Wires",
            "hold_days_cash": "Cash",
            "hold_days_ach": "ACH credits",
            "hold_days_check": "Checks",
            "hold_days_cashiers_check": "Cashier’s checks",
            "hold_days_foreign_check": "Out-of-state checks",
            "deficit_stops_account": "A deficit in one ledger stops voluntary spending from the whole trust account",
            "fee_condition": "An authorized invoice is paid when",
            "fee_notice_days": "Notice period for invoices, in days",
            "fees_distributed_by_hand": "Where the money is not enough for all invoices of a matter that may be paid, "
            "a coordinator distributes it (otherwise the oldest is paid first, by itself)",
        }
        help_texts = {
            "deficit_stops_account": "",
            "fees_distributed_by_hand": "",
            "hold_days_foreign_check": "Foreign ones too",
        }

    def __init__(self, data: Any, firm: Firm) -> None:
        """Show the firm as it is, its limits in the currency's units."""
        cents = {name: getattr(firm, f"{name}_cents") for name in self.LIMITS}
        limits = {name: None if limit is None else f"{Decimal(limit) / 100:.2f}" for name, limit in cents.items()}
        super().__init__(data, instance=firm, initial={**limits, "version": firm.version})

    @property
    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return what belongs together under its title, in the order of the page."""
        return [(title, [self[name] for name in names]) for title, names in self.SECTIONS.items()]

    def changes(self) -> dict[str, Any]:
        """Return every setting as it was typed."""
        values = {name: self.cleaned_data[name] for name in self.Meta.fields}
        limits = {name: self.cleaned_data[name] for name in self.LIMITS}
        cents = {f"{name}_cents": None if limit is None else int(limit * 100) for name, limit in limits.items()}
        return values | cents


class AuditFilterForm(forms.Form):
    """What to look for in the audit trail."""

    actor = forms.ModelChoiceField(
        Person.objects.order_by("full_name"), required=False, empty_label="Anybody", label="Who"
    )
    action = forms.CharField(max_length=80, required=False, label="What was done")
    subject_type = forms.ChoiceField(choices=lambda: [("", "Anything"), *subjects()], required=False, label="To what")
    subject_id = forms.CharField(max_length=80, required=False, label="Number")
    first_day = forms.DateField(required=False, widget=DateInput, label="From")
    last_day = forms.DateField(required=False, widget=DateInput, label="To")

    def filters(self) -> Filters:
        """Return what was typed; what cannot be read finds everything, with its error shown."""
        typed = self.cleaned_data if self.is_valid() else {}
        actor = typed.pop("actor", None)
        return Filters(actor_id=actor and actor.pk, **typed)
