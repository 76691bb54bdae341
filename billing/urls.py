"""The pages of time and invoices."""

from django.urls import path

from billing.views import time

urlpatterns = [
    path("time/", time.time_entries, name="time_entries"),
    path("time/new/", time.time_new, name="time_new"),
    path("time/import/", time.time_import, name="time_import"),
    path("time/<int:time_id>/", time.time_entry, name="time_entry"),
    path("time/<int:time_id>/edit/", time.time_edit, name="time_edit"),
    path("time/<int:time_id>/remove/", time.time_remove, name="time_remove"),
]
