from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

KEYS = ["added", "changed", "unchanged", "removed", "failed", "passages", "seconds"]
MIB = 1024 * 1024


def write_documents(folder: Path, count: int) -> Path:
    docs = folder / "docs"
    docs.mkdir(exist_ok=True)
    for n in range(count):
        (docs / f"room{n:02}.md").write_text(
            f"# Room {n}\n\nRoom number {n} is on floor {n % 7} and seats {n + 3} people.\n"
        )
    return docs


def published(deskhand: Any) -> dict[str, str]:
    """Version of each live document by its name."""
    return dict(deskhand.rows("select name, version from documents"))


def assert_whole(deskhand: Any, count: int) -> None:
    """Every document once, with its passages, its counts, and answers from the index."""
    assert len(published(deskhand)) == count
    for table in ("passages", "passage_vectors", "document_vectors"):
        assert deskhand.rows(f"select count(*) from {table}") == [(count,)], table
    assert deskhand.rows("select passages, documents from corpus_sizes") == [(count, count)]
    wrong = "select count(*) from term_counts where passages <= 0 or documents <> passages"
    assert deskhand.rows(wrong) == [(0,)]
    assert deskhand.json("ingest", "docs") | {"seconds": 0, "ignored": 0} == {
        **dict.fromkeys(("added", "changed", "removed", "passages", "seconds", "ignored"), 0),
        "unchanged": count,
        "failed": [],
        "warnings": [],
    }
    last = count - 1
    found = deskhand.json("ask", f"how many people does room number {last} seat?")
    assert found["retrieved"][0]["document_name"] == f"room{last:02}.md"


def test_the_last_line_of_json_is_the_summary_and_bad_files_alone_do_not_fail(
    deskhand: Any,
) -> None:
    docs = write_documents(deskhand.folder, 2)
    (docs / "empty.md").touch()
    (docs / "logo.png").write_bytes(b"\x89PNG")
    (docs / "sheet.csv").write_text("name,floor\nAnna,3\nBob,4\n")
    big, rows = docs / "big.txt", docs / "big.jsonl"
    for path in (big, rows):
        with path.open("wb") as file:
            file.truncate(1024 * MIB)
    started = time.monotonic()
    summary = deskhand.json("ingest", "docs")
    assert time.monotonic() - started < 120
    assert list(summary)[: len(KEYS)] == KEYS
    assert (summary["added"], summary["passages"]) == (3, 3)
    assert type(summary["seconds"]) is float
    reasons = {f["document_name"]: f["reason"] for f in summary["failed"]}
    assert set(reasons) == {"empty.md", "big.txt", "big.jsonl"}
    assert "empty" in reasons["empty.md"]
    assert "DESKHAND_PARSE__MAX_BYTES" in reasons["big.txt"]
    assert deskhand.run("ask", "on which floor is Anna?").returncode == 0


def test_wrong_sources_are_refused_in_one_sentence(deskhand: Any, refused: Any) -> None:
    refused(deskhand.run("ingest"), 2, "name a source")
    refused(deskhand.run("ingest", "nowhere"), 1, "nowhere", "does not exist")
    refused(deskhand.run("ingest", "nowhere", "--audience", "boss"), 2, "'boss'")
    refused(deskhand.run("ingest", "ftp2://host/x"), 1, "ftp2")
    assert deskhand.json("sources") == {"sources": []}


def test_one_missing_source_does_not_keep_the_others_out(deskhand: Any) -> None:
    write_documents(deskhand.folder, 1)
    done = deskhand.run("ingest", "nowhere", "docs", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout.splitlines()[-1])["added"] == 1
    assert "nowhere does not exist" in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_a_source_every_known_one_is_read_with_its_own_audience(deskhand: Any) -> None:
    docs = write_documents(deskhand.folder, 2)
    deskhand.json("ingest", "docs", "--audience", "group:S0HR")
    (docs / "new.md").write_text("# New\n\nThe new rule is about bicycles.\n")
    assert deskhand.json("ingest")["added"] == 1
    audiences = "select distinct audience from documents"
    assert deskhand.rows(audiences) == [('["group:S0HR"]',)]
    assert deskhand.json("ingest", "docs")["unchanged"] == 3  # naming it opens nothing to others
    assert deskhand.rows(audiences) == [('["group:S0HR"]',)]
    assert deskhand.json("ingest", "docs", "--audience", "everyone")["changed"] == 3


