"""Statements that the database plans once: they are Django's in all other respects."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from shop.statements import prepared_cursor

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = "SELECT count(*) AS number FROM pg_prepared_statements WHERE statement = %(it)s"


def run(statement: str, **values: object) -> dict[str, object]:
    with prepared_cursor() as cursor:
        cursor.execute(statement, values)
        row: dict[str, object] = cursor.fetchone()
        return row


def test_a_statement_is_prepared_once_whatever_its_values() -> None:
    doubled = "SELECT %(number)s::int * 2 AS doubled"

    assert run(doubled, number=1) == {"doubled": 2}
    assert run(doubled, number=2) == {"doubled": 4}
    assert run(COUNT, it="SELECT $1::int * 2 AS doubled") == {"number": 1}


def test_it_is_in_the_log_of_queries_with_its_values() -> None:
    with CaptureQueriesContext(connection) as captured:
        run("SELECT %(number)s::int AS number", number=7)

    assert [query["sql"] for query in captured] == ["SELECT 7::int AS number"]


def test_it_belongs_to_the_transaction_and_raises_what_django_raises() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE counted (number int PRIMARY KEY)")
    insert = "INSERT INTO counted VALUES (%(number)s) RETURNING number"

    @transaction.atomic
    def insert_twice() -> None:
        run(insert, number=1)
        run(insert, number=1)

    with pytest.raises(IntegrityError):
        insert_twice()

    assert run("SELECT count(*) AS number FROM counted") == {"number": 0}
