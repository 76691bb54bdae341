"""The addresses of the API of time and invoices."""

from django.urls import path

from billing.api import invoices, settlements, time

urlpatterns = [
    path("time-entries", time.TimeEntriesApi.as_view(), name="api-time-entries"),
    path("time-entries/import", time.TimeImportApi.as_view(), name="api-time-import"),
    path("time-entries/<int:time_id>", time.TimeEntryApi.as_view(), name="api-time-entry"),
    path("time-entries/<int:time_id>/remove", time.TimeRemoveApi.as_view(), name="api-time-remove"),
    path("timekeepers", time.TimekeepersApi.as_view(), name="api-timekeepers"),
    path("invoices", invoices.InvoicesApi.as_view(), name="api-invoices"),
    path("invoices/<int:invoice_id>", invoices.InvoiceApi.as_view(), name="api-invoice"),
    path("invoices/<int:invoice_id>/lines", invoices.InvoiceLinesApi.as_view(), name="api-invoice-lines"),
    path(
        "invoices/<int:invoice_id>/lines/<int:line_id>/remove",
        invoices.InvoiceLineRemoveApi.as_view(),
        name="api-invoice-line-remove",
    ),
    path("invoices/<int:invoice_id>/time", invoices.InvoiceTimeApi.as_view(), name="api-invoice-time"),
    path("invoices/<int:invoice_id>/issue", invoices.InvoiceIssueApi.as_view(), name="api-invoice-issue"),
    path("invoices/<int:invoice_id>/void", invoices.InvoiceVoidApi.as_view(), name="api-invoice-void"),
    path("matters/<int:matter_id>/billing", invoices.MatterBillingApi.as_view(), name="api-matter-billing"),
    path("settlements", settlements.SettlementsApi.as_view(), name="api-settlements"),
    path("settlements/<int:settlement_id>", settlements.SettlementApi.as_view(), name="api-settlement"),
    path("settlements/<int:settlement_id>/pdf", settlements.SettlementPdfApi.as_view(), name="api-settlement-pdf"),
    path(
        "settlements/<int:settlement_id>/lines", settlements.SettlementLinesApi.as_view(), name="api-settlement-lines"
    ),
    path(
        "settlements/<int:settlement_id>/lines/<int:deduction_id>/remove",
        settlements.SettlementLineRemoveApi.as_view(),
        name="api-settlement-line-remove",
    ),
    path(
        "settlements/<int:settlement_id>/issue", settlements.SettlementIssueApi.as_view(), name="api-settlement-issue"
    ),
    path("settlements/<int:settlement_id>/void", settlements.SettlementVoidApi.as_view(), name="api-settlement-void"),
]
