"""How much one customer may write."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import User
from shop.attachments import MOST_BYTES, FileKind, kind_of, name_for
from shop.counting import count
from support.errors import SupportError
from support.models.messages import LONGEST_TEXT, MOST_FILES

# Tickets that are not closed, messages within an hour, files within a day.
MOST_OPEN = 20
MESSAGES_AN_HOUR = 30
FILES_A_DAY = 30
HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True)
class File:
    """A file that is taken: its kind by its content, its name made harmless."""

    name: str
    kind: FileKind
    content: bytes


def read_text(text: str) -> str:
    """Return what somebody wrote; SupportError where it is nothing, or too much."""
    text = text.strip()
    if not text:
        raise SupportError(_("Please write what it is about."), field="text")
    if len(text) > LONGEST_TEXT:
        raise SupportError(_("The text is too long."), field="text")
    return text


def read_files(files: Sequence[tuple[str, bytes]]) -> list[File]:
    """Return files by what they are; SupportError where one of them is not taken."""
    if len(files) > MOST_FILES:
        raise SupportError(
            _("At most %(most)d files can be added.") % {"most": MOST_FILES},
            field="attachments",
        )
    return [_read(name, content) for name, content in files]


def count_writing(*, customer: User, files: int) -> None:
    """Count a message and its files; SupportError where it is too much for now."""
    if count(f"messages:{customer.pk}", window=HOUR) > MESSAGES_AN_HOUR:
        raise SupportError(
            _("You have written a lot. Please try again in an hour."), field="text"
        )
    for _number in range(files):
        if count(f"files:{customer.pk}", window=DAY) > FILES_A_DAY:
            raise SupportError(
                _("You have sent many files today. Please try again tomorrow."),
                field="attachments",
            )


def _read(name: str, content: bytes) -> File:
    if len(content) > MOST_BYTES:
        raise SupportError(_("The file is larger than 5 MB."), field="attachments")
    kind = kind_of(content)
    if kind is None:
        raise SupportError(
            _("Files can be PNG or JPEG pictures, PDF, or plain text in UTF-8."),
            field="attachments",
        )
    return File(name_for(name, kind), kind, content)
