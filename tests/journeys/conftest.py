"""Journeys are walked in the same browser as the tests of pages."""

from tests.browser.conftest import base_url, guest, page_as
from tests.notifications.conftest import mailroom, smith_is_low

__all__ = ["base_url", "guest", "mailroom", "page_as", "smith_is_low"]
