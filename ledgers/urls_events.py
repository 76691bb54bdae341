"""The pages of bank events, corrections and holds."""

from django.urls import path

from ledgers.views import bank_events, holds

urlpatterns = [
    path("bank-events/", bank_events.bank_events_page, name="bank_events"),
    path("bank-events/<slug:name>/", bank_events.bank_event_new, name="bank_event_new"),
    path("entries/<int:entry_id>/put-back/", bank_events.fee_put_back, name="fee_put_back"),
    path("entries/<int:entry_id>/returned/", bank_events.receipt_returned, name="receipt_returned"),
    path("entries/<int:entry_id>/reverse/", bank_events.entry_reverse, name="entry_reverse"),
    path("holds/", holds.holds, name="holds"),
    path("holds/new/", holds.hold_new, name="hold_new"),
    path("holds/<int:hold_id>/release/", holds.hold_release, name="hold_release"),
]
