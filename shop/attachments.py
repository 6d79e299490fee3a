"""Files from strangers: known by their first bytes, kept as they came, never shown."""

from django.db import models
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.text import get_valid_filename
from django.utils.translation import gettext_lazy as _

MOST_BYTES = 5 * 1024 * 1024
LONGEST_NAME = 100


class FileKind(models.TextChoices):
    """What a file may be; the value is how its name ends."""

    PDF = "pdf", "PDF"
    PNG = "png", "PNG"
    JPEG = "jpeg", "JPEG"
    TEXT = "txt", _("Text")


# How files of each kind begin, by their specifications (ISO 32000, PNG, JFIF and Exif).
_BEGINNINGS = (
    (b"%PDF-", FileKind.PDF),
    (b"\x89PNG\r\n\x1a\n", FileKind.PNG),
    (b"\xff\xd8\xff", FileKind.JPEG),
)
_TYPES = {
    FileKind.PDF: "application/pdf",
    FileKind.PNG: "image/png",
    FileKind.JPEG: "image/jpeg",
    FileKind.TEXT: "text/plain; charset=utf-8",
}
_ENDS_LINES = "\t\n\r\f"


def kind_of(content: bytes) -> FileKind | None:
    """Return what a file is, whatever it is called; None for what is not taken.

    Text has no beginning of its own: it is UTF-8 throughout, without control characters.
    """
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    plain = text and all(mark >= " " or mark in _ENDS_LINES for mark in text)
    return FileKind.TEXT if plain else None


def name_for(given: str, kind: FileKind) -> str:
    """Return a harmless name for a file that ends as its kind does, not as it came.

    A page that calls itself "proof.html" is saved, and opened, as text.
    """
    last = given.replace("\\", "/").rpartition("/")[2]
    stem = "".join(
        mark for mark in last.rpartition(".")[0] or last if mark.isprintable()
    )
    stem = get_valid_filename(f"_{stem}").strip("_.")
    return f"{stem[: LONGEST_NAME - 5] or 'file'}.{kind.value}"


def as_download(*, content: bytes | memoryview, kind: str, name: str) -> HttpResponse:
    """Return a file to keep: browsers neither show it nor guess what it may be."""
    return HttpResponse(
        bytes(content),
        content_type=_TYPES[FileKind(kind)],
        headers={
            "Content-Disposition": content_disposition_header(
                as_attachment=True, filename=name
            )
            or "attachment",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
