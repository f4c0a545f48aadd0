from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from engine.adapters.minilm.embedder import MiniLmEmbedder
from engine.knowledge.document import Page, ParsedDocument, RawDocument
from engine.knowledge.prepare import chunk


@pytest.fixture(scope="module")
def model() -> Iterator[MiniLmEmbedder]:
    made = MiniLmEmbedder(threads=1)
    yield made
    asyncio.run(made.aclose())


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
    model: MiniLmEmbedder, url: object, kept: str | None
) -> None:
    parsed = ParsedDocument(
        title="Gate", pages=(Page(markdown="The gate opens."),), front_matter={"url": url}
    )
    assert chunk("/a.md", RawDocument(name="a.md", content_hash="h"), parsed, model).url == kept
