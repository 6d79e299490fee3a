"""Long lists, page by page."""

import pytest
from django.db.models import QuerySet
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from shop.paging import cut, row_number
from tests.factories import make_customer


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("7", 7), ("9" * 18, 10**18 - 1), ("9" * 19, None), ("-1", None)]
    + [(none, None) for none in (None, "", " 1", "1.0", "x", "²", "٣", "\0")],
)
def test_a_number_of_a_row_is_read_or_it_is_none(
    text: str | None, number: int | None
) -> None:
    assert row_number(text) == number


@pytest.mark.django_db
def test_pages_follow_without_gap_or_repeat_each_by_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    first, second, third = (make_customer() for _ in range(3))
    users: QuerySet[User] = User.objects.order_by("-pk")

    with django_assert_num_queries(1):
        assert cut(users, rows=2) == ([third, second], second.pk)
    assert cut(users, rows=2, before=second.pk) == ([first], None)
    assert cut(users, rows=3) == ([third, second, first], None)
    assert cut(users.none(), rows=2) == ([], None)
