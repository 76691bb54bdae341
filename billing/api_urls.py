"""The addresses of the API of time and invoices."""

from django.urls import path

from billing import api

urlpatterns = [
    path("time-entries", api.TimeEntriesApi.as_view(), name="api-time-entries"),
    path("time-entries/import", api.TimeImportApi.as_view(), name="api-time-import"),
    path("time-entries/<int:time_id>", api.TimeEntryApi.as_view(), name="api-time-entry"),
    path("time-entries/<int:time_id>/remove", api.TimeRemoveApi.as_view(), name="api-time-remove"),
    path("timekeepers", api.TimekeepersApi.as_view(), name="api-timekeepers"),
]
