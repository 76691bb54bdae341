"""The addresses of the API of money out."""

from django.urls import path

from disbursements import api, payee_api

urlpatterns = [
    path("disbursement-requests", api.DisbursementRequestsApi.as_view(), name="api-disbursement-requests"),
    path(
        "disbursement-requests/<int:request_id>", api.DisbursementRequestApi.as_view(), name="api-disbursement-request"
    ),
    path("disbursement-requests/<int:request_id>/approve", api.ApproveApi.as_view(), name="api-disbursement-approve"),
    path("disbursement-requests/<int:request_id>/post", api.PostApi.as_view(), name="api-disbursement-post"),
    path("disbursement-requests/<int:request_id>/reject", api.RejectApi.as_view(), name="api-disbursement-reject"),
    path(
        "disbursement-requests/<int:request_id>/withdraw", api.WithdrawApi.as_view(), name="api-disbursement-withdraw"
    ),
    path("transfers", api.TransfersApi.as_view(), name="api-transfers"),
    path("payees", payee_api.PayeesApi.as_view(), name="api-payees"),
    path("payees/<int:payee_id>", payee_api.PayeeApi.as_view(), name="api-payee"),
    path("payees/<int:payee_id>/bank-details", payee_api.PayeeBankApi.as_view(), name="api-payee-bank"),
]
