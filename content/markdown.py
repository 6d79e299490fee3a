"""What owners write, as HTML."""

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

# Without HTML of its own, and without addresses that run something.
_PARSER = MarkdownIt("js-default", {"linkify": False})


def render(text: str) -> SafeString:
    """Return `text`, which is Markdown, as HTML that is safe to show."""
    html: str = _PARSER.render(text)
    return mark_safe(html)  # noqa: S308
