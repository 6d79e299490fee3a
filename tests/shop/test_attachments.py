"""Files from strangers: what they are, what they are called, how they are handed out."""

import pytest

from shop.attachments import FileKind, as_download, kind_of, name_for


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n", FileKind.PDF),
        (b"\x89PNG\r\n\x1a\n..", FileKind.PNG),
        (b"\xff\xd8\xff\xe0..", FileKind.JPEG),
        ("Two lines,\r\n한 줄\t.".encode(), FileKind.TEXT),
        ("\ufeffWith a mark.".encode(), FileKind.TEXT),
        (b"<script>alert(1)</script>", FileKind.TEXT),
        (b"", None),
        (b"PK\x03\x04", None),
        (b"GIF89a\x00", None),
        ("한글".encode("cp949"), None),
        (b"nul\x00", None),
    ],
)
def test_a_file_is_known_by_its_content(content: bytes, kind: FileKind | None) -> None:
    assert kind_of(content) == kind


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("proof.html", "proof.txt"),
        ("../../etc/passwd", "passwd.txt"),
        (r"C:\me\order 12.PDF", "order_12.txt"),
        ("입금 확인.txt", "입금_확인.txt"),
        ('a"\r\nSet-Cookie: x.txt', "aSet-Cookie_x.txt"),
        ("\u202egpj.exe", "gpj.txt"),
        ("..", "file.txt"),
        ("", "file.txt"),
        ("x" * 300, "x" * 95 + ".txt"),
    ],
)
def test_a_name_is_harmless_and_ends_as_the_kind_does(given: str, name: str) -> None:
    assert name_for(given, FileKind.TEXT) == name


def test_a_file_is_handed_out_to_be_kept_and_not_shown() -> None:
    response = as_download(content=b"<b>", kind="txt", name="입금.txt")

    assert response.content == b"<b>"
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")
