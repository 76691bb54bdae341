"""The addresses of the API of notifications."""

from django.urls import path

from notifications.api import NoticesApi, NoticeSendAgainApi

urlpatterns = [
    path("notices", NoticesApi.as_view(), name="api-notices"),
    path("notices/<int:notice_id>/send-again", NoticeSendAgainApi.as_view(), name="api-notice-send-again"),
]
