"""Journeys are walked in the same browser as the tests of pages."""

from tests.browser.conftest import base_url, guest, page_as

__all__ = ["base_url", "guest", "page_as"]
