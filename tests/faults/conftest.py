"""Letters that a crash has to do with go to the mail server of the tests."""

from tests.notifications.conftest import mailroom

__all__ = ["mailroom"]
