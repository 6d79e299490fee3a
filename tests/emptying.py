"""Emptying the database after a test that committed something, and dropping it.

Django truncates every table and then fills in content types and permissions again: a
third of a second for each of thousands of tests. Here only what has rows is emptied, and
those two stay.
"""

from typing import Any

from django.db import connection
from django.db.backends.postgresql.creation import DatabaseCreation

# Deleted rows stay in the files until somebody cleans up, which nobody else does here.
LARGE = 512 * 1024
_EMPTY = """
    DO $$
    DECLARE
        name regclass;
        filled boolean;
    BEGIN
        -- Neither triggers nor foreign keys stand in the way.
        SET LOCAL session_replication_role = replica;
        FOR name IN
            SELECT oid FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                AND relname NOT IN
                    ('django_migrations', 'django_content_type', 'auth_permission')
        LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', name) INTO filled;
            IF filled THEN
                EXECUTE format('DELETE FROM %s', name);
            END IF;
        END LOOP;
    END $$
"""
_LARGE = """
    SELECT oid::regclass::text FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND pg_relation_size(oid) > %s
"""


def drop(creation: DatabaseCreation, name: str, verbosity: int) -> None:
    """Drop the tests' database, whoever still has a connection to it.

    A thread that a test has left behind may close its own a moment later.
    """
    with creation._nodb_cursor() as cursor:
        quoted = creation.connection.ops.quote_name(name)
        cursor.execute(f"DROP DATABASE {quoted} WITH (FORCE)")


def empty(*_: Any) -> None:
    """Delete all rows, and clean up the files that have become large."""
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY)
        cursor.execute(_LARGE, [LARGE])
        for (name,) in cursor.fetchall():
            cursor.execute(f"VACUUM {name}")
