"""What people type to distribute one payment over several invoices."""

import re
from typing import Any

from django import forms

from disbursements.distribution import Asked, Way
from disbursements.models import FeeAuthorization
from ledgers.forms.fields import MoneyFormField
from ledgers.money import ZERO

SHARE = re.compile(r"share_\d{1,18}")
MOST = 200


class DistributionForm(forms.Form):
    """How much is distributed, how, and where it is chosen: what each invoice gets."""

    amount = MoneyFormField(required=False, help_text="Left empty where amounts are chosen, it is their sum.")
    way = forms.ChoiceField(label="How", choices=Way.choices, widget=forms.RadioSelect, initial=Way.OLDEST)

    def __init__(self, ready: list[FeeAuthorization], data: Any = None, **more: Any) -> None:
        """Offer an amount for each invoice."""
        super().__init__(data, **more)
        offered = {f"share_{one.invoice_id}": f"Of {str(one.invoice).lower()}" for one in ready}
        sent = [name for name in data or () if SHARE.fullmatch(name)][:MOST]  # paid meanwhile, by this form sent twice
        for name in dict.fromkeys([*offered, *sent]):
            self.fields[name] = MoneyFormField(required=False, label=offered.get(name, "Of an invoice that is paid"))

    def asked(self) -> Asked:
        """Return what was typed."""
        said = dict(self.cleaned_data)
        amount, way = said.pop("amount"), said.pop("way")
        if way != Way.CHOSEN:
            return Asked(amount or ZERO, way)
        chosen = {int(name.removeprefix("share_")): share for name, share in said.items() if share is not None}
        return Asked(sum(chosen.values(), ZERO) if amount is None else amount, way, chosen)
