"""The addresses of the API of money out."""

from django.urls import path

from disbursements import (
    api,
    attachment_api,
    batch_api,
    check_api,
    check_ending_api,
    closing_api,
    custody_api,
    decision_api,
    distribution_api,
    draft_api,
    fee_api,
    payee_api,
    settlement_api,
)

urlpatterns = [
    path(
        "disbursement-requests/<int:request_id>/custody",
        custody_api.CustodyApi.as_view(),
        name="api-request-custody",
    ),
    path(
        "disbursement-requests/<int:request_id>/custody.pdf",
        custody_api.CustodyPdfApi.as_view(),
        name="api-request-custody-pdf",
    ),
    path("matters/<int:matter_id>/closing", closing_api.MatterClosingApi.as_view(), name="api-matter-closing"),
    path(
        "matters/<int:matter_id>/final-statement",
        closing_api.FinalStatementApi.as_view(),
        name="api-matter-final-statement",
    ),
    path("attachments", attachment_api.AttachmentsApi.as_view(), name="api-attachments"),
    path(
        "disbursement-requests/<int:request_id>/attachments",
        attachment_api.RequestAttachmentsApi.as_view(),
        name="api-request-attachments",
    ),
    path(
        "disbursement-requests/<int:request_id>/attachments/<int:attachment_id>",
        attachment_api.RequestAttachmentApi.as_view(),
        name="api-request-attachment",
    ),
    path("disbursement-requests", api.DisbursementRequestsApi.as_view(), name="api-disbursement-requests"),
    path(
        "disbursement-requests/<int:request_id>", api.DisbursementRequestApi.as_view(), name="api-disbursement-request"
    ),
    path(
        "disbursement-requests/<int:request_id>/decision",
        decision_api.DecisionApi.as_view(),
        name="api-disbursement-decision",
    ),
    path("disbursement-requests/<int:request_id>/approve", api.ApproveApi.as_view(), name="api-disbursement-approve"),
    path("disbursement-requests/<int:request_id>/post", api.PostApi.as_view(), name="api-disbursement-post"),
    path(
        "disbursement-requests/<int:request_id>/submit", draft_api.SubmitApi.as_view(), name="api-disbursement-submit"
    ),
    path("disbursement-requests/<int:request_id>/reject", api.RejectApi.as_view(), name="api-disbursement-reject"),
    path(
        "disbursement-requests/<int:request_id>/withdraw", api.WithdrawApi.as_view(), name="api-disbursement-withdraw"
    ),
    path("transfers", api.TransfersApi.as_view(), name="api-transfers"),
    path("checks", check_api.ChecksApi.as_view(), name="api-checks"),
    path("checks/to-print", check_api.ChecksToPrintApi.as_view(), name="api-checks-to-print"),
    path("checks/written", check_api.WrittenCheckApi.as_view(), name="api-check-written"),
    path("checks/blanks", check_api.BlankChecksApi.as_view(), name="api-check-blanks"),
    path("checks/<int:check_id>", check_api.CheckApi.as_view(), name="api-check"),
    path("checks/<int:check_id>/spoil", check_api.SpoilCheckApi.as_view(), name="api-check-spoil"),
    path("checks/<int:check_id>/stop", check_ending_api.StopCheckApi.as_view(), name="api-check-stop"),
    path("checks/<int:check_id>/undo", check_ending_api.UndoCheckApi.as_view(), name="api-check-undo"),
    path("journal-entries/<int:entry_id>/take-up", check_ending_api.TakeUpCheckApi.as_view(), name="api-check-take-up"),
    path("reports/check-register", check_ending_api.CheckRegisterApi.as_view(), name="api-check-register"),
    path("reports/outstanding-checks", check_ending_api.OutstandingChecksApi.as_view(), name="api-outstanding-checks"),
    path("positive-pay", check_ending_api.PositivePayApi.as_view(), name="api-positive-pay"),
    path("check-batches/<int:batch_id>", check_api.CheckBatchApi.as_view(), name="api-check-batch"),
    path("check-batches/<int:batch_id>/paper", check_api.CheckPaperApi.as_view(), name="api-check-paper"),
    path(
        "trust-accounts/<int:account_id>/check-numbers", check_api.CheckNumbersApi.as_view(), name="api-check-numbers"
    ),
    path("invoices/<int:invoice_id>/payment", fee_api.InvoicePaymentApi.as_view(), name="api-invoice-payment"),
    path("invoices/<int:invoice_id>/authorize", fee_api.InvoiceAuthorizeApi.as_view(), name="api-invoice-authorize"),
    path("invoices/<int:invoice_id>/approve", fee_api.InvoiceApproveApi.as_view(), name="api-invoice-approve"),
    path("invoices/<int:invoice_id>/object", fee_api.InvoiceObjectApi.as_view(), name="api-invoice-object"),
    path("invoices/<int:invoice_id>/send", fee_api.InvoiceSendApi.as_view(), name="api-invoice-send"),
    path("invoices/<int:invoice_id>/transfer", fee_api.InvoiceTransferApi.as_view(), name="api-invoice-transfer"),
    path(
        "invoices/<int:invoice_id>/withdraw-authorization",
        fee_api.InvoiceAuthorizationEndApi.as_view(),
        name="api-invoice-authorization-end",
    ),
    path(
        "client-ledgers/<int:ledger_id>/fee-distribution",
        distribution_api.FeeDistributionApi.as_view(),
        name="api-fee-distribution",
    ),
    path(
        "settlements/<int:settlement_id>/sign", settlement_api.SettlementSignApi.as_view(), name="api-settlement-sign"
    ),
    path(
        "settlements/<int:settlement_id>/paper",
        settlement_api.SettlementPaperApi.as_view(),
        name="api-settlement-paper",
    ),
    path(
        "settlements/<int:settlement_id>/payment",
        settlement_api.SettlementPaymentApi.as_view(),
        name="api-settlement-payment",
    ),
    path(
        "settlements/<int:settlement_id>/authorize",
        settlement_api.SettlementAuthorizeApi.as_view(),
        name="api-settlement-authorize",
    ),
    path(
        "settlements/<int:settlement_id>/withdraw-authorization",
        settlement_api.SettlementAuthorizationEndApi.as_view(),
        name="api-settlement-authorization-end",
    ),
    path(
        "settlements/<int:settlement_id>/transfer",
        settlement_api.SettlementTransferApi.as_view(),
        name="api-settlement-transfer",
    ),
    path(
        "settlements/<int:settlement_id>/requests",
        settlement_api.SettlementRequestsApi.as_view(),
        name="api-settlement-requests",
    ),
    path(
        "settlements/<int:settlement_id>/settled-otherwise",
        settlement_api.SettledOtherwiseApi.as_view(),
        name="api-settled-otherwise",
    ),
    path(
        "settlements/<int:settlement_id>/settled-otherwise/<int:otherwise_id>/take-back",
        settlement_api.SettledOtherwiseTakenBackApi.as_view(),
        name="api-settled-otherwise-taken-back",
    ),
    path("earned-in-trust", batch_api.EarnedInTrustApi.as_view(), name="api-earned-in-trust"),
    path("transfer-batches", batch_api.TransferBatchesApi.as_view(), name="api-transfer-batches"),
    path("transfer-batches/<int:item_id>", batch_api.TransferBatchApi.as_view(), name="api-transfer-batch"),
    path(
        "transfer-batches/<int:item_id>/close",
        batch_api.TransferBatchCloseApi.as_view(),
        name="api-transfer-batch-close",
    ),
    path("payees", payee_api.PayeesApi.as_view(), name="api-payees"),
    path("payees/<int:payee_id>", payee_api.PayeeApi.as_view(), name="api-payee"),
    path("payees/<int:payee_id>/bank-details", payee_api.PayeeBankApi.as_view(), name="api-payee-bank"),
]
