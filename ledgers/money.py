"""Money: whole cents in the database, `Money` in the firm's one currency in Python, strings at the edges."""

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.expressions import Combinable
from moneyed import USD, Money
from typing_extensions import TypeVar

__all__ = ["CURRENCY", "ZERO", "CentsField", "Money", "as_text", "cents_of", "money", "parse_money"]

CURRENCY = USD
ZERO = Money(0, CURRENCY)
MAX_CENTS = 10**15  # ten trillion dollars: far inside bigint, far outside any firm
_PLAIN = re.compile(r"(?P<minus>-)?\$?(?P<whole>\d{1,3}(,\d{3})+|\d+)(\.(?P<cents>\d{1,2}))?", re.ASCII)


def money(cents: int) -> Money:
    """Return the amount of so many cents."""
    return Money(Decimal(cents).scaleb(-2), CURRENCY)


def cents_of(amount: Money) -> int:
    """Return the whole cents of an amount.

    Raises:
        ValueError: another currency, or a fraction of a cent.
    """
    if amount.currency != CURRENCY:
        raise ValueError(f"{amount} is not in {CURRENCY}")
    cents = amount.amount.scaleb(2)
    if cents != cents.to_integral_value():
        raise ValueError(f"{amount} has a fraction of a cent")
    return int(cents)


def parse_money(text: str) -> Money:
    """Read an amount as a bookkeeper types it: 1250, 1,250.00, $1,250.5, (1,250.00), -3.

    Raises:
        ValidationError: anything else, with a sentence.
    """
    typed = text.strip()
    in_parentheses = typed.startswith("(") and typed.endswith(")")
    match = _PLAIN.fullmatch(typed[1:-1].strip() if in_parentheses else typed)
    if not match or (in_parentheses and match["minus"]):
        raise ValidationError(f"“{text}” is not an amount. Type it like 1250.00 or 1,250.00.", code="not_an_amount")
    cents = int(match["whole"].replace(",", "")) * 100 + int((match["cents"] or "").ljust(2, "0"))
    if cents > MAX_CENTS:
        raise ValidationError(f"“{text}” is larger than these books can hold.", code="amount_too_large")
    return money(-cents if in_parentheses or match["minus"] else cents)


def as_text(amount: Money) -> str:
    """Return an amount as it reads on paper: $1,250.00, negatives in parentheses."""
    text = f"${abs(amount.amount):,.2f}"
    return f"({text})" if amount.amount < 0 else text


_Set = TypeVar("_Set", contravariant=True, default=Money | int | Combinable)
_Get = TypeVar("_Get", covariant=True, default=Money)

if TYPE_CHECKING:  # the checker's view of the column; at run time it is a plain BigIntegerField

    class _Cents(models.BigIntegerField[_Set, _Get]):
        _pyi_private_set_type: Money | int | Combinable  # type: ignore[assignment]
        _pyi_private_get_type: Money  # type: ignore[assignment]
        _pyi_lookup_exact_type: Money | int  # type: ignore[assignment]
else:

    class _Cents(models.BigIntegerField):
        def __class_getitem__(cls, _):
            return cls


class CentsField(_Cents[_Set, _Get]):
    """A `bigint` column of whole cents whose Python value is `Money`."""

    def from_db_value(self, value: int | None, *_: Any) -> Money | None:
        """Return the amount read from the database."""
        return None if value is None else money(value)

    def to_python(self, value: Any) -> Money | None:
        """Return the amount of typed text, of an amount, or of nothing."""
        if value is None or isinstance(value, Money):
            return value
        return parse_money(str(value))

    def get_prep_value(self, value: Any) -> int | None:
        """Return the cents to store. Plain integers are cents (for sums and comparisons in queries)."""
        return cents_of(value) if isinstance(value, Money) else super().get_prep_value(value)

    def value_to_string(self, obj: models.Model) -> str:
        """Return the amount as a plain decimal string."""
        value: Any = self.value_from_object(obj)
        return str(value.amount)
