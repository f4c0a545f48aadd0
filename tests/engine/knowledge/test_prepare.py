from __future__ import annotations

import pytest

from engine.knowledge.document import Page, ParsedDocument, RawDocument
from engine.knowledge.prepare import chunk
from engine.retrieval.embedder import Embedder


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://h.example/a?b=1", "https://h.example/a?b=1"),
        (" https://h.example/\u200ba ", "https://h.example/a"),
        ("https://h.example/" + "a" * 200, "https://h.example/" + "a" * 200),
        ("https://x.example/> <!channel> [a](https://evil.example)", None),
        ("https://x.example/a b", None),
        ("java\tscript:alert(1)", None),
        ("http://", None),
        (7, None),
    ],
)
def test_a_pages_own_address_is_a_plain_web_address_or_none(
    model: Embedder, url: object, kept: str | None
) -> None:
    parsed = ParsedDocument(
        title="Gate", pages=(Page(markdown="The gate opens."),), front_matter={"url": url}
    )
    assert chunk("/a.md", RawDocument(name="a.md", content_hash="h"), parsed, model).url == kept


HOSTILE_CATEGORIES = [
    ("billing", "billing"),
    ("  Human\n resources ", "Human resources"),
    ("c" * 500, "c" * 80),
    ("<!channel>", None),
    ("<!channel> it", "it"),
    ("@everyone it", "@ everyone it"),
    ("<https://evil.test|it>", "it"),
    ("[it](https://evil.test)", "it"),
    ("https://evil.test/it", None),
    ("i\u202et\u200b", "it"),
    ("![x](https://evil.test/p.png)", "x"),
    (" ", None),
    ("***", None),
]


@pytest.mark.parametrize(("written", "kept"), HOSTILE_CATEGORIES)
def test_a_category_acts_on_nobody_whoever_names_it(
    model: Embedder, written: str, kept: str | None
) -> None:
    page = Page(markdown="The gate opens.")
    bare = ParsedDocument(title="Gate", pages=(page,))
    told = ParsedDocument(title="Gate", pages=(page,), front_matter={"category": written})
    row = RawDocument(name="a", content_hash="h", category=written)
    file = RawDocument(name="a", content_hash="h")
    assert chunk("/a", row, bare, model).category == kept
    assert chunk("/a", file, told, model).category == kept
