"""Journeys are walked in the same browser as the tests of pages."""

from tests.browser.conftest import base_url, guest, page_as
from tests.notifications.conftest import smith_is_low

__all__ = ["base_url", "guest", "page_as", "smith_is_low"]
