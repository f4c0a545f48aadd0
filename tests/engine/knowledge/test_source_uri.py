from __future__ import annotations

import pytest

from engine.knowledge.source_uri import lies_in, local_path, narrowness, record_path


@pytest.mark.parametrize(
    ("uri", "source"),
    [
        ("/hb", "/hb"),
        ("/hb/a.md", "/hb"),
        ("/hb/sub/a.md", "/"),
        ("/hb/faq.jsonl#row/1", "/hb/faq.jsonl"),
        ("/hb/faq.jsonl#row/1", "/hb"),
        ("/hb/.drafts/a.md", "/hb"),
        ("/hb/a.md", "/hb/*.md"),
        ("/hb/x/y/a.md", "/hb/**/*.md"),
        ("/hb/a.md", "/hb/**/*.md"),
        ("/hb/c#.jsonl#4", "/hb/*.jsonl"),
        ("s3://bucket/hb/a.md", "s3a://bucket/hb/"),
        ("gs://bucket/hb/a.md", "gcs://bucket"),
        ("http://docs.test/hr/pay", "https://Docs.test/hr"),
        ("https://docs.test/hr?page=2", "https://docs.test/hr"),
        ("/caf\\xe9/a.md", "file:///caf%E9"),
    ],
)
def test_a_document_lies_in_the_sources_around_it(uri: str, source: str) -> None:
    assert lies_in(uri, source)


@pytest.mark.parametrize(
    ("uri", "source"),
    [
        ("/hb2/a.md", "/hb"),
        ("/hb", "/hb/a.md"),
        ("/hb/sub/a.md", "/hb/*.md"),
        ("/hb/a.txt", "/hb/**/*.md"),
        ("s3://bucket2/a.md", "s3://bucket"),
        ("https://docs.test/hr2", "https://docs.test/hr"),
        ("https://other.test/hr", "https://docs.test/"),
        ("/HB/a.md", "/hb"),
    ],
)
def test_a_document_does_not_lie_in_what_is_only_named_alike(uri: str, source: str) -> None:
    assert not lies_in(uri, source)


def test_of_the_sources_around_a_document_the_deepest_is_the_narrowest() -> None:
    uri = "/hb/hr/pay.md"
    sources = ["/", "/hb", "/hb/**/pay.md", "/hb/hr", "/hb/hr/*.md", uri]
    backwards = sources[::-1]
    assert sorted(backwards, key=lambda s: narrowness(s, uri=uri)) == sources
    page = "https://docs.test/hr/pay"
    sites = ["https://docs.test", "https://docs.test/sitemap.xml", "https://docs.test/hr", page]
    backwards = sites[::-1]
    assert sorted(backwards, key=lambda s: narrowness(s, uri=page)) == sites


@pytest.mark.parametrize("path", ["/a b/c.md", "/100%/c#.md", b"/caf\xe9/%41*.md"])
def test_a_recorded_path_gives_the_path_back(path: str | bytes) -> None:
    text = path if isinstance(path, str) else path.decode("utf-8", "surrogateescape")
    recorded = record_path(text)
    recorded.encode()
    assert local_path(recorded) == text
    assert (recorded == text) is isinstance(path, str)