def test_tags_are_given_to_the_named_sources_alone(deskhand: Any, refused: Any) -> None:
    (deskhand.folder / "old").mkdir()
    (deskhand.folder / "old" / "a.md").write_text("# A\n\nThe gate opens at seven.\n")
    strange = deskhand.folder / b"caf\xe9".decode("utf-8", "surrogateescape")
    strange.mkdir()
    (strange / "b.md").write_text("# B\n\nThe cafe opens at nine.\n")
    deskhand.json("ingest", "old")
    deskhand.json("ingest", strange, "--audience", "group:S0HR")
    write_documents(deskhand.folder, 1)
    deskhand.json("ingest", "docs", "--audience", "group:S0LEADS", "--rebuild")
    audiences = "select name, audience from documents order by name"
    expected = [
        ("a.md", '["everyone"]'),
        ("b.md", '["group:S0HR"]'),
        ("room00.md", '["group:S0LEADS"]'),
    ]
    assert deskhand.rows(audiences) == expected
    assert deskhand.json("ingest")["unchanged"] == 3
    assert deskhand.rows(audiences) == expected
    for more in ((), ("--rebuild",)):
        refused(deskhand.run("ingest", "--audience", "public", *more), 2, "--audience needs")
    assert deskhand.json("sources", "--remove", strange)["removed"] == 1


def test_pages_that_cannot_be_read_again_are_quoted_to_nobody_they_are_kept_from(
    deskhand: Any,
) -> None:
    docs = write_documents(deskhand.folder, 2)
    deskhand.json("ingest", "docs")
    (docs / "room01.md").write_bytes(b"\x00\x01\x02\xff" * 500)
    deskhand.json("ingest", "docs", "--audience", "group:S0LEADS")
    question = ("ask", "how many people does room number 1 seat?")
    assert deskhand.json(*question)["retrieved"] == []
    shown = deskhand.json(*question, "--audience", "group:S0LEADS")["retrieved"]
    assert shown[0]["document_name"] == "room01.md"


