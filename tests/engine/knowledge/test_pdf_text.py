from engine.knowledge.pdf_text import pdf_to_markdown


def test_lines_are_joined_to_paragraphs_and_lists() -> None:
    page = (
        "Leave is granted to everybody who has worked for the company for half a \r\n"
        "year or longer, and to nobody else.\r\n"
        "You may ask for:\r\n"
        "\u2022 Annual leave\r\n"
        "\u2022 Parental leave, which is granted to each parent for up to fourteen months \r\n"
        "after a birth\r\n"
        "Qualifications:\r\n"
    )
    assert pdf_to_markdown([page]) == [
        "Leave is granted to everybody who has worked for the company for half a year or longer, "
        "and to nobody else.\n\nYou may ask for:\n\n- Annual leave\n- Parental leave, which is "
        "granted to each parent for up to fourteen months after a birth\n\nQualifications:"
    ]


def test_a_word_cut_at_a_line_end_is_whole_and_a_compound_keeps_its_hyphen() -> None:
    page = (
        "A long-term plan is a long and short term. It is di\x02vided for the long\x02term future."
    )
    (text,) = pdf_to_markdown([page])
    assert "is divided for the long-term future" in text


def test_running_lines_and_page_numbers_go() -> None:
    pages = [f"Handbook 2024\nBody number {word} here.\nPage {n}" for n, word in enumerate("abcd")]
    assert pdf_to_markdown(pages) == [f"Body number {word} here." for word in "abcd"]


def test_pages_that_only_repeat_themselves_are_kept() -> None:
    assert pdf_to_markdown(["Same words"] * 4) == ["Same words"] * 4


def test_known_headings_are_headings_even_over_two_lines() -> None:
    page = "Health and Wellness\nProgram\nIt pays for sports."
    (text,) = pdf_to_markdown([page], headings={"Health and WellnessProgram": 1})
    assert text == "# Health and Wellness Program\n\nIt pays for sports."


def test_a_table_of_contents_is_a_line_each_without_its_dots() -> None:
    page = "Notices . . . . . . . . . . 7\nScope of this policy . . . . . . . 12"
    assert pdf_to_markdown([page]) == ["Notices … 7\n\nScope of this policy … 12"]
