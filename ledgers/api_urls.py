"""The addresses of the API of the books."""

from django.urls import include, path

from ledgers.api import books, clearing, corrections, entries, receipts, reports

urlpatterns = [
    path("", include("ledgers.api_urls_parties")),
    path("clearances", clearing.ClearancesApi.as_view(), name="api-clearances"),
    path("client-ledgers", books.ClientLedgersApi.as_view(), name="api-client-ledgers"),
    path("client-ledgers/<int:ledger_id>", books.ClientLedgerApi.as_view(), name="api-client-ledger"),
    path("client-ledgers/<int:ledger_id>/lines", books.LedgerLinesApi.as_view(), name="api-client-ledger-lines"),
    path("deposit-slips", receipts.DepositSlipsApi.as_view(), name="api-deposit-slips"),
    path("deposit-slips/<int:slip_id>", receipts.DepositSlipApi.as_view(), name="api-deposit-slip"),
    path("deposit-slips/<int:slip_id>/close", receipts.DepositSlipCloseApi.as_view(), name="api-deposit-slip-close"),
    path("bank-events", corrections.BankEventsApi.as_view(), name="api-bank-events"),
    path("holds", corrections.HoldsApi.as_view(), name="api-holds"),
    path("holds/<int:hold_id>/release", corrections.HoldReleaseApi.as_view(), name="api-hold-release"),
    path("journal-entries", entries.JournalEntriesApi.as_view(), name="api-journal-entries"),
    path("journal-entries/<int:entry_id>", entries.JournalEntryApi.as_view(), name="api-journal-entry"),
    path("journal-entries/<int:entry_id>/not-cleared", clearing.NotClearedApi.as_view(), name="api-entry-not-cleared"),
    path("journal-entries/<int:entry_id>/notes", entries.EntryNotesApi.as_view(), name="api-entry-notes"),
    path("journal-entries/<int:entry_id>/put-back", corrections.PutBackApi.as_view(), name="api-fee-put-back"),
    path("journal-entries/<int:entry_id>/return", corrections.ReturnReceiptApi.as_view(), name="api-receipt-return"),
    path("journal-entries/<int:entry_id>/reverse", corrections.ReverseApi.as_view(), name="api-entry-reverse"),
    path("receipts", receipts.ReceiptsApi.as_view(), name="api-receipts"),
    path("reports/disbursements-journal", reports.DisbursementsJournalApi.as_view(), name="api-disbursements-journal"),
    path("reports/receipts-journal", reports.ReceiptsJournalApi.as_view(), name="api-receipts-journal"),
    path("reports/trial-balance", reports.TrialBalanceApi.as_view(), name="api-trial-balance"),
    path("reports/trust-listing", reports.TrustListingApi.as_view(), name="api-trust-listing"),
]
