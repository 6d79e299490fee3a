"""Reading a list of orders."""

import pytest

from orders.lines import MOST_BYTES, MOST_LINES, Line, ListError, read_file, read_lines

LINK = "https://example.com/a"


@pytest.mark.parametrize(
    "text",
    [
        f"12 | {LINK} | 100",
        f"12|{LINK}|100",
        f"12\t{LINK}\t100",
        f"12,{LINK},100",
        f"#12; {LINK} ;100",
        f'"12","{LINK}","100"',
        f"  12 | {LINK} | 100 |",
    ],
)
def test_columns_are_parted_by_what_follows_the_number(text: str) -> None:
    (line,) = read_lines(text)
    assert (line.service_id, line.link, line.quantity) == (12, LINK, "100")
    assert line.reference == ""


def test_the_fourth_column_is_the_customers_own() -> None:
    (line,) = read_lines(f"12 | {LINK} | 100 | Spring | campaign")
    assert line.reference == "Spring|campaign"


def test_a_package_has_no_quantity() -> None:
    (line,) = read_lines(f"12 | {LINK}")
    assert (line.link, line.quantity) == (LINK, "")


def test_empty_lines_and_titles_are_left_out() -> None:
    lines = read_lines(f"service,link,quantity\r\n\r\n1,{LINK},10\n\n2,{LINK},20")
    assert [(line.number, line.service_id) for line in lines] == [(1, 1), (2, 2)]


def test_a_line_that_cannot_be_parted_is_kept_as_it_is() -> None:
    assert read_lines(" film please ") == [Line(1, "film please")]


def test_lines_with_the_same_order_are_told_apart() -> None:
    lines = read_lines("\n".join([f"1|{LINK}|10", f"1|{LINK}|10|x", f"1|{LINK}|11"]))
    assert [line.copy for line in lines] == [1, 2, 1]


@pytest.mark.parametrize("text", ["", " \n ", "service | link | quantity"])
def test_a_list_without_lines_is_refused(text: str) -> None:
    with pytest.raises(ListError, match="one order a line"):
        read_lines(text)


def test_a_list_may_have_so_many_lines_and_no_more() -> None:
    assert len(read_lines("1|x|1\n" * MOST_LINES)) == MOST_LINES
    with pytest.raises(ListError, match="at most 1000 lines"):
        read_lines("1|x|1\n" * (MOST_LINES + 1))


def test_a_list_of_endless_lines_is_refused() -> None:
    with pytest.raises(ListError, match="too long"):
        read_lines("1|" + "x" * MOST_BYTES)


def test_a_file_may_begin_with_the_mark_of_utf_8() -> None:
    assert read_file("\ufeff1|높이|2".encode()) == "1|높이|2"


@pytest.mark.parametrize("content", ["높이".encode("cp949"), b"1|x\0|2"])
def test_a_file_that_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(ListError, match="UTF-8"):
        read_file(content)


def test_a_file_that_is_too_large_is_refused() -> None:
    read_file(b" " * MOST_BYTES)
    with pytest.raises(ListError, match="too large"):
        read_file(b" " * (MOST_BYTES + 1))
