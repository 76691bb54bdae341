"""The addresses of the pages of notifications. The mailbox is there in the demonstration only."""

from django.conf import settings
from django.urls import path

from notifications import views

MAILBOX = [
    path("mailbox/", views.demo_mailbox, name="demo_mailbox"),
    path("mailbox/<int:mail_id>/", views.demo_mailbox, name="demo_mail"),
    path("mailbox/<int:mail_id>/html/", views.demo_mail_html, name="demo_mail_html"),
]
urlpatterns = [
    path("mail/", views.mail_log, name="mail_log"),
    path("mail/<int:notice_id>/", views.mail_notice, name="mail_notice"),
    path("mail/<int:notice_id>/send-again/", views.mail_send_again, name="mail_send_again"),
    *(MAILBOX if settings.DEMO else []),
]
