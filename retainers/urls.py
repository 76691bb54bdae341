"""The addresses of the pages of retainers."""

from django.urls import path

from retainers import views

urlpatterns = [
    path("low-balances/", views.low_balances_page, name="low_balances"),
    path("low-balances/check/", views.check_balances_now, name="check_balances_now"),
]
