from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.registry import _registry

from engine.errors import DocumentUnreadable, SourceUnreadable
from engine.knowledge.source import Found, Listing, Unreadable, list_source

SECRET = "hunter2-topsecret"
MAX = 100_000


@pytest.fixture
def memory() -> Iterator[Any]:
    filesystem = fsspec.filesystem("memory")
    filesystem.store.clear()
    yield filesystem
    filesystem.store.clear()


def listed(source: str, audience: tuple[str, ...] = ()) -> Listing:
    return list_source(source, audience, MAX)


def found(listing: Listing) -> list[Found]:
    return [item for item in listing.items if isinstance(item, Found)]


def names(listing: Listing) -> list[str]:
    return [item.document.name for item in found(listing)]


def refused(source: str) -> str:
    with pytest.raises(SourceUnreadable) as caught:
        found(listed(source))
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_folder_elsewhere_is_listed_and_fetched_as_one_here(memory: Any, tmp_path: Path) -> None:
    for name in (
        "a.md",
        "sub/b c.txt",
        "sub/é.html",
        ".git/x.md",
        "sub/node_modules/y.md",
        "p.png",
    ):
        memory.pipe(f"/box/docs/{name}", f"text of {name}".encode())
    memory.pipe("/box/docs-old/z.md", b"x")
    listing = listed("memory://box/docs/", ("public",))
    items = found(listing)
    assert [i.document.name for i in items] == ["a.md", "sub/b c.txt", "sub/é.html"]
    assert listing.ignored == 1
    assert listing.uri == "memory://box/docs"
    assert {i.document.audience for i in items} == {("public",)}
    assert len({i.uri for i in items}) == 3
    fetched = listing.fetch(items[1], tmp_path, MAX)
    assert fetched.path is not None
    assert fetched.path.read_text() == "text of sub/b c.txt"
    assert fetched.content_hash


def test_one_file_elsewhere_is_named_by_its_last_part(memory: Any) -> None:
    memory.pipe("/box/a.md", b"x")
    assert names(listed("memory://box/a.md")) == ["a.md"]


def test_a_glob_elsewhere_gives_what_it_matches(memory: Any) -> None:
    for name in ("a.md", "b.txt", "sub/c.md"):
        memory.pipe(f"/box/{name}", b"x")
    assert [Path(n).name for n in names(listed("memory://box/**/*.md"))] == ["a.md", "c.md"]


def test_a_place_elsewhere_without_a_file_is_said(memory: Any) -> None:
    memory.pipe("/box/a.md", b"x")
    assert "memory://none" in refused("memory://none")


def test_a_file_elsewhere_that_is_too_large_is_said_and_leaves_nothing(
    memory: Any, tmp_path: Path
) -> None:
    memory.pipe("/box/a.md", b"x" * 101)
    listing = listed("memory://box")
    (item,) = found(listing)
    with pytest.raises(DocumentUnreadable, match=r"a\.md is larger than 100 bytes"):
        listing.fetch(item, tmp_path, 100)
    assert list(tmp_path.iterdir()) == []


def test_what_is_new_elsewhere_is_seen_by_the_next_listing(memory: Any) -> None:
    memory.pipe("/box/a.md", b"x")
    assert names(listed("memory://box")) == ["a.md"]
    memory.pipe("/box/b.md", b"x")
    assert names(listed("memory://box")) == ["a.md", "b.md"]


@pytest.mark.parametrize("scheme", ["nothing", "htp", "postgresql"])
def test_an_unknown_scheme_is_said_with_those_that_are_known(scheme: str) -> None:
    said = refused(f"{scheme}://user:{SECRET}@box/a")
    assert said.startswith(f"{scheme}:// cannot be read")
    assert "s3://" in said


def test_a_page_is_a_document_with_its_address(site: Any, tmp_path: Path) -> None:
    site.pages["/guide/leave.html"] = "<h1>Leave</h1>"
    listing = listed(f"{site.url}/guide/leave.html", ("everyone",))
    (item,) = found(listing)
    assert item.uri == item.document.url == f"{site.url}/guide/leave.html"
    assert item.document.name == f"{site.url.removeprefix('http://')}/guide/leave.html"
    assert item.document.media_type == "text/html"
    fetched = listing.fetch(item, tmp_path, MAX)
    assert fetched.path is not None
    assert fetched.path.read_text() == "<h1>Leave</h1>"


