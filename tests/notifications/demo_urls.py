"""The product's addresses as in the demonstration."""

from notifications.urls import MAILBOX
from trustledger.urls import urlpatterns as product

handler404 = "trustledger.errors.page_not_found"
urlpatterns = [*MAILBOX, *product]
