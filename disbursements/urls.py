"""The pages of money out."""

from django.urls import path

from disbursements.views import asking, deciding, linked, payees, waiting

urlpatterns = [
    path("approvals/link/<slug:token>/", linked.approval_link, name="approval_link"),
    path("approvals/<int:link_id>/", linked.approval, name="approval"),
    path("approvals/<int:link_id>/approve/", linked.approval_approve, name="approval_approve"),
    path("approvals/<int:link_id>/reject/", linked.approval_reject, name="approval_reject"),
    path("waiting/", waiting.waiting, name="waiting"),
    path("disbursements/", deciding.disbursements, name="disbursements"),
    path("disbursements/new/", asking.disbursement_new, name="disbursement_new"),
    path("disbursements/options/", asking.spending_options, name="spending_options"),
    path("disbursements/firm-funds/", asking.firm_funds_withdrawal_new, name="firm_funds_withdrawal_new"),
    path("disbursements/<int:request_id>/", deciding.disbursement, name="disbursement"),
    path("disbursements/<int:request_id>/approve/", deciding.disbursement_approve, name="disbursement_approve"),
    path("disbursements/<int:request_id>/reject/", deciding.disbursement_reject, name="disbursement_reject"),
    path("disbursements/<int:request_id>/withdraw/", deciding.disbursement_withdraw, name="disbursement_withdraw"),
    path("disbursements/<int:request_id>/change/", asking.disbursement_change, name="disbursement_change"),
    path("disbursements/<int:request_id>/post/", deciding.disbursement_post, name="disbursement_post"),
    path("transfers/", deciding.transfers, name="transfers"),
    path("transfers/new/", asking.transfer_new, name="transfer_new"),
    path("payees/", payees.payee_list, name="payees"),
    path("payees/new/", payees.payee_new, name="payee_new"),
    path("payees/options/", payees.payee_options, name="payee_options"),
    path("payees/<int:payee_id>/", payees.payee, name="payee"),
    path("payees/<int:payee_id>/edit/", payees.payee_edit, name="payee_edit"),
    path("payees/<int:payee_id>/bank/", payees.payee_bank_new, name="payee_bank_new"),
    path("unidentified/<int:entry_id>/assign/", asking.receipt_assign, name="receipt_assign"),
    path("unidentified/<int:entry_id>/return/", asking.receipt_send_back, name="receipt_send_back"),
]