def test_a_site_is_the_pages_of_its_sitemap_on_its_own_host(site: Any) -> None:
    site.pages["/"] = "home"
    site.pages["/sitemap.xml"] = site.sitemap(
        "/a",
        "/b?x=1",
        "/a",
        "http://elsewhere.test/c",
        "ftp://127.0.0.1/d",
        site.url.replace("http", "javascript") + "/%0aalert(1)",
        site.url.rpartition(":")[0] + "/other-port",
    )
    listing = listed(site.url)
    host = site.url.removeprefix("http://")
    assert names(listing) == [f"{host}/a", f"{host}/b?x=1"]


def test_part_of_a_site_is_the_pages_below_it_and_no_others(site: Any) -> None:
    site.pages["/docs"] = "docs"
    site.pages["/sitemap.xml"] = site.sitemap("/docs", "/docs/a", "/docs-old/b", "/blog")
    host = site.url.removeprefix("http://")
    assert names(listed(f"{site.url}/docs")) == [f"{host}/docs", f"{host}/docs/a"]


def test_a_sitemap_of_sitemaps_is_read_through(site: Any) -> None:
    site.pages["/sitemap.xml"] = site.sitemap(
        "/one.xml", "/gone.xml", "/two.xml", "http://elsewhere.test/s.xml", "/sitemap.xml",
        kind="sitemap",
    )  # fmt: skip
    site.pages["/one.xml"] = site.sitemap("/a")
    site.pages["/two.xml"] = site.sitemap("/b", "/a")
    host = site.url.removeprefix("http://")
    assert names(listed(f"{site.url}/sitemap.xml")) == [f"{host}/a", f"{host}/b"]


@pytest.mark.parametrize(
    "answer",
    [404, 403, 410, "<!DOCTYPE html><html><body>Not found</body></html>", "", b"\xff\x00"],
    ids=ascii,
)
def test_a_site_without_a_sitemap_is_its_page(site: Any, answer: str | bytes | int) -> None:
    site.pages["/"] = "home"
    site.pages["/sitemap.xml"] = answer
    listing = listed(site.url)
    assert names(listing) == [site.url.removeprefix("http://")]
    assert listing.without_sitemap
    assert listing.was_listed(site.url)
    assert not listing.was_listed(f"{site.url}/a")  # it may be there all the same


@pytest.mark.parametrize("answer", [500, 503, 429, "<urlset><url><loc>trunc"], ids=ascii)
def test_a_sitemap_that_cannot_be_read_this_time_is_no_missing_sitemap(
    site: Any, answer: str | int
) -> None:
    site.pages["/"] = "home"
    site.pages["/sitemap.xml"] = answer
    assert "cannot be listed" in refused(site.url)


def test_a_sitemap_with_entities_is_not_read(site: Any) -> None:
    site.pages["/"] = "home"
    site.pages["/sitemap.xml"] = (
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        f"<urlset><url><loc>{site.url}/&b;</loc></url></urlset>"
    )
    assert "declares entities" in refused(f"{site.url}/sitemap.xml")
    assert "declares entities" in refused(site.url)


def test_a_page_that_is_not_there_is_said(site: Any) -> None:
    said = refused(f"{site.url}/gone.html?token={SECRET}")
    assert f"{site.url}/gone.html cannot be listed" in said


def test_a_server_that_does_not_run_is_said() -> None:
    assert "http://127.0.0.1:1/a.html cannot be listed" in refused("http://127.0.0.1:1/a.html")


def test_a_page_that_goes_before_it_is_fetched_is_one_bad_document(
    site: Any, tmp_path: Path
) -> None:
    site.pages["/sitemap.xml"] = site.sitemap("/a")
    listing = listed(site.url)
    (item,) = found(listing)
    with pytest.raises(DocumentUnreadable, match="could not be fetched"):
        listing.fetch(item, tmp_path, MAX)


def test_a_page_that_is_too_large_is_one_bad_document(site: Any, tmp_path: Path) -> None:
    site.pages["/sitemap.xml"] = site.sitemap("/a")
    site.pages["/a"] = b"x" * 3_000_000
    listing = listed(site.url)
    (item,) = found(listing)
    with pytest.raises(DocumentUnreadable, match="larger than 100,000 bytes"):
        listing.fetch(item, tmp_path, MAX)
    assert list(tmp_path.iterdir()) == []


def test_a_password_in_a_sites_address_is_refused_before_it_is_cited(site: Any) -> None:
    host = site.url.removeprefix("http://")
    assert f"http://{host}/a was given with a password" in refused(f"http://ann:{SECRET}@{host}/a")
    assert site.asked == []


