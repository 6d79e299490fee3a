"""Dangerous settings are found before the shop starts."""

import os
import subprocess
import sys

import pytest
from django.core.checks import run_checks
from django.db import connection
from pytest_django import Settings


def ids(**options: object) -> set[str]:
    return {str(found.id) for found in run_checks(**options)}  # type: ignore[arg-type]


def test_a_demo_that_others_can_reach_is_an_error(settings: Settings) -> None:
    settings.DEMO = True
    assert "shop.E001" not in ids()

    settings.ALLOWED_HOSTS = ["shop.example.com"]
    assert "shop.E001" in ids()


def test_time_limits_out_of_order_are_an_error(settings: Settings) -> None:
    settings.HTTP_DEADLINE = 100

    assert "shop.E002" in ids()


def test_keys_that_are_none_are_an_error(settings: Settings) -> None:
    assert "shop.E003" not in ids()

    settings.FIELD_KEYS = ["short"]
    assert "shop.E003" in ids()


def test_keys_that_are_not_set_yet_are_no_error(settings: Settings) -> None:
    settings.FIELD_KEYS = []

    assert "shop.E003" not in ids()


@pytest.mark.django_db
def test_the_database_knows_korean_letters() -> None:
    assert "shop.W001" not in ids(databases=["default"])


@pytest.mark.django_db
def test_a_database_without_korean_letters_is_a_warning() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA deaf")
        cursor.execute(
            "CREATE FUNCTION deaf.show_trgm(text) RETURNS text[] LANGUAGE sql "
            "AS $$ SELECT '{}'::text[] $$"
        )
        cursor.execute("SET LOCAL search_path = deaf, public, pg_catalog")

    assert "shop.W001" in ids(databases=["default"])
    assert "shop.W001" not in ids()


@pytest.mark.django_db
def test_a_database_that_was_not_migrated_yet_is_not_asked() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION pg_trgm CASCADE")

    assert "shop.W001" not in ids(databases=["default"])


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("DEBUG", "perhaps", "true or false"),
        ("SITE_URL", "shop.example.com", "https://"),
        ("PORT", "eighty", "number"),
        ("SHOP_CURRENCY", "dollars", "USD"),
        ("PRICE_STEP", "0", "above zero"),
        ("PRICE_STEP", "penny", "0.00001"),
        ("REPLY_DAYS", "0", "above zero"),
        ("HELD_WAITS", "soon", "seconds"),
        ("HELD_WAITS", "", "seconds"),
        ("DATABASE_URL", "mysql://a@b/c", "PostgreSQL"),
        ("REDIS_URL", "amqp://a", "redis://"),
        ("LANGUAGES", "en,klingon", "en,ko,ja"),
    ],
)
def test_a_malformed_variable_stops_the_process_with_a_hint(
    name: str, value: str, hint: str
) -> None:
    process = subprocess.run(
        [sys.executable, "-c", "import shop.settings"],
        env={**os.environ, name: value},
        capture_output=True,
        text=True,
        check=False,
    )

    assert process.returncode == 1
    last = process.stderr.strip().splitlines()[-1]
    assert name in last
    assert hint in last
