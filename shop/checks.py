"""Settings that would be dangerous, found before the shop starts."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from shop.celery import assert_deadlines
from shop.crypto import decrypt, encrypt

LOOPBACK = {"127.0.0.1", "localhost", "::1", "[::1]", "testserver"}


@register(Tags.security)
def demo_stays_at_home(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """DEMO opens private addresses and known passwords: never beyond this machine."""
    host = urlsplit(settings.SITE_URL).hostname
    hosts = {*settings.ALLOWED_HOSTS, host or ""}
    if settings.DEMO and not hosts <= LOOPBACK:
        return [
            Error(
                "DEMO=true on a host that others can reach.",
                hint="Unset DEMO, or SITE_URL and ALLOWED_HOSTS.",
                id="shop.E001",
            )
        ]
    return []


@register()
def deadlines_in_order(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """A call ends before its lease does, and a lease before its message comes again."""
    try:
        assert_deadlines()
    except ValueError as error:
        return [Error(f"Time limits are out of order: {error}.", id="shop.E002")]
    return []


@register()
def field_keys_work(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """The keys for encrypted fields are keys."""
    if not settings.FIELD_KEYS:
        return []
    try:
        decrypt(encrypt("a"))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        return [Error(str(error), id="shop.E003")]
    return []


@register(Tags.database)
def database_reads_korean(
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """Search needs a locale in which Korean letters are letters."""
    if not databases or "default" not in databases:
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        if cursor.fetchone() is None:
            return []
        cursor.execute("SELECT cardinality(show_trgm('한국어'))")
        if cursor.fetchone()[0]:
            return []
    return [
        Warning(
            "The database does not know Korean letters; search will not find them.",
            hint="Create it with --locale-provider=libc --locale=C.UTF-8.",
            id="shop.W001",
        )
    ]
