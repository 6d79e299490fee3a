"""How statements are planned: once for all orders, or for whole tables.

Django writes the values into a statement's text, which makes a new statement of it every
time; and planning one of ours takes the database as long as running it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg.rows import dict_row


def prepared_cursor() -> CursorWrapper:
    """Return a cursor that sends values beside the statement, for use in a `with`.

    It takes part in the connection's transaction, wrappers and log of queries as
    `connection.cursor()` does; a row that it returns is a dictionary by column. The
    statement says the type of a value where its place in it does not, and the conditions
    of partial indexes are written out in it: a plan for all values cannot use them else.
    Where a pooler stands between (DB_POOL=0) nothing is prepared.
    """
    connection.ensure_connection()
    session = connection.connection
    if connection.queries_logged:
        # The log has the values only where they stand in the text.
        readable = psycopg.ClientCursor(session, row_factory=dict_row)
        return connection.make_debug_cursor(readable)  # type: ignore[arg-type]
    cursor = psycopg.Cursor(session, row_factory=dict_row)
    return connection.make_cursor(cursor)  # type: ignore[arg-type]


@contextmanager
def whole_tables() -> Iterator[None]:
    """Have what runs within planned for many rows, whatever the statistics say.

    A table that has just been filled looks empty to the planner until it is analyzed
    some minute later; joined row by row, ten thousand services take a minute instead of
    a moment. For statements that read whole tables, inside a transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield
        cursor.execute("SET LOCAL enable_nestloop = on")
