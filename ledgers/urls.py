"""The pages of the books."""

from django.urls import include, path

from ledgers.views import clearing, client_ledgers, deposit_slips, receipts, reports, trust_accounts

urlpatterns = [
    path("", include("ledgers.urls_parties")),
    path("client-ledgers/", client_ledgers.client_ledgers, name="client_ledgers"),
    path("client-ledgers/<int:ledger_id>/", client_ledgers.ledger_card_view, name="ledger_card"),
    path("deposit-slips/", deposit_slips.deposit_slips_view, name="deposit_slips"),
    path("deposit-slips/<int:slip_id>/", deposit_slips.deposit_slip, name="deposit_slip"),
    path("deposit-slips/<int:slip_id>/close/", deposit_slips.deposit_slip_close, name="deposit_slip_close"),
    path("entries/<int:entry_id>/", client_ledgers.entry, name="entry"),
    path("entries/<int:entry_id>/cleared/", clearing.entry_cleared, name="entry_cleared"),
    path("entries/<int:entry_id>/not-cleared/", clearing.entry_not_cleared, name="entry_not_cleared"),
    path("entries/<int:entry_id>/notes/", client_ledgers.entry_note, name="entry_note"),
    path("matters/options/", receipts.matter_options_view, name="matter_options"),
    path("receipts/", receipts.receipts, name="receipts"),
    path("receipts/new/", receipts.receipt_new, name="receipt_new"),
    path("receipts/outlook/", receipts.receipt_outlook, name="receipt_outlook"),
    path("reports/", reports.reports, name="reports"),
    path(
        "reports/disbursements-journal/", reports.journal_view, {"way": "disbursements"}, name="disbursements_journal"
    ),
    path("reports/receipts-journal/", reports.journal_view, {"way": "receipts"}, name="receipts_journal"),
    path("reports/trial-balance/", reports.trial_balance_view, name="trial_balance"),
    path("reports/trust-listing/", reports.trust_listing_view, name="trust_listing"),
    path("search/", trust_accounts.search_view, name="search"),
]
