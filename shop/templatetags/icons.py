"""Where the icons are: every page has some forty of them."""

from functools import cache

from django import template
from django.templatetags.static import static

register = template.Library()


@register.simple_tag
def icons() -> str:
    """Return the address of the file with all icons, looked up once for each process."""
    return _address()


@cache
def _address() -> str:
    return static("img/icons.svg")