@pytest.mark.slow
@pytest.mark.parametrize("status", [403, 404])
def test_a_bucket_that_cannot_be_listed_is_said_without_its_keys(
    site: Any, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv("AWS_ENDPOINT_URL", site.url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    from s3fs import S3FileSystem

    S3FileSystem.clear_instance_cache()
    site.pages["/box"] = status
    said = refused("s3://box/docs")
    assert said.startswith("s3://box/docs cannot be listed")
    assert "credentials" in said
    assert site.asked


def test_a_remote_corpus_is_read_row_by_row() -> None:
    filesystem = fsspec.filesystem("memory")
    filesystem.pipe("/bucket/faq.jsonl", b'{"_id": "a", "text": "One."}\n{"_id": "b"}\n')
    try:
        items = list(list_source("memory://bucket", (), 1000).items)
    finally:
        filesystem.rm("/bucket", recursive=True)
    good, bad = items
    assert isinstance(good, Found)
    assert (good.document.name, good.document.text) == ("a", "One.")
    assert good.uri == "memory://bucket/faq.jsonl#a"
    assert isinstance(bad, Unreadable)


ROW = {"_id": "pay", "text": "Leads earn more.", "audience": ["group:SLEADS"]}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/faq.jsonl", "text/plain"),
        ("/faq.NDJSON", "application/octet-stream"),
        ("/export", "application/x-ndjson"),
        ("/export.txt", "application/jsonl"),
    ],
)
def test_a_corpus_on_a_site_is_read_row_by_row(site: Any, path: str, kind: str) -> None:
    site.pages[path], site.types[path] = json.dumps(ROW) + '\n{"text": "t"}\n', kind
    good, bad = listed(f"{site.url}{path}?token={SECRET}").items
    assert isinstance(good, Found)
    assert (good.document.name, good.document.audience) == ("pay", ("group:SLEADS",))
    assert good.uri == f"{site.url}{path}#pay"
    assert isinstance(bad, Unreadable)
    assert bad.reason == f"{path[1:]}:2 has no _id"


def test_a_corpus_of_a_sitemap_is_read_row_by_row_or_refused(site: Any, tmp_path: Path) -> None:
    site.pages["/sitemap.xml"] = site.sitemap("/faq.jsonl", "/export", "/gone.jsonl")
    site.pages["/faq.jsonl"] = site.pages["/export"] = json.dumps(ROW)
    site.types["/export"] = "application/x-ndjson"
    listing = listed(site.url)
    row, export, gone = listing.items
    assert isinstance(row, Found)
    assert row.document.audience == ("group:SLEADS",)
    assert isinstance(export, Found)
    with pytest.raises(DocumentUnreadable, match="corpus of JSON lines"):
        listing.fetch(export, tmp_path, MAX)
    assert isinstance(gone, Unreadable)
    assert not listing.was_listed(f"{site.url}/gone.jsonl#pay")


class PathsAlone(MemoryFileSystem):
    """Like github's and ftp's, its paths do not say of which repository or host they are."""

    store: ClassVar[dict[str, Any]] = {}

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return "/" + path.rpartition("://")[2].partition("/")[2]


