"""Where money lies: a matter by its number, and its ledger in a trust account."""

from typing import Any

from django import forms
from django.urls import reverse_lazy

from ledgers.access import Books
from ledgers.models import Ledger, Matter, TrustAccount


class MatterField(forms.CharField):
    """A matter, by its number; the page offers those that match what is typed."""

    def __init__(self, *, is_first: bool = False, options: Any = None, **rest: Any) -> None:
        """Offer matters as one types; the first field of a page takes the focus."""
        attrs: dict[str, Any] = {
            "data-combobox": reverse_lazy("matter_options") if options is None else options,
            "placeholder": "Number, name or client",
            "autocomplete": "off",
        }
        if is_first:
            attrs["data-focus"] = ""
        super().__init__(max_length=60, widget=forms.TextInput(attrs=attrs), **rest)


def matter_of(books: Books, number: str) -> Matter:
    """Return the visible matter with this number.

    Raises:
        ValidationError: there is none.
    """
    found = books.matters.select_related("client").filter(number__iexact=number.strip()).first()
    if found is None:
        raise forms.ValidationError(
            f"There is no matter “{number}”. Type part of its name and choose it from the list."
        )
    return found


def ledger_of(books: Books, matter: Matter, account: TrustAccount | None) -> Ledger:
    """Return the matter's ledger in an account: the chosen one, else the default one, else the only one.

    Raises:
        ValidationError: it has none there, or several and no default.
    """
    held = list(books.ledgers.filter(matter=matter).select_related("trust_account").order_by("pk"))
    if account is None and len(held) > 1:
        default = matter.accounts.filter(is_default=True).values_list("trust_account_id", flat=True).first()
        held = [ledger for ledger in held if ledger.trust_account_id == default] or held
    found = [ledger for ledger in held if account is None or ledger.trust_account_id == account.pk]
    if not found:
        where = f"in {account.name}" if account else "in any trust account"
        raise forms.ValidationError(f"{matter.number} has no ledger {where}: nothing was received there yet.")
    if len(found) > 1:
        raise forms.ValidationError(f"{matter.number} has several ledgers. Choose the trust account.")
    return found[0]
