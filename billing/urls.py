"""The pages of time and invoices."""

from django.urls import path

from billing.views import drafts, invoices, settlement_drafts, settlements, time

urlpatterns = [
    path("time/", time.time_entries, name="time_entries"),
    path("time/new/", time.time_new, name="time_new"),
    path("time/import/", time.time_import, name="time_import"),
    path("time/<int:time_id>/", time.time_entry, name="time_entry"),
    path("time/<int:time_id>/edit/", time.time_edit, name="time_edit"),
    path("time/<int:time_id>/remove/", time.time_remove, name="time_remove"),
    path("invoices/", invoices.invoices, name="invoices"),
    path("invoices/new/", invoices.invoice_new, name="invoice_new"),
    path("invoices/<int:invoice_id>/", invoices.invoice, name="invoice"),
    path("invoices/<int:invoice_id>/edit/", drafts.invoice_edit, name="invoice_edit"),
    path("invoices/<int:invoice_id>/lines/", drafts.invoice_line_new, name="invoice_line_new"),
    path(
        "invoices/<int:invoice_id>/lines/<int:line_id>/remove/", drafts.invoice_line_remove, name="invoice_line_remove"
    ),
    path("invoices/<int:invoice_id>/time/", drafts.invoice_time, name="invoice_time"),
    path("invoices/<int:invoice_id>/issue/", drafts.invoice_issue, name="invoice_issue"),
    path("invoices/<int:invoice_id>/void/", drafts.invoice_void, name="invoice_void"),
    path("settlements/", settlements.settlements, name="settlements"),
    path("settlements/new/", settlements.settlement_new, name="settlement_new"),
    path("settlements/<int:settlement_id>/", settlements.settlement, name="settlement"),
    path("settlements/<int:settlement_id>/edit/", settlement_drafts.settlement_edit, name="settlement_edit"),
    path("settlements/<int:settlement_id>/costs/", settlement_drafts.settlement_cost_new, name="settlement_cost_new"),
    path("settlements/<int:settlement_id>/liens/", settlement_drafts.settlement_lien_new, name="settlement_lien_new"),
    path(
        "settlements/<int:settlement_id>/lines/<int:deduction_id>/remove/",
        settlement_drafts.settlement_line_remove,
        name="settlement_line_remove",
    ),
    path("settlements/<int:settlement_id>/issue/", settlement_drafts.settlement_issue, name="settlement_issue"),
    path("settlements/<int:settlement_id>/void/", settlement_drafts.settlement_void, name="settlement_void"),
]
