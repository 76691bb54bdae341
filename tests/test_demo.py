"""The demonstration firm."""

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command


@pytest.mark.django_db
def test_is_never_built_where_it_was_not_asked_for() -> None:
    assert not settings.DEMO
    with pytest.raises(CommandError, match="create_firm"):
        call_command("demo_firm")
