from engine.knowledge.blocks import read_blocks
from engine.knowledge.document import Page
from engine.knowledge.plain_text import looks_like_markdown, plain_text_to_markdown


def read(text: str) -> list[tuple[str, str]]:
    found = read_blocks([Page(markdown=plain_text_to_markdown(text))])
    return [(block.kind.value, block.text) for block in found]


def test_capitals_underlines_and_numbers_make_headings() -> None:
    text = "RESOLVING THE PROBLEM\nRestart it.\n\nOverview\n========\n\n1.2 Scope\n\nAll staff.\n"
    assert read(text) == [
        ("heading", "RESOLVING THE PROBLEM"),
        ("paragraph", "Restart it."),
        ("heading", "Overview"),
        ("heading", "1.2 Scope"),
        ("paragraph", "All staff."),
    ]


def test_wrapped_lines_are_joined_and_short_ones_kept() -> None:
    text = (
        "When running Streams as a system service with Streams releases 4.1.1.1\n"
        "or 4.1.1.2, toolkits and user applications may have various errors.\n\n"
        "Portal 8.0.0.1\nWindows\n"
    )
    assert read(text) == [
        (
            "paragraph",
            "When running Streams as a system service with Streams releases 4.1.1.1 "
            "or 4.1.1.2, toolkits and user applications may have various errors.",
        ),
        ("paragraph", "Portal 8.0.0.1\nWindows"),
    ]


def test_bullets_lose_their_empty_fellows_and_keep_their_wrapped_lines() -> None:
    text = (
        ' * \n * "An SQL operation failed. The SQL state is 08003, the SQL code\n   is 0."\n * \n'
    )
    assert read(text) == [
        ("item", '"An SQL operation failed. The SQL state is 08003, the SQL code is 0."')
    ]


def test_what_markdown_would_read_stays_as_it_is() -> None:
    text = (
        "a * b * c, [x](y) <b> _z_ `q` &amp; 2\\3\n\n# no heading\n\n    indented words only here\n"
    )
    assert read(text) == [
        ("paragraph", "a * b * c, [x](y) <b> _z_ `q` &amp; 2\\3"),
        ("paragraph", "# no heading"),
        ("paragraph", "indented words only here"),
    ]


def test_a_title_line_is_the_title() -> None:
    assert read("Title: Reset it\n\nText:\n Do so.\n") == [
        ("heading", "Reset it"),
        ("paragraph", "Do so."),
    ]


def test_lines_that_read_as_code_are_code() -> None:
    assert read("Log:\n\nat com.a.B(C.java:1)\nat com.a.D(E.java:2)\n... 7 more\n")[1][0] == "code"


def test_markdown_is_told_from_plain_text() -> None:
    assert looks_like_markdown("# A\n\nText")
    assert looks_like_markdown("See [x](https://a.b).")
    assert not looks_like_markdown("1. One\n2. Two * three\n\n- four_five")
