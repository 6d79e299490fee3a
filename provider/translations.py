"""Names and descriptions in the reader's language, where somebody has written them."""

from collections.abc import Iterable

from django.db.models import Q
from django.utils import translation

from provider.models import Category, Service, Translation

# Of more services than this, all translations are read: to name each one costs more.
MOST_NAMED = 500


def localise(
    *,
    services: Iterable[Service] = (),
    categories: Iterable[Category] = (),
    language: str | None = None,
) -> None:
    """Put the texts of a language (or the current one) into rows that are to be shown.

    The rows, and the shelves of the services, are changed in memory only: they must not
    be saved. What has no translation keeps its text. One query, however many rows.
    """
    services = list(services)
    shelves = [*categories, *(service.category for service in services)]
    found = Translation.objects.filter(
        language=language or translation.get_language() or ""
    )
    if len(services) <= MOST_NAMED:
        found = found.filter(
            Q(service__in={service.pk for service in services})
            | Q(category__in={shelf.pk for shelf in shelves})
        )
    texts: dict[tuple[int | None, int | None, str], str] = {
        (service_id, category_id, field): text
        for service_id, category_id, field, text in found.values_list(
            "service_id", "category_id", "field", "text"
        )
    }
    if not texts:
        return
    for service in services:
        service.name = texts.get((service.pk, None, "name"), service.name)
        service.description = texts.get(
            (service.pk, None, "description"), service.description
        )
    for shelf in shelves:
        shelf.name = texts.get((None, shelf.pk, "name"), shelf.name)