def test_documents_of_different_places_have_different_uris(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for scheme in ("github", "ftp"):
        monkeypatch.setitem(_registry, scheme, PathsAlone)
    PathsAlone().pipe("/docs/a.md", b"text")
    PathsAlone().pipe("/docs/b/faq.jsonl", b'{"_id": "x", "text": "t"}')
    uris = []
    for place in ("github://org:one@main", "github://org:one@v2", "ftp://h1", "ftp://h2"):
        uris += [item.uri for item in listed(f"{place}/docs/").items]
        assert uris[-2:] == [f"{place}/docs/a.md", f"{place}/docs/b/faq.jsonl#x"]
    uris += [item.uri for item in listed(f"ftp://ann:{SECRET}@h3/docs").items]
    assert uris[-2:] == ["ftp://ann@h3/docs/a.md", "ftp://ann@h3/docs/b/faq.jsonl#x"]
    assert [i.uri for i in listed("ftp://h1/docs/a.md").items] == ["ftp://h1/docs/a.md"]


def test_a_glob_elsewhere_gives_uris_below_its_fixed_part(memory: Any) -> None:
    for name in ("a.md", "sub/c.md", "sub/faq.jsonl"):
        memory.pipe(f"/box/docs/{name}", b'{"_id": "x", "text": "t"}')
    items = found(listed("memory://box/docs/**"))
    base = "memory://box/docs"
    assert [i.uri for i in items] == [f"{base}/a.md", f"{base}/sub/c.md", f"{base}/sub/faq.jsonl#x"]
    assert [i.document.name for i in items] == ["a.md", "sub/c.md", "x"]


@pytest.mark.parametrize("answer", [404, 403, 500, "<html>", "<urlset><url>", b"\x1f\x8bno"])
def test_a_part_of_a_sitemap_that_is_not_read_is_said_and_takes_nothing_away(
    site: Any, answer: str | bytes | int
) -> None:
    site.pages["/sitemap.xml"] = site.sitemap("/one.xml", "/two.xml", kind="sitemap")
    site.pages["/one.xml"] = site.sitemap("/a")
    site.pages["/two.xml"] = answer
    listing = listed(site.url)
    page, bad = listing.items
    assert isinstance(page, Found)
    assert page.uri == f"{site.url}/a"
    assert isinstance(bad, Unreadable)
    assert bad.uri == f"{site.url}/two.xml"
    assert f"{site.url}/two.xml" in bad.reason
    assert not listing.was_listed(f"{site.url}/b")
    assert not listing.was_listed(f"{site.url.replace('http', 'https')}/b")


def test_a_whole_sitemap_takes_away_what_it_no_longer_names(site: Any) -> None:
    site.pages["/sitemap.xml"] = site.sitemap("/a")
    listing = listed(site.url)
    assert len(found(listing)) == 1
    assert listing.was_listed(f"{site.url}/b")
    assert not listing.without_sitemap


def test_more_sitemaps_or_pages_than_are_read_are_said(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.knowledge import site as site_module

    site.pages["/sitemap.xml"] = site.sitemap("/1.xml", "/2.xml", "/3.xml", kind="sitemap")
    for n in (1, 2, 3):
        site.pages[f"/{n}.xml"] = site.sitemap(f"/{n}a", f"/{n}b")
    for limit, pages in (("_MOST_SITEMAPS", 4), ("_MOST_PAGES", 3)):
        with monkeypatch.context() as patch:
            patch.setattr(site_module, limit, 3)
            listing = listed(site.url)
            items = list(listing.items)
        assert sum(isinstance(i, Found) for i in items) == pages
        (bad,) = [i for i in items if isinstance(i, Unreadable)]
        assert "more than 3" in bad.reason
        assert not listing.was_listed(f"{site.url}/3b")


def test_a_gzipped_sitemap_is_read(site: Any) -> None:
    site.pages["/sitemap.xml"] = site.sitemap("/one.xml.gz", kind="sitemap")
    site.pages["/one.xml.gz"] = gzip.compress(site.sitemap("/a").encode())
    for address in (site.url, f"{site.url}/one.xml.gz"):
        assert [i.uri for i in found(listed(address))] == [f"{site.url}/a"]


def test_a_sitemap_that_unpacks_without_end_is_not_read(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.knowledge import site as site_module

    monkeypatch.setattr(site_module, "_LARGEST_SITEMAP", 100_000)
    site.pages["/sitemap.xml.gz"] = gzip.compress(b"<urlset>" + b" " * 50_000_000)
    assert "larger than 100,000 bytes" in refused(f"{site.url}/sitemap.xml.gz")


def test_a_secret_in_an_address_opens_it_and_is_kept_nowhere(site: Any, tmp_path: Path) -> None:
    site.pages[f"/one.html?X-Amz-Signature={SECRET}/&v=2"] = "<h1>Leave</h1>"
    address = f"{site.url}/one.html?X-Amz-Signature={SECRET}/&v=2"
    listing = listed(address)
    (item,) = found(listing)
    assert listing.uri == item.uri == item.document.url == f"{site.url}/one.html?v=2"
    assert item.document.name == f"{site.url.removeprefix('http://')}/one.html?v=2"
    fetched = listing.fetch(item, tmp_path, MAX)
    assert fetched.path is not None
    assert fetched.path.read_text() == "<h1>Leave</h1>"
    assert SECRET not in repr(listing) + repr(fetched)
    assert "again in full" in refused(listing.uri)  # the signature was not kept


def test_an_address_that_cannot_be_opened_is_said_without_its_secrets(memory: Any) -> None:
    assert refused(f"memory://ann:{SECRET}@none/a?token={SECRET}").startswith("memory://ann@none/a")
