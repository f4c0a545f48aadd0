from engine.knowledge.block import Block, BlockKind
from engine.knowledge.blocks import read_blocks
from engine.knowledge.document import Page


def blocks(markdown: str) -> list[Block]:
    return read_blocks([Page(markdown=markdown)])


def texts(markdown: str) -> list[str]:
    return [block.text for block in blocks(markdown)]


def test_headings_keep_their_level_and_lose_their_anchor() -> None:
    found = blocks("# Leave {#leave}\n\n## How *long*? ##\n")
    assert [(block.text, block.level) for block in found] == [("Leave", 1), ("How long?", 2)]


def test_hard_wrapped_lines_become_one_paragraph() -> None:
    wrapped = "This line was wrapped by an editor at about eighty columns, as many people\ndo it."
    assert texts(wrapped) == [wrapped.replace("\n", " ")]


def test_short_lines_of_a_paragraph_stay_lines() -> None:
    assert texts("Acme Inc.\n1 Main Street\nDallas, TX 75240\n") == [
        "Acme Inc.\n1 Main Street\nDallas, TX 75240"
    ]


def test_links_become_their_words_and_images_what_they_say() -> None:
    text = 'See [the [old] guide](http://a.b/c "t"), <https://x.y/z> and ![A wide map](m.png).'
    assert texts(text) == ["See the [old] guide, https://x.y/z and A wide map."]
    assert texts("![Screenshot of the page](a.png)\n\n![image.png](b.png)") == []


def test_a_reference_link_defined_elsewhere_becomes_its_words() -> None:
    assert texts("Fill in the [form][f].\n\n[f]: http://a.b\n") == ["Fill in the form."]


def test_entities_are_decoded_and_emphasis_goes_but_code_and_deletions_stay() -> None:
    assert texts("A &amp; B&nbsp;C **bold** _it_ `x_y` ~~old~~") == [
        "A & B C bold it `x_y` ~~old~~"
    ]


def test_html_is_reduced_to_its_text_and_placeholders_stay() -> None:
    assert texts("Use <b>bold</b> and <ServerName>.<br>Next <!-- not this -->line") == [
        "Use bold and <ServerName>.\nNext line"
    ]
    assert texts("<script>alert(1)</script>\n\nText") == ["Text"]


def test_an_html_list_and_table_are_a_list_and_a_table() -> None:
    found = blocks(
        "<ul><li>one</li><li>two</li></ul>\n\n<table><tr><th>A</th></tr><tr><td>1</td></tr></table>"
    )
    assert [(block.kind, block.text or block.rows) for block in found] == [
        (BlockKind.ITEM, "one"),
        (BlockKind.ITEM, "two"),
        (BlockKind.TABLE, (("1",),)),
    ]


def test_list_items_keep_number_nesting_and_list() -> None:
    found = blocks("3. three\n4. four\n   - inner\n\n     more\n\nText\n\n- other\n")
    assert [(b.marker, b.depth, b.list_id, b.text) for b in found] == [
        ("3.", 0, 1, "three"),
        ("4.", 0, 1, "four"),
        ("-", 1, 1, "inner"),
        ("", 1, 1, "more"),
        ("", 0, 0, "Text"),
        ("-", 0, 2, "other"),
    ]


def test_a_numbered_list_interrupted_by_code_goes_on_as_one_list() -> None:
    found = blocks("1. Log in.\n\nibmcloud login\n2. Go on.\n")
    assert [(b.marker, b.list_id) for b in found] == [("1.", 1), ("", 1), ("2.", 1)]


def test_a_table_has_its_header_and_rows() -> None:
    (table,) = blocks("| A | B |\n|---|---|\n| 1 | **x** [y](z) |\n|  |  |\n")
    assert (table.header, table.rows) == (("A", "B"), (("1", "x y"),))


def test_a_table_with_an_empty_header_has_none() -> None:
    (table,) = blocks("|  |  |\n|---|---|\n| 1 | 2 |\n")
    assert (table.header, table.rows) == ((), (("1", "2"),))


def test_fenced_code_is_kept_as_it_is() -> None:
    (code,) = blocks("```sh\n{% raw %} $ ls   -l\n[x](y)\n```\n")
    assert (code.kind, code.text) == (BlockKind.CODE, "{% raw %} $ ls   -l\n[x](y)")


def test_indented_prose_is_not_code_but_indented_code_is() -> None:
    assert [
        b.kind for b in blocks("Text:\n\n    This is only an indented paragraph of words.\n")
    ] == [
        BlockKind.PARAGRAPH,
        BlockKind.PARAGRAPH,
    ]
    assert blocks("Text:\n\n    x = 1\n    print(x);\n")[1].kind is BlockKind.CODE


def test_code_nobody_fenced_is_found() -> None:
    assert blocks('Reply:\n\n{\n"a": 1,\n"b": 2\n}\n')[1].kind is BlockKind.CODE


def test_admonitions_and_directives_read_as_words() -> None:
    assert texts("> [!NOTE]\n> Ask first.\n") == ["Note: Ask first."]
    assert texts("[!INCLUDE [x](y.md)]\n\nText {: .wide}\n") == ["Text"]
    assert texts('!!! warning "Mind"\n    Hot surface.\n') == ["Mind: Hot surface."]
    assert texts(':::image type="content" source="a.png" alt-text="The blue door":::\n') == [
        "The blue door"
    ]


def test_template_tags_go_and_a_channel_keeps_its_name() -> None:
    text = 'Ask {% slack_channel "people-ops" %} or [HR]({% page "/hr" %}).'
    text += "{% comment %}no{% endcomment %}"
    assert texts(text) == ["Ask #people-ops or HR."]


def test_a_bold_line_is_a_heading_and_a_definition_a_sentence() -> None:
    assert blocks("**Who to ask**\n\nAnn.")[0].level == 7
    assert texts("Scale-up\n: Adds nodes.\n") == ["Scale-up: Adds nodes."]


def test_a_short_line_after_empty_lines_is_a_heading() -> None:
    found = blocks("Text here.\n\n\n\n\n Creating spaces \n\nMore text.\n")
    assert [b.kind for b in found] == [BlockKind.PARAGRAPH, BlockKind.HEADING, BlockKind.PARAGRAPH]


def test_a_sentence_cut_by_a_page_is_one_paragraph_that_knows_its_pages() -> None:
    pages = [
        Page(markdown="The plan cov-", number=1),
        Page(markdown="ers teeth. And eyes.", number=2),
    ]
    (block,) = read_blocks(pages)
    assert (block.text, block.page, block.turn) == ("The plan covers teeth. And eyes.", 1, (12, 2))


def test_broken_markdown_loses_no_word() -> None:
    text = "| a | b\n**open [link](\n```\ncode alpha\n\n# beta\n<div gamma"
    words = " ".join(f"{b.text} {b.header} {b.rows}" for b in blocks(text))
    assert all(word in words for word in ("open", "alpha", "beta", "gamma"))


def test_hostile_markdown_ends_soon() -> None:
    for text in ("[" * 200_000, "`" * 300_001, "> " * 100_000, "<!--" * 100_000, "{% " * 100_000):
        read_blocks([Page(markdown=text)])
