from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.errors import DocumentUnreadable, SourceUnreadable
from engine.knowledge.source import Found, Listing, Unreadable, list_source, normalise

MAX = 10_000
LIST = """
import json, sys
from engine.knowledge.source import Found, Unreadable, list_source
from engine.errors import SourceUnreadable
try:
    listing = list_source(sys.argv[1], (), 10_000)
    items = list(listing.items)
except SourceUnreadable as error:
    print(json.dumps({"error": str(error)}))
else:
    print(json.dumps({
        "found": [i.uri for i in items if isinstance(i, Found)],
        "failed": [[i.uri, i.reason] for i in items if isinstance(i, Unreadable)],
        "unlisted": listing.unlisted,
    }))
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "docs"
    for name in ("a.md", "sub/b.txt", "sub/deep/c.html", "sub/deep/d.pdf"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"text of {name}")
    return root


def names(listing: Listing) -> list[str]:
    items = list(listing.items)
    assert [i for i in items if isinstance(i, Unreadable)] == []
    return [i.document.name for i in items if isinstance(i, Found)]


def listed(source: object, audience: tuple[str, ...] = ()) -> Listing:
    return list_source(str(source), audience, MAX)


def failed(listing: Listing) -> list[Unreadable]:
    return [i for i in listing.items if isinstance(i, Unreadable)]


def test_a_folder_gives_its_files_by_their_path_within_it(tree: Path) -> None:
    listing = listed(tree, ("public",))
    found = list(listing.items)
    assert all(isinstance(item, Found) for item in found)
    first = found[0]
    assert isinstance(first, Found)
    assert [i.document.name for i in found if isinstance(i, Found)] == [
        "a.md",
        "sub/b.txt",
        "sub/deep/c.html",
        "sub/deep/d.pdf",
    ]
    assert (first.uri, first.document.path) == (str(tree / "a.md"), tree / "a.md")
    assert first.document.audience == ("public",)
    assert first.remote_path is None
    assert first.document.modified_at is not None
    assert first.document.modified_at.tzinfo is UTC
    assert listing.fetch(first, tree, MAX) is first.document


def test_a_folder_written_otherwise_is_the_same_source(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tree.parent)
    monkeypatch.setenv("HOME", str(tree.parent))
    spellings = ["docs", "./docs/", "docs/sub/..", "~/docs", f"file://{tree}", f"FILE://{tree}/"]
    assert {normalise(s) for s in spellings} == {str(tree)}
    assert [names(listed(s)) for s in spellings] == [names(listed(tree))] * len(spellings)


def test_a_file_address_may_be_percent_encoded(tmp_path: Path) -> None:
    (tmp_path / "a b.md").write_text("x")
    assert names(listed(f"file://{tmp_path}/a%20b.md")) == ["a b.md"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("s3://bucket/", "s3://bucket"),
        ("S3://Bucket/Key/", "s3://Bucket/Key"),
        ("https://Docs.example/", "https://Docs.example"),
        ("HTTPS://docs.example/a?b=1", "https://docs.example/a?b=1"),
        ("github://org:repo@main/docs/", "github://org:repo@main/docs"),
        ("https://h.example/a.html?X-Amz-Signature=S&v=2", "https://h.example/a.html?v=2"),
        ("https://h.example/docs/?token=S", "https://h.example/docs"),
        ("ftp://kate:S@h.example/docs/", "ftp://kate@h.example/docs"),
    ],
)
def test_an_address_is_recorded_in_one_way(given: str, kept: str) -> None:
    assert normalise(given) == kept == normalise(kept)


def test_hidden_files_tool_folders_and_what_is_no_document_are_left_out(tree: Path) -> None:
    for name in (".env", ".git/config", "node_modules/x.md", "sub/.x.md", "~$a.docx", "__MACOSX/y"):
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text("x")
    for name in ("logo.PNG", "sub/app.exe", "data.sqlite"):
        (tree / name).write_text("x")
    listing = listed(tree)
    assert names(listing) == ["a.md", "sub/b.txt", "sub/deep/c.html", "sub/deep/d.pdf"]
    assert listing.ignored == 3


def test_a_file_that_is_named_is_taken_whatever_its_kind(tree: Path) -> None:
    (tree / ".hidden.png").write_text("x")
    assert names(listed(tree / ".hidden.png")) == [".hidden.png"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.md", ["a.md"]),
        ("**/*.txt", ["sub/b.txt"]),
        ("sub/*", ["b.txt"]),
        ("**/[cd].*", ["sub/deep/c.html", "sub/deep/d.pdf"]),
        ("sub/**/*.???", ["b.txt", "deep/d.pdf"]),
        ("*/deep/c*", ["sub/deep/c.html"]),
    ],
)
def test_a_glob_gives_what_it_matches_by_the_path_below_its_fixed_part(
    tree: Path, pattern: str, expected: list[str]
) -> None:
    (tree / ".hidden.md").write_text("x")
    (tree / ".git").mkdir()
    (tree / ".git" / "b.txt").write_text("x")
    assert names(listed(tree / pattern)) == expected


def test_a_glob_leaves_out_what_is_no_document(tree: Path) -> None:
    (tree / "logo.png").write_text("x")
    listing = listed(tree / "*")
    assert names(listing) == ["a.md"]
    assert listing.ignored == 1


def test_a_folder_whose_name_looks_like_a_glob_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "[x]").mkdir()
    (tmp_path / "[x]" / "a*.md").write_text("x")
    assert names(listed(tmp_path / "[x]")) == ["a*.md"]
    assert names(listed(tmp_path / "[x]" / "a*.md")) == ["a*.md"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("none", "does not exist"), ("*.rst", "matches no file"), ("a.md/x", "does not exist")],
)
def test_what_is_not_there_is_said(tree: Path, name: str, said: str) -> None:
    with pytest.raises(SourceUnreadable, match=said) as caught:
        listed(tree / name)
    assert str(tree / name) in str(caught.value)


@pytest.mark.parametrize("source", ["", "  "])
def test_a_source_without_a_name_is_not_the_current_folder(source: str) -> None:
    with pytest.raises(SourceUnreadable, match="has no name"):
        listed(source)


def test_an_empty_folder_is_a_source_without_documents(tmp_path: Path) -> None:
    assert names(listed(tmp_path)) == []


def test_names_with_any_character_are_listed_as_text(tmp_path: Path) -> None:
    odd = [
        "new\nline.md",
        "emoji \U0001f600.md",
        "שלום.md",
        " blank .md",
        "a#b?c%20.md",
        "back\\slash.md",
    ]
    for name in odd:
        (tmp_path / name).write_text("x")
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.md"))).write_text("x")
    items = [i for i in listed(tmp_path).items if isinstance(i, Found)]
    assert sorted(i.document.name for i in items) == sorted([*odd, "caf\\xe9.md"])
    for item in items:
        f"{item.uri}{item.document.name}".encode()
        assert item.document.path is not None
        assert item.document.path.read_text() == "x"
    assert len({item.uri for item in items}) == len(items)


def test_a_folder_whose_own_name_is_no_text_is_listed(tmp_path: Path) -> None:
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    root.mkdir()
    (root / "a.md").write_text("x")
    listing = listed(root)
    listing.uri.encode()
    assert names(listing) == ["a.md"]


def test_links_are_followed_to_files_but_not_out_nor_round_and_round(
    tree: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("x")
    (tree / "secret.md").symlink_to(tmp_path / "secret")
    (tree / "..data").mkdir()
    (tree / "..data" / "x.md").write_text("x")
    (tree / "link.md").symlink_to("..data/x.md")
    (tree / "loop").symlink_to(tree)
    (tree / "sub" / "up").symlink_to("..")
    (tree / "self.md").symlink_to("self.md")
    (tree / "gone.md").symlink_to("nothing.md")
    listing = listed(tree)
    items = list(listing.items)
    found = [i.document.name for i in items if isinstance(i, Found)]
    assert found == ["a.md", "link.md", "sub/b.txt", "sub/deep/c.html", "sub/deep/d.pdf"]
    unreadable = {i.name: i.reason for i in items if isinstance(i, Unreadable)}
    assert sorted(unreadable) == ["gone.md", "secret.md", "self.md"]
    assert unreadable["secret.md"] == (
        "secret.md is a link out of the folder; ingest what it leads to by its own path"
    )
    assert listing.ignored == 2
    recursive = listed(tree / "**" / "*.txt")
    assert names(recursive) == ["sub/b.txt"]


def test_what_a_glob_matches_in_a_linked_folder_is_counted(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    for name in ("x.md", "y.md", "z.txt"):
        (tmp_path / "outside" / name).write_text("x")
    (tree / "linked").symlink_to(tmp_path / "outside")
    listing = listed(tree / "*" / "*.md")
    assert names(listing) == []
    assert listing.ignored == 2


def test_rows_without_an_id_are_no_document_for_everyone(tree: Path) -> None:
    row = {"title": "Pay", "text": "Leads earn more.", "audience": ["group:SLEADS"]}
    (tree / "pay.jsonl").write_text(json.dumps(row))
    listing = listed(tree / "pay.jsonl")
    (bad,) = failed(listing)
    assert bad.reason == "pay.jsonl:1 has no _id"


def test_a_name_loses_what_nobody_sees_and_the_file_is_read_all_the_same(tmp_path: Path) -> None:
    odd = "\x1b]0;pwn\x07<!channel> \u202e@here.md"
    for name in (odd, "\u200b"):
        (tmp_path / name).write_text("x")
    items = [i for i in listed(tmp_path).items if isinstance(i, Found)]
    assert [i.document.name for i in items] == ["]0;pwn<!channel> @here.md", "unnamed"]
    assert items[0].uri == str(tmp_path / odd)


def test_what_is_no_regular_file_does_not_hang_the_listing(tree: Path) -> None:
    os.mkfifo(tree / "pipe.md")
    (bad,) = failed(listed(tree))
    assert (bad.name, bad.reason) == ("pipe.md", "pipe.md is not a regular file")
    assert bad.uri == str(tree / "pipe.md")


def test_the_hash_changes_with_content_file_name_and_audience(tmp_path: Path) -> None:
    def hashed(name: str, content: str, audience: tuple[str, ...] = ()) -> str:
        (tmp_path / name).write_text(content)
        (item,) = listed(tmp_path / name, audience).items
        assert isinstance(item, Found)
        return item.document.content_hash

    base = hashed("a.md", "x")
    os.utime(tmp_path / "a.md", (0, 0))
    assert hashed("a.md", "x") == base
    others = {hashed("a.md", "y"), hashed("b.md", "x"), hashed("a.md", "x", ("public",))}
    assert len(others | {base}) == 4


def test_a_file_past_the_limit_is_not_read_to_be_listed(tmp_path: Path) -> None:
    with (tmp_path / "big.md").open("wb") as file:
        file.truncate(10 * 1024**4)  # sparse: reading it would take hours
    (item,) = list_source(str(tmp_path), (), MAX).items
    assert isinstance(item, Found)
    assert item.document.content_hash


@pytest.mark.parametrize("moment", [-1, 0, 2**33, 2**62])
def test_a_file_of_any_age_is_listed(tmp_path: Path, moment: int) -> None:
    (tmp_path / "a.md").write_text("x")
    try:
        os.utime(tmp_path / "a.md", (moment, moment))
    except OverflowError:
        pytest.skip("this system keeps no such time")
    (item,) = listed(tmp_path).items
    assert isinstance(item, Found)
    kept = (tmp_path / "a.md").stat().st_mtime
    expected = datetime.fromtimestamp(kept, UTC) if kept < 2**36 else None
    assert item.document.modified_at == expected


def test_rows_of_a_corpus_are_documents_of_their_own(tree: Path) -> None:
    rows = [{"_id": "x", "text": "one"}, {"_id": "y"}, {"_id": "sub/z", "text": "three"}]
    (tree / "faq.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    (tree / "log.jsonl").write_text('{"event": 1}\n')
    items = list(listed(tree).items)
    uris = {i.uri for i in items if isinstance(i, Found)}
    assert {f"{tree}/faq.jsonl#x", f"{tree}/faq.jsonl#sub/z", f"{tree}/log.jsonl"} <= uris
    (bad,) = [i for i in items if isinstance(i, Unreadable)]
    assert (bad.name, bad.uri) == ("faq.jsonl:2", f"{tree}/faq.jsonl#faq.jsonl:2")


def test_what_may_not_be_opened_is_named_and_nothing_below_counts_as_removed(
    open_folder: Path, run_as_nobody: Callable[[str, str], str]
) -> None:
    (open_folder / "a.md").write_text("x")
    (open_folder / "secret.md").write_text("x")
    (open_folder / "faq.jsonl").write_text('{"_id": "x", "text": "t"}')
    (open_folder / "shut").mkdir()
    (open_folder / "shut" / "b.md").write_text("x")
    (open_folder / "a.md").chmod(0o644)
    for name in ("secret.md", "faq.jsonl", "shut"):
        (open_folder / name).chmod(0)
    said = json.loads(run_as_nobody(LIST, str(open_folder)))
    recursive = json.loads(run_as_nobody(LIST, f"{open_folder}/**/*.md"))
    (open_folder / "shut").chmod(0o755)
    assert said["found"] == [f"{open_folder}/a.md"]
    assert [uri for uri, _ in said["failed"]] == [
        f"{open_folder}/{name}" for name in ("faq.jsonl", "secret.md", "shut")
    ]
    assert all("right to read it" in reason for _, reason in said["failed"])
    listing = Listing(uri="", items=iter(()), unlisted=said["unlisted"])
    assert not listing.was_listed(f"{open_folder}/shut/b.md")
    assert not listing.was_listed(f"{open_folder}/faq.jsonl#x")
    assert listing.was_listed(f"{open_folder}/a.md")
    assert listing.was_listed(f"{open_folder}/shutter.md")
    assert f"{open_folder}/shut/" in recursive["unlisted"]


def test_a_source_that_may_not_be_opened_is_one_sentence(
    open_folder: Path, run_as_nobody: Callable[[str, str], str]
) -> None:
    (open_folder / "shut").mkdir(mode=0)
    said = json.loads(run_as_nobody(LIST, str(open_folder / "shut")))
    inside = json.loads(run_as_nobody(LIST, str(open_folder / "shut" / "b.md")))
    assert "right to read it" in said["error"]
    assert "right to read it" in inside["error"]


def test_a_file_that_goes_while_it_is_listed_is_named(tree: Path) -> None:
    items = iter(listed(tree / "sub" / "deep").items)
    assert isinstance(next(items), Found)
    (tree / "sub" / "deep" / "d.pdf").unlink()
    gone = next(items)
    assert isinstance(gone, Unreadable)
    assert (gone.uri, gone.name) == (str(tree / "sub" / "deep" / "d.pdf"), "d.pdf")


class _Files:
    """A file system of one file."""

    def __init__(self, path: Path | Exception) -> None:
        self._path = path

    def open(self, _: str, __: str) -> object:
        if isinstance(self._path, Exception):
            raise self._path
        return self._path.open("rb")


def test_a_fetched_file_has_its_bytes_and_the_same_hash_each_time(tmp_path: Path) -> None:
    from engine.knowledge.document import RawDocument

    (tmp_path / "far.md").write_text("text")
    listing = Listing(uri="x", items=iter(()), filesystem=_Files(tmp_path / "far.md"))
    found = Found(
        uri="mem://far.md",
        remote_path="far.md",
        document=RawDocument(name="dir/far.md", content_hash=""),
    )
    folder = tmp_path / "fetched"
    folder.mkdir()
    first, second = (listing.fetch(found, folder, 4) for _ in range(2))
    assert first.path is not None
    assert (first.path.read_text(), first.path.suffix) == ("text", ".md")
    assert first.content_hash == second.content_hash != ""
    with pytest.raises(DocumentUnreadable, match=r"far\.md is larger than 3 bytes"):
        listing.fetch(found, folder, 3)
    broken = Listing(uri="x", items=iter(()), filesystem=_Files(ValueError("token=hunter2")))
    with pytest.raises(DocumentUnreadable, match="could not be fetched") as caught:
        broken.fetch(found, folder, 4)
    assert "hunter2" not in str(caught.value)
    assert list(folder.iterdir()) == []
