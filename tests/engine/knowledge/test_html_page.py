import pytest

from engine.knowledge.html_page import page_to_markdown


def test_navigation_and_footers_are_dropped() -> None:
    page = (
        "<title>T</title><header><ul class=nav><li>Home</ul></header><nav>Menu</nav>"
        "<div id=x class='page-sidebar'>Links</div>"
        "<div><p>What you came to read, in enough words to matter.</div><footer>(c)</footer>"
    )
    title, text = page_to_markdown(page)
    assert title == "T"
    assert "What you came to read" in text
    assert not any(word in text for word in ("Menu", "Links", "(c)"))


def test_an_element_with_most_of_the_text_is_kept_whatever_its_class_says() -> None:
    text = page_to_markdown(
        "<body class='with-sidebar'><div class='sidebar'>All of it.</div></body>"
    )[1]
    assert "All of it." in text


def test_lists_code_definitions_and_spans_of_cells_are_kept() -> None:
    text = page_to_markdown(
        "<ol><li>One<ul><li>Inner</li></ul></li><li>Two</li></ol><pre>a  b\n c</pre>"
        "<dl><dt>Tea</dt><dd>Hot.</dd></dl>"
        "<table><tr><th colspan=2>H</th></tr><tr><td rowspan=2>r</td><td>1</td></tr>"
        "<tr><td>2</td></tr></table>"
    )[1]
    assert "1. One\n   -  Inner\n2. Two" in text
    assert "````\na  b\n c\n````" in text
    assert "Tea: Hot." in text
    assert "| H |  |\n| --- | --- |\n| r | 1 |\n| r | 2 |" in text


@pytest.mark.slow
def test_broken_html_loses_no_text_and_ends_soon() -> None:
    assert "left" in page_to_markdown("<div><p class='x\">some <b>left")[1]
    for page in (
        "<" * 300_000,
        "<div " * 100_000,
        "<p>" * 200_000,
        "<!--" * 100_000,
        "<a '" * 99_999,
    ):
        page_to_markdown(page)
    page_to_markdown("<table>" + "<td colspan=50 rowspan=50>x" * 20_000)
