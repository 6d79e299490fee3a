"""The shelves as a list of links and as options: hundreds of them, on every page."""

from collections.abc import Iterable

from django import template
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag
def category_links(
    categories: Iterable[tuple[int, str]], chosen: int | None
) -> SafeString:
    """Return a link to each shelf; the chosen one is marked as current."""
    address = escape(reverse("services"))
    return mark_safe(  # noqa: S308 - all that varies is a number or escaped
        "\n".join(
            f'<a class="category wordy" href="{address}?category={pk}"'
            f"{CURRENT if pk == chosen else ''}>"
            f"{escape(name)}</a>"
            for pk, name in categories
        )
    )


@register.simple_tag
def category_options(
    categories: Iterable[tuple[int, str]], chosen: int | None
) -> SafeString:
    """Return an option for each shelf; the chosen one is selected."""
    return mark_safe(  # noqa: S308 - all that varies is a number or escaped
        "\n".join(
            f'<option value="{pk}"{SELECTED if pk == chosen else ""}>'
            f"{escape(name)}</option>"
            for pk, name in categories
        )
    )


CURRENT = ' aria-current="true"'
SELECTED = " selected"
