"""The addresses of the API of the firm."""

from django.urls import path

from firms.api import AuditEventsApi, PeopleApi

urlpatterns = [
    path("audit-events", AuditEventsApi.as_view(), name="api-audit-events"),
    path("people", PeopleApi.as_view(), name="api-people"),
]
