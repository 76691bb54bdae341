"""The addresses of the pages of compliance."""

from django.urls import path

from compliance.views import exceptions

urlpatterns = [
    path("exceptions/", exceptions.exceptions, name="exceptions"),
    path("exceptions/<int:exception_id>/", exceptions.exception, name="exception"),
    path("exceptions/<int:exception_id>/owner/", exceptions.exception_owner, name="exception_owner"),
    path("exceptions/<int:exception_id>/snooze/", exceptions.exception_snooze, name="exception_snooze"),
    path("exceptions/<int:exception_id>/wake/", exceptions.exception_wake, name="exception_wake"),
    path("exceptions/<int:exception_id>/resolve/", exceptions.exception_resolve, name="exception_resolve"),
]
