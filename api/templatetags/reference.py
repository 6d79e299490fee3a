"""Names of parameters within sentences."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def ticks(text: object) -> SafeString:
    """Return `text` with what stands between backticks as code."""
    safe = escape(str(text))
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", safe))  # noqa: S308 - escaped
