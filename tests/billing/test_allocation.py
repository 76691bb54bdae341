"""One payment over several invoices: every cent is somewhere, none is twice."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.allocation import AllocationRefused, Open, chosen, equal_proportions, oldest_first

AMOUNTS = st.lists(st.integers(1, 10**9), min_size=1, max_size=30)


def opened(amounts: list[int]) -> list[Open]:
    return [Open(place, cents) for place, cents in enumerate(amounts)]


@st.composite
def payments(draw: st.DrawFn) -> tuple[int, list[int]]:
    """Draw invoices, and a payment of at most what is open."""
    amounts = draw(AMOUNTS)
    return draw(st.integers(1, sum(amounts))), amounts


class TestOldestFirst:
    @given(payments())
    def test_fills_in_order_and_adds_up(self, drawn: tuple[int, list[int]]) -> None:
        payment, amounts = drawn
        shares = oldest_first(payment, opened(amounts))
        assert sum(shares.values()) == payment
        paid = [shares.get(place, 0) for place in range(len(amounts))]
        assert all(0 <= share <= cents for share, cents in zip(paid, amounts, strict=True))
        touched = [place for place, share in enumerate(paid) if share]
        assert touched == list(range(len(touched)))
        assert paid[: len(touched) - 1] == amounts[: len(touched) - 1]


class TestEqualProportions:
    @given(payments())
    def test_adds_up_and_no_share_is_off_by_a_cent(self, drawn: tuple[int, list[int]]) -> None:
        payment, amounts = drawn
        shares = equal_proportions(payment, opened(amounts))
        assert sum(shares.values()) == payment
        for place, cents in enumerate(amounts):
            share, exact = shares.get(place, 0), Fraction(payment * cents, sum(amounts))
            assert abs(share - exact) < 1
            assert 0 <= share <= cents

    @given(payments())
    def test_gives_like_invoices_like_shares_but_for_a_cent(self, drawn: tuple[int, list[int]]) -> None:
        payment, amounts = drawn
        shares = equal_proportions(payment, opened(amounts))
        for one, cents in enumerate(amounts):
            for other, same in enumerate(amounts):
                if cents <= same:
                    assert shares.get(one, 0) <= shares.get(other, 0) + 1

    def test_gives_what_rounding_leaves_to_the_largest_remainders(self) -> None:
        assert equal_proportions(100, opened([100, 100, 100])) == {0: 34, 1: 33, 2: 33}
        assert equal_proportions(1, opened([1, 5, 3])) == {1: 1}
        assert equal_proportions(10_000, opened([12_345, 6_789, 1])) == {0: 6452, 1: 3548}


class TestChosen:
    @given(payments(), st.data())
    def test_is_taken_when_it_is_the_payment(self, drawn: tuple[int, list[int]], data: st.DataObject) -> None:
        amounts = drawn[1]
        parts = {place: data.draw(st.integers(0, cents)) for place, cents in enumerate(amounts)}
        payment = sum(parts.values())
        if payment:
            found = chosen(payment, opened(amounts), parts)
            assert found == {place: cents for place, cents in parts.items() if cents}

    @pytest.mark.parametrize(
        ("parts", "said"),
        [
            ({0: 5000, 1: 4000}, r"add up to \$90\.00"),
            ({0: 10001}, r"\$100\.00 is open of one of the invoices, not \$100\.01"),
            ({0: 5000, 7: 5000}, r"\$0\.00 is open"),
            ({0: -1, 1: 10001}, "is open of one"),
        ],
    )
    def test_is_refused_with_the_figures(self, parts: dict[int, int], said: str) -> None:
        with pytest.raises(AllocationRefused, match=said):
            chosen(10000, opened([10000, 20000]), parts)


@pytest.mark.parametrize("way", [oldest_first, equal_proportions, lambda cents, rows: chosen(cents, rows, {0: cents})])
class TestEveryWay:
    def test_refuses_more_than_is_open(self, way: object) -> None:
        with pytest.raises(
            AllocationRefused, match=r"^\$300\.01 cannot be allocated: only \$300\.00 is open"
        ) as refused:
            way(30001, opened([10000, 20000]))  # type: ignore[operator]
        assert refused.value.facts["open"] == "$300.00"

    @pytest.mark.parametrize("payment", [0, -1])
    def test_refuses_nothing(self, way: object, payment: int) -> None:
        with pytest.raises(AllocationRefused, match=r"more than \$0\.00"):
            way(payment, opened([10000]))  # type: ignore[operator]

    def test_refuses_where_nothing_is_open(self, way: object) -> None:
        with pytest.raises(AllocationRefused, match=r"only \$0\.00 is open"):
            way(1, [])  # type: ignore[operator]
