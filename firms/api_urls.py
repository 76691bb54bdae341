"""The addresses of the API of the firm."""

from django.urls import path

from firms.absence_api import AbsenceEndApi, AbsencesApi
from firms.api import AuditEventsApi, PeopleApi

urlpatterns = [
    path("absences", AbsencesApi.as_view(), name="api-absences"),
    path("absences/<int:absence_id>/end", AbsenceEndApi.as_view(), name="api-absence-end"),
    path("audit-events", AuditEventsApi.as_view(), name="api-audit-events"),
    path("people", PeopleApi.as_view(), name="api-people"),
]
