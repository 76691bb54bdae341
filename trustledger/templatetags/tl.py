"""What every page says the same way: amounts, dates, icons, pills, table heads, cards.

`{% load tl %}` in a template. Amounts are given as Money or as whole cents (int).
"""

import datetime as dt
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import template
from django.http import HttpRequest
from django.template.context import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from moneyed import Money

from firms.browsers import browser_name
from ledgers.commands import new_key

register = template.Library()
register.filter("browser", browser_name)
Amount = Money | int | None

TONES = {
    "bad": "critical deficit refused rejected declined failed overdue reversed returned bounced broken stopped expired",
    "warn": "high warning pending waiting requested unfunded uncollected held hold closing proposed due partly_paid",
    "ok": "ok posted approved confirmed cleared done active sent delivered signed passed released paid loaded",
    "info": "medium info new submitted scheduled open_month previewed mapped outstanding reconciling in_progress",
}
CODES = frozenset({"kind", "method", "role", "state", "status"})
ROWS = frozenset(
    {"account", "actor", "authority", "bank_item", "client", "hold", "ledger", "matter", "payee", "person"}
)
TONE_OF = {word: tone for tone, words in TONES.items() for word in words.split()}


def as_decimal(amount: Money | int) -> Decimal:
    """Return an amount in the currency's units; an int is whole cents."""
    return Decimal(amount) / 100 if isinstance(amount, int) else Decimal(amount.amount)


@register.filter
def money_text(amount: Amount) -> str:
    """Return "$1,250.00", or "($1,250.00)" below zero; nothing for no amount."""
    if amount is None or amount == "":
        return ""
    value = as_decimal(amount)
    code = "USD" if isinstance(amount, int) else amount.currency.code
    sign = "$" if code == "USD" else f"{code} "
    text = f"{sign}{abs(value):,.2f}"
    return f"({text})" if value < 0 else text


@register.filter
def money(amount: Amount) -> SafeString:
    """Return the amount in tabular figures, red and in parentheses below zero, a dash for no amount."""
    if amount is None or amount == "":
        return mark_safe('<span class="tl-none" aria-hidden="true">–</span>')
    negative = " tl-neg" if as_decimal(amount) < 0 else ""
    return format_html('<span class="tl-num{}">{}</span>', negative, money_text(amount))


@register.filter
def negated(amount: Money) -> Money:
    """Return what is taken off, where a column adds up."""
    return -amount


@register.filter
def day(value: dt.date | None) -> SafeString:
    """Return a business date as "Nov 20, 2026" (an instant: its date in the firm's zone)."""
    if not value:
        return mark_safe('<span class="tl-none" aria-hidden="true">–</span>')
    date = timezone.localtime(value).date() if isinstance(value, dt.datetime) else value
    return format_html('<time class="tl-date" datetime="{}">{}</time>', date.isoformat(), date_format(date, "M j, Y"))


@register.filter
def moment(value: dt.datetime | None) -> SafeString:
    """Return an instant as "Nov 20, 2026 5:00 PM EST" in the firm's time zone."""
    if not value:
        return mark_safe('<span class="tl-none" aria-hidden="true">–</span>')
    local = timezone.localtime(value)
    text = f"{date_format(local, 'M j, Y g:i A')} {local.tzname()}"
    return format_html('<time class="tl-date" datetime="{}">{}</time>', local.isoformat(), text)


@register.filter
def words(code: Any) -> str:
    """Return a code in words: "unidentified_receipts" is "Unidentified receipts"."""
    text = str(code).replace("_", " ").replace("-", " ").strip()
    return text[:1].upper() + text[1:]


