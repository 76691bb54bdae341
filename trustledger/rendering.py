"""How forms look: Django's own form rendering with Tabler's classes and our field template."""

from datetime import date
from typing import Any, cast

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting

CHECKS = (forms.CheckboxInput, forms.RadioSelect, forms.CheckboxSelectMultiple)


def as_typed(widget: forms.Widget) -> None:
    """Let an amount be a plain text field: a number field of the browser drops what it cannot read ("1,250.00")."""
    if isinstance(widget, forms.NumberInput):
        widget.input_type = "text"
        for name in ("step", "min", "max"):
            widget.attrs.pop(name, None)


def as_written(widget: forms.Widget, value: Any) -> None:
    """Let a day that cannot be read stand in its field as text: the browser's calendar would show nothing of it."""
    if isinstance(widget, forms.DateInput) and isinstance(value, str) and value:
        try:
            date.fromisoformat(value)
        except ValueError:
            widget.input_type = "text"


class Field(BoundField):
    """One field of a form on a page."""

    @property
    def is_check(self) -> bool:
        """Whether the field is one box to tick (its label stands after it)."""
        return isinstance(self.field.widget, forms.CheckboxInput)

    @property
    def is_money(self) -> bool:
        """Whether an amount is typed here: right-aligned, with the currency before it; hours and percents are none."""
        marks = self.field.widget.attrs
        return "data-money" in marks or (isinstance(self.field, forms.DecimalField) and "data-plain" not in marks)

    def build_widget_attrs(self, attrs: Any, widget: forms.Widget | None = None) -> dict[str, Any]:
        """Return the widget's attributes with Tabler's classes and the marks of an amount."""
        widget = widget or self.field.widget
        built = cast("dict[str, Any]", super().build_widget_attrs(attrs, widget))
        if widget.is_hidden:
            return built
        classes = [str(widget.attrs.get("class", "")), self.style_of(widget)]
        if self.is_money:
            as_typed(widget)
            built = {"inputmode": "decimal", "autocomplete": "off"} | built
            classes.append("tl-amount")
        if self.errors:
            as_written(widget, self.value())
            classes.append("is-invalid")
        return built | {"class": " ".join(name for name in classes if name)}

    def style_of(self, widget: forms.Widget) -> str:
        """Return Tabler's class for a kind of widget."""
        if isinstance(widget, CHECKS):
            return "form-check-input"
        return "form-select" if isinstance(widget, forms.Select) else "form-control"


class FormRenderer(TemplatesSetting):
    """The renderer of every form (setting FORM_RENDERER)."""

    form_template_name = "components/form_fields.html"
    field_template_name = "components/field.html"
    bound_field_class = Field
