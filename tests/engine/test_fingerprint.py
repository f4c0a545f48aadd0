from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.fingerprint import Fingerprint, code_fingerprint
from engine.retrieval.index import IndexRecord
from engine.settings import load_settings, setting_names

RECORD = IndexRecord(
    embedder="local",
    embedder_version="1",
    dimension=384,
    chunker_version="1",
    lexical_version="1",
)
OTHER_VALUES = {
    "DESKHAND_RETRIEVAL__CANDIDATES": "50",
    "DESKHAND_RETRIEVAL__TOP_K": "3",
    "DESKHAND_ANSWER__MAX_QUESTION_CHARS": "500",
    "DESKHAND_ANSWER__MAX_SENTENCES": "2",
    "DESKHAND_ANSWER__MIN_CONFIDENCE": "0.9",
    "DESKHAND_ANSWER__LINK_HOSTS": "example.com",
    "DESKHAND_OPENAI__MODEL": "other",
    "DESKHAND_OPENAI__BASE_URL": "http://127.0.0.1/v1",
}


async def made(
    env: dict[str, str] | None = None,
    record: IndexRecord = RECORD,
    knowledge: str = "k",
    models: str = "m",
) -> str:
    async def read(tenant: str, revision: int) -> str:
        return f"{tenant}-{knowledge}"

    settings = load_settings(env or {}, working_directory=Path("/nowhere"))
    return await Fingerprint(settings, record, read).of("acme", 1, models)


async def test_the_same_of_everything_gives_the_same() -> None:
    assert await made() == await made()
    assert len(await made()) == 64


@pytest.mark.parametrize(("name", "value"), OTHER_VALUES.items())
async def test_every_setting_that_can_change_an_answer_changes_it(name: str, value: str) -> None:
    assert await made({name: value}) != await made()


def test_every_setting_of_answers_and_retrieval_is_tried_here() -> None:
    cannot = {
        "DESKHAND_RETRIEVAL__CACHE_ENTRIES",
        "DESKHAND_RETRIEVAL__PASSAGE_CACHE_BYTES",
        "DESKHAND_ANSWER__CACHE_S",
    }
    answering = {
        n for n in setting_names() if n.startswith(("DESKHAND_RETRIEVAL", "DESKHAND_ANSWER"))
    }
    assert answering - cannot <= set(OTHER_VALUES)


@pytest.mark.parametrize("name", IndexRecord.__dataclass_fields__)
async def test_every_part_of_the_index_record_changes_it(name: str) -> None:
    changed = replace(RECORD, **{name: 2 if name == "dimension" else "2"})
    assert await made(record=changed) != await made()


async def test_knowledge_changes_it() -> None:
    assert await made(knowledge="other") != await made()


async def test_a_fitted_model_changes_it_at_once() -> None:
    assert await made(models="other") != await made()

    async def knowledge(tenant: str, revision: int) -> str:
        return "k"

    settings = load_settings({}, working_directory=Path("/nowhere"))
    fingerprint = Fingerprint(settings, RECORD, knowledge)
    assert await fingerprint.of("a", 1, "m") != await fingerprint.of("a", 1, "other")


async def test_a_secret_does_not() -> None:
    assert await made({"OPENAI_API_KEY": "a"}) == await made({"OPENAI_API_KEY": "b"})


async def test_knowledge_is_read_once_for_each_tenant_and_revision() -> None:
    read: list[tuple[str, int]] = []

    async def knowledge(tenant: str, revision: int) -> str:
        read.append((tenant, revision))
        return f"{tenant}{revision}"

    settings = load_settings({}, working_directory=Path("/nowhere"))
    fingerprint = Fingerprint(settings, RECORD, knowledge)
    prints = [await fingerprint.of(t, r, "m") for t, r in [("a", 1), ("a", 1), ("b", 1), ("a", 2)]]
    assert read == [("a", 1), ("b", 1), ("a", 2)]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3


def test_the_programs_own_source_is_part_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import engine.fingerprint as module

    package = tmp_path / "engine"
    (package / "storage" / "migrations").mkdir(parents=True)
    monkeypatch.setattr(module, "__file__", str(package / "fingerprint.py"))
    prints = []
    for path, text in [
        ("decision.py", "a"),
        ("decision.py", "b"),
        ("storage/migrations/0001.py", "c"),
        ("other.py", ""),
        ("notes.txt", "d"),
    ]:
        (package / path).write_text(text)
        prints.append(code_fingerprint.__wrapped__())
    assert len(set(prints)) == 3
    assert prints[1] == prints[2]
    assert prints[3] == prints[4]
