"""The pages of the month lock."""

from django.urls import path

from reconciliation.views import months

urlpatterns = [
    path("reconciliation/", months.reconciliation, name="reconciliation"),
    path("reconciliation/<int:account_id>/", months.reconciliation_account, name="reconciliation_account"),
    path("reconciliation/<int:account_id>/<str:month>/", months.reconciliation_month, name="reconciliation_month"),
    path(
        "reconciliation/<int:account_id>/<str:month>/re-open/",
        months.reconciliation_reopen,
        name="reconciliation_reopen",
    ),
]