@register.filter
def fact(value: Any) -> Any:
    """Return one fact of a refusal as people read it: amounts, dates, yes and no; the rest as it is."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, Money):
        return money(value)
    if isinstance(value, dt.datetime):
        return moment(value)
    return day(value) if isinstance(value, dt.date) else value


@register.filter
def facts_shown(facts: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the facts of a refusal that say something to a person: no row numbers, and codes in words."""
    said = [(name, value) for name, value in facts.items() if not (name in ROWS and isinstance(value, int))]
    return [(name, words(value) if name in CODES else value) for name, value in said]


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """Return one icon of the sprite; decorative, so hidden from screen readers."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        extra,
        static("icons.svg"),
        name,
    )


@register.simple_tag
def pill(code: Any, label: str = "", tone: str = "") -> SafeString:
    """Return a status or severity as a pill; tone (ok, info, warn, bad, mute) follows from the code."""
    value = str(getattr(code, "value", code))
    chosen = tone or TONE_OF.get(value.lower().replace(" ", "_").replace("-", "_"), "mute")
    text = label or str(getattr(code, "label", "")) or words(value)
    return format_html('<span class="tl-sev tl-{}-pill">{}</span>', chosen, text)


@register.simple_tag
def idempotency_key(form: Any = None) -> SafeString:
    """Return the hidden key of one intent; a form shown again keeps the key it was sent with."""
    sent = form.data.get("idempotency_key", "") if form is not None and form.is_bound else ""
    return format_html('<input type="hidden" name="idempotency_key" value="{}">', sent or new_key())


def query(request: HttpRequest, **changes: str | None) -> str:
    """Return the page's query string with some parameters changed, or removed (None)."""
    pairs = [(k, v) for k, values in request.GET.lists() for v in values if k not in changes and v != ""]
    return "?" + urlencode(pairs + [(k, v) for k, v in changes.items() if v is not None])


@register.inclusion_tag("components/column.html", takes_context=True)
def column(
    context: Context, label: str, key: str = "", numeric: bool = False, hidden: bool = False, only: str = ""
) -> dict[str, Any]:
    """Show the head of a column; with a key it sorts by `?sort=key` or `?sort=-key`; only: wide or narrow."""
    current = context["request"].GET.get("sort", "")
    down = current == key
    state = {"ascending": down, "descending": current == f"-{key}"}
    order = next((name for name, true in state.items() if true and key), "none")
    url = query(context["request"], sort=f"-{key}" if down else key, page=None) if key else ""
    return {"label": label, "url": url, "order": order, "numeric": numeric, "hidden": hidden, "only": only}


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context: Context, page: Any, noun: str = "rows") -> dict[str, Any]:
    """Show which rows of how many are on the page, and the other pages (`?page=`)."""
    request = context["request"]
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    links = [(n, query(request, page=str(n)) if isinstance(n, int) else "") for n in numbers]
    previous = query(request, page=str(page.number - 1)) if page.has_previous() else ""
    following = query(request, page=str(page.number + 1)) if page.has_next() else ""
    return {"page": page, "links": links, "previous": previous, "following": following, "noun": noun}


@register.inclusion_tag("components/export_links.html", takes_context=True)
def export_links(context: Context, *formats: str) -> dict[str, Any]:
    """Show links to the same rows as files: `{% export_links "csv" "pdf" %}` (`?format=csv`)."""
    return {"links": [(name.upper(), query(context["request"], format=name, page=None)) for name in formats]}


@register.inclusion_tag("components/filter_bar.html", takes_context=True)
def filter_bar(context: Context, form: Any, clear_url: str = "") -> dict[str, Any]:
    """Show the filters of a list as one row; applied by GET, kept in the address."""
    request = context["request"]
    return {"form": form, "clear_url": clear_url or request.path, "sort": request.GET.get("sort", "")}


@register.simple_block_tag
def card(content: str, title: str = "", id: str = "", actions: str = "", flush: bool = False) -> str:
    """Put what is inside into a card; `flush=True` for tables and lists that reach its edges."""
    values = {"content": content, "title": title, "id": id, "actions": actions, "flush": flush}
    return render_to_string("components/card.html", values)
