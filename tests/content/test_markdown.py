"""What owners write becomes HTML, and nothing that runs."""

from content.markdown import render


def test_markdown_becomes_html() -> None:
    assert render("# Terms\n\n*All* of them") == (
        "<h1>Terms</h1>\n<p><em>All</em> of them</p>\n"
    )


def test_html_is_shown_as_it_was_written() -> None:
    assert render("<script>alert(1)</script>") == (
        "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"
    )


def test_an_address_that_runs_something_is_no_link() -> None:
    assert "href" not in render("[terms](javascript:alert(1))")
