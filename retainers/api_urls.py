"""The addresses of the API of retainers."""

from django.urls import path

from retainers.api import BalanceChecksApi

urlpatterns = [path("balance-checks", BalanceChecksApi.as_view(), name="api-balance-checks")]
