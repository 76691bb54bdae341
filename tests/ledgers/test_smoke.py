import pytest
@pytest.mark.django_db
def test_x():
    from ledgers.models import Ledger
    assert Ledger.objects.count()==0