def test_pdfs_that_are_encrypted_or_broken_are_reported_and_the_rest_read(
    deskhand: Any, datasets: Path
) -> None:
    samples = datasets / "files" / "pdf_samples" / "files"
    if not samples.is_dir():
        pytest.skip("no shared/datasets/files/pdf_samples")
    docs = deskhand.folder / "docs"
    docs.mkdir()
    locked = samples / "005-libreoffice-writer-password" / "libreoffice-writer-password.pdf"
    whole = samples / "004-pdflatex-4-pages" / "pdflatex-4-pages.pdf"
    (docs / "locked.pdf").write_bytes(locked.read_bytes())
    (docs / "whole.pdf").write_bytes(whole.read_bytes())
    (docs / "cut.pdf").write_bytes(whole.read_bytes()[:2000])
    (docs / "noise.pdf").write_bytes(random.Random(1).randbytes(5000))
    summary = deskhand.json("ingest", "docs")
    reasons = {f["document_name"]: f["reason"] for f in summary["failed"]}
    assert set(reasons) == {"locked.pdf", "cut.pdf", "noise.pdf"}
    assert all(name in reason and "\n" not in reason for name, reason in reasons.items())
    assert "password" in reasons["locked.pdf"]
    assert summary["added"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_killed_run_is_completed_by_the_next_one_and_repeats_nothing(
    deskhand: Any, seed: int
) -> None:
    rng = random.Random(seed)
    write_documents(deskhand.folder, 40)
    at_least, pause_s = rng.choice([0, 4, 12, 24, 36]), rng.uniform(0, 0.15)
    process = deskhand.start("ingest", "docs", small_groups=True)
    deskhand.wait_for(lambda: len(published(deskhand)) >= at_least, process)
    time.sleep(pause_s)
    process.kill()
    process.communicate()
    before = published(deskhand)
    summary = deskhand.json("ingest", "docs")
    assert summary["failed"] == []
    assert (summary["added"], summary["unchanged"]) == (40 - len(before), len(before))
    after = published(deskhand)
    assert {name: after[name] for name in before} == before
    assert_whole(deskhand, 40)


def test_ctrl_c_keeps_what_was_published_and_says_so(deskhand: Any) -> None:
    write_documents(deskhand.folder, 120)
    process = deskhand.start("ingest", "docs", small_groups=True)
    assert deskhand.wait_for(lambda: len(published(deskhand)) >= 4, process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    kept = published(deskhand)
    assert 4 <= len(kept) < 120
    assert (process.returncode, errors) == (130, "deskhand: stopped; what was done is kept\n")
    summary = deskhand.json("ingest", "docs")
    assert (summary["added"], summary["unchanged"]) == (120 - len(kept), len(kept))
    assert {name: published(deskhand)[name] for name in kept} == kept


@pytest.mark.slow
def test_two_ingestions_of_one_folder_at_once_both_succeed(deskhand: Any) -> None:
    write_documents(deskhand.folder, 24)
    both = [deskhand.start("ingest", "docs", "--json", small_groups=True) for _ in range(2)]
    summaries = []
    for process in both:
        out, errors = process.communicate(timeout=240)
        assert (process.returncode, errors) == (0, "")
        summaries.append(json.loads(out.splitlines()[-1]))
    assert sum(s["added"] for s in summaries) == 24
    assert sum(s["unchanged"] for s in summaries) == 24
    assert_whole(deskhand, 24)


@pytest.mark.slow
def test_questions_are_answered_by_others_while_documents_come_in(deskhand: Any) -> None:
    docs = write_documents(deskhand.folder, 1)
    deskhand.json("ingest", "docs")
    chat = deskhand.start("chat", "--json")
    question = "on which floor is room number 0?"
    try:
        chat.stdin.write(f"{question}\n")
        chat.stdin.flush()
        assert "floor 0" in json.loads(chat.stdout.readline())["reply"]
        write_documents(deskhand.folder, 30)
        ingest = deskhand.start("ingest", "docs", "--json", small_groups=True)
        asked = 0
        while ingest.poll() is None or asked < 3:
            asked += 1
            chat.stdin.write(f"{question}\n/new\n")
            chat.stdin.flush()
            assert "floor 0" in json.loads(chat.stdout.readline())["reply"]
            assert "conversation" in chat.stdout.readline()
        out, errors = ingest.communicate(timeout=240)
        assert (ingest.returncode, errors) == (0, "")
        assert json.loads(out.splitlines()[-1])["added"] == 29
        beside = deskhand.json("ask", question)
        assert "floor 0" in beside["reply"]
        (docs / "room00.md").unlink()
        assert deskhand.json("ingest", "docs")["removed"] == 1
        chat.stdin.write("/new\non which floor is room number 29?\n")
        chat.stdin.flush()
        assert "conversation" in chat.stdout.readline()
        assert "floor 1" in json.loads(chat.stdout.readline())["reply"]
        _, errors = chat.communicate("/quit\n", timeout=120)
        assert (chat.returncode, errors) == (0, "")
    finally:
        chat.kill()
        chat.communicate()


@pytest.mark.slow
def test_an_index_of_another_embedder_is_refused_and_a_rebuild_mends_it(
    deskhand: Any, refused: Any
) -> None:
    write_documents(deskhand.folder, 3)
    deskhand.json("ingest", "docs")
    (record,) = [p for p in (deskhand.home / "index").glob("*.json") if "embedder" in p.read_text()]
    values = json.loads(record.read_text())
    record.write_text(json.dumps(values | {"embedder_version": "of last year"}))
    refused(deskhand.run("ingest", "docs"), 1, "deskhand ingest --rebuild")
    refused(deskhand.run("ask", "hello"), 1, "deskhand ingest --rebuild")
    (deskhand.folder / "docs").rename(deskhand.folder / "away")
    refused(deskhand.run("ingest", "--rebuild"), 1, "does not exist")
    assert len(published(deskhand)) == 3  # nothing is dropped that cannot be read again
    (deskhand.folder / "away").rename(deskhand.folder / "docs")
    assert deskhand.json("ingest", "--rebuild")["added"] == 3
    assert_whole(deskhand, 3)


@pytest.fixture
def small_disk(deskhand: Any) -> Iterator[Path]:
    """A home on a file system of its own that a test can fill."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small tmpfs")
    deskhand.home.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=800m", "tmpfs", str(deskhand.home)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("no tmpfs can be mounted here")
    yield deskhand.home
    subprocess.run(["umount", "-l", str(deskhand.home)], check=True)


def fill(filler: Path) -> None:
    """Takes what is left of the disk but 16 blocks, while another program is taking of it too."""
    with filler.open("wb") as file:
        while True:
            free = os.statvfs(filler.parent)
            try:
                os.posix_fallocate(file.fileno(), 0, max(1, (free.f_bavail - 16) * free.f_frsize))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
            else:
                return


@pytest.mark.slow
def test_a_disk_that_fills_up_in_the_middle_costs_only_the_rest_of_the_run(
    deskhand: Any, small_disk: Path
) -> None:
    write_documents(deskhand.folder, 120)
    process = deskhand.start("ingest", "docs", small_groups=True)
    assert deskhand.wait_for(lambda: len(published(deskhand)) >= 4, process)
    process.send_signal(signal.SIGSTOP)  # it must not be done before the disk is full
    filler = small_disk / "filler"
    fill(filler)
    process.send_signal(signal.SIGCONT)
    out, errors = process.communicate(timeout=240)
    assert (process.returncode, out) == (1, "")
    assert errors.startswith("deskhand: ")
    assert "full" in errors
    assert errors.count("\n") == 1
    kept = published(deskhand)
    assert 4 <= len(kept) < 120
    filler.unlink()
    summary = deskhand.json("ingest", "docs")
    assert (summary["added"], summary["unchanged"]) == (120 - len(kept), len(kept))
    assert_whole(deskhand, 120)
