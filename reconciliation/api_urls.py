"""The addresses of the API of the month lock."""

from django.urls import path

from reconciliation import api

urlpatterns = [
    path("reconciliations", api.ReconciliationsApi.as_view(), name="api-reconciliations"),
    path("reconciliations/re-open", api.ReopenApi.as_view(), name="api-reconciliation-re-open"),
    path("trust-accounts/<int:account_id>/months", api.MonthsApi.as_view(), name="api-months"),
]
