"""The addresses of the API of compliance."""

from django.urls import path

from compliance import api

urlpatterns = [
    path("exceptions", api.ExceptionsApi.as_view(), name="api-exceptions"),
    path("exceptions/<int:exception_id>", api.ExceptionApi.as_view(), name="api-exception"),
    path("exceptions/<int:exception_id>/resolve", api.ExceptionResolveApi.as_view(), name="api-exception-resolve"),
    path("exceptions/<int:exception_id>/snooze", api.ExceptionSnoozeApi.as_view(), name="api-exception-snooze"),
    path("exceptions/<int:exception_id>/owner", api.ExceptionOwnerApi.as_view(), name="api-exception-owner"),
]
