from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.audience import CLOSED, FULL_MEMBER, Audience
from engine.compose import Engine, Overrides, open_engine
from engine.question import Question, Role, Turn
from engine.retrieval.embedder import Embedder
from engine.retrieval.query import query_texts
from engine.retrieval.retriever import Retrieval, Retriever
from engine.settings import Settings
from engine.storage.term_statistics import TermStatistics

TENANT = "default"
LEADS = Audience(frozenset({"group:S0LEADS", "public"}))
PUBLIC = Audience(frozenset({"public"}))


@pytest.fixture
async def engine(home_with_tables: Settings, model: Embedder) -> AsyncIterator[Engine]:
    async with open_engine(home_with_tables, Overrides(embedder=model)) as made:
        yield made


async def learn(engine: Engine, folder: Path, *rows: dict[str, object]) -> None:
    """Makes these rows the whole knowledge."""
    path = folder / "corpus.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    await engine.ingestion.run(str(path), (), lambda _: None)


def row(name: str, text: str, *audience: str, title: str = "") -> dict[str, object]:
    made: dict[str, object] = {"_id": name, "text": text, "title": title or name}
    if audience:
        made["audience"] = list(audience)
    return made


async def find(
    engine: Engine,
    text: str,
    audience: Audience = FULL_MEMBER,
    *,
    retriever: Retriever | None = None,
    history: tuple[Turn, ...] = (),
) -> Retrieval:
    return await (retriever or engine.retriever).retrieve(
        query_texts(Question(id="1", text=text, history=history)),
        tenant=TENANT,
        audience=audience,
        revision=await engine.documents.revision(TENANT),
    )


def small(engine: Engine, *, top_k: int = 8, candidates: int = 100) -> Retriever:
    return Retriever(
        index=engine.index,
        embedder=engine.embedder,
        passages=engine.passages,
        statistics=TermStatistics(engine.database),
        candidates=candidates,
        top_k=top_k,
        cache_entries=16,
        passage_cache_bytes=1 << 20,
    )


def names(found: Retrieval) -> list[str]:
    return [r.document_name for r in found.retrieved]


BONUS = "The yearly bonus of the leads is 20 percent."


async def test_a_passage_kept_for_one_audience_never_reaches_another(
    engine: Engine, tmp_path: Path
) -> None:
    await learn(
        engine,
        tmp_path,
        row("bonus", BONUS, "group:S0LEADS"),
        row("lunch", "The yearly summer lunch is in July.", "public"),
        row("party", "The yearly party is in December."),
    )
    question = "how high is the yearly bonus of the leads?"
    for audience, readable in [
        (LEADS, {"bonus", "lunch"}),
        (PUBLIC, {"lunch"}),
        (FULL_MEMBER, {"lunch", "party"}),
        (LEADS, {"bonus", "lunch"}),
        (CLOSED, set()),
        (Audience(frozenset({"user:U1"})), set()),
    ]:
        found = await find(engine, question, audience)
        assert set(names(found)) == readable
        assert {hit.passage.document_name for hit in found.hits} == readable
        assert all(audience.may_read(hit.passage.audience) for hit in found.hits)
    assert engine.retriever.caches()["passage_vectors"].hits > 0


async def test_what_others_may_read_does_not_shift_scores(engine: Engine, tmp_path: Path) -> None:
    open_rows = [row("a", "The badge office opens at nine.", "public")]
    await learn(engine, tmp_path, *open_rows)
    alone = await find(engine, "when does the badge office open?", PUBLIC)
    hidden = [row(f"h{n}", f"The badge office rule {n} opens.", "group:S0LEADS") for n in range(9)]
    await learn(engine, tmp_path, *open_rows, *hidden)
    beside = await find(engine, "when does the badge office open?", PUBLIC)
    assert beside.features == pytest.approx(alone.features)
    assert [r.score for r in beside.retrieved] == pytest.approx(
        [r.score for r in alone.retrieved], abs=1e-6
    )


async def test_an_audience_of_nothing_finds_nothing_but_has_its_vector(
    engine: Engine, tmp_path: Path
) -> None:
    await learn(engine, tmp_path, row("a", "Hello there."))
    found = await find(engine, "hello", CLOSED)
    assert (found.hits, found.retrieved, found.features) == ((), (), {})
    assert found.query_vector.shape == (384,)


async def test_a_change_of_the_knowledge_is_seen_by_the_next_question(
    engine: Engine, tmp_path: Path
) -> None:
    await learn(engine, tmp_path, row("fee", "The parking fee is 40 euros."))
    assert "40 euros" in (await find(engine, "parking fee")).hits[0].passage.passage.text
    assert "40 euros" in (await find(engine, "parking fee")).hits[0].passage.passage.text
    await learn(engine, tmp_path, row("fee", "The parking fee is 55 euros."))
    found = await find(engine, "parking fee")
    assert ["55 euros" in hit.passage.passage.text for hit in found.hits] == [True]
    await learn(engine, tmp_path, row("fee", "The parking fee is 55 euros.", "group:S0LEADS"))
    assert (await find(engine, "parking fee")).hits == ()
    await learn(engine, tmp_path, row("lunch", "Lunch is at noon."))
    assert names(await find(engine, "parking fee", LEADS)) == []


@pytest.mark.slow
async def test_ten_documents_are_found_behind_one_that_crowds_the_candidates(
    engine: Engine, tmp_path: Path
) -> None:
    section = "The invoice number {n} is paid by invoice transfer within {n} days."
    huge = "\n\n".join(
        f"## Invoice {n}\n\n" + " ".join(section.format(n=n + k) for k in range(3))
        for n in range(40)
    )
    others = [row(f"o{n}", f"The cat number {n} sleeps on shelf {n}.") for n in range(12)]
    await learn(engine, tmp_path, row("huge", huge, title="Invoices"), *others)
    retriever = small(engine, candidates=10)
    found = await find(engine, "how is an invoice paid?", retriever=retriever)
    assert names(found)[0] == "huge"
    assert len(names(found)) == len(set(names(found))) == 10
    assert len({hit.passage.id for hit in found.hits}) == len(found.hits) <= 8


async def test_fewer_documents_than_ten_are_all_found(engine: Engine, tmp_path: Path) -> None:
    await learn(engine, tmp_path, *(row(f"o{n}", f"Cat {n} sleeps.") for n in range(4)))
    assert sorted(names(await find(engine, "where do dogs eat?"))) == ["o0", "o1", "o2", "o3"]


async def test_near_duplicates_collapse_in_hits_but_both_stay_in_retrieved(
    engine: Engine, tmp_path: Path
) -> None:
    text = "The office in Berlin opens at eight and closes at six on every working day."
    await learn(
        engine,
        tmp_path,
        row("one", text, title="Hours"),
        row("copy", text, title="Hours"),
        row("else", "Paris has a lunch room on the first floor."),
    )
    found = await find(engine, "when does the office in Berlin open?")
    assert sorted(names(found)[:2]) == ["copy", "one"]
    assert [hit.passage.document_name for hit in found.hits] == [names(found)[0], "else"]


async def test_no_more_hits_than_top_k_are_given(engine: Engine, tmp_path: Path) -> None:
    cats = ("Tom", "Felix", "Minka", "Garfield", "Mog", "Salem")
    await learn(engine, tmp_path, *(row(c, f"The cat {c} likes {c} food.") for c in cats))
    found = await find(engine, "which cat likes food?", retriever=small(engine, top_k=3))
    assert len(found.hits) == 3
    assert len(found.retrieved) == 6


async def test_hits_are_ordered_and_carry_a_cosine_for_each_sentence(
    engine: Engine, tmp_path: Path
) -> None:
    await learn(
        engine,
        tmp_path,
        row("a", "The gate opens at seven. The guard is called Anna. Bring your badge."),
        row("b", "Lunch is at noon."),
    )
    found = await find(engine, "who is the guard?")
    assert [hit.score for hit in found.hits] == sorted((h.score for h in found.hits), reverse=True)
    for hit in found.hits:
        assert len(hit.sentence_cosines) == len(hit.passage.passage.sentences)
        assert 0 <= hit.score <= 1
        assert 0 <= hit.coverage <= 1
    best = int(found.hits[0].sentence_cosines.argmax())
    sentence = found.hits[0].passage.passage.sentences[best]
    assert "Anna" in found.hits[0].passage.sentence_text(sentence)


async def test_a_follow_up_finds_what_the_turn_before_was_about(
    engine: Engine, tmp_path: Path
) -> None:
    await learn(
        engine,
        tmp_path,
        row("vpn", "The VPN costs 5 euros a month."),
        row("gym", "The gym costs 20 euros a month."),
        row("bus", "The bus costs 49 euros a month."),
    )
    before = (Turn(role=Role.USER, text="tell me about the VPN"),)
    assert names(await find(engine, "and what does it cost?", history=before))[0] == "vpn"
    said = (Turn(role=Role.ASSISTANT, text="The VPN costs 5 euros."),)
    alone = await find(engine, "what does the gym cost?")
    found = await find(engine, "what does the gym cost?", history=said)
    assert [r.score for r in found.retrieved] == [r.score for r in alone.retrieved]
    assert names(await find(engine, "what does the gym cost?", history=before))[0] == "gym"


async def test_the_same_question_of_the_same_readers_is_searched_once(
    engine: Engine, tmp_path: Path
) -> None:
    await learn(engine, tmp_path, row("a", "Hello there."))
    first = await find(engine, "hello?")
    assert await find(engine, "hello?") is first
    state = engine.retriever.caches()["retrievals"]
    assert (state.hits, state.misses, state.hit_rate) == (1, 1, 0.5)
    assert names(await find(engine, "hello?", PUBLIC)) == []
    await learn(engine, tmp_path, row("a", "Hello again, everybody."))
    assert (await find(engine, "hello?")).hits[0].passage.passage.text == "Hello again, everybody."


async def test_the_same_question_of_others_is_embedded_once(engine: Engine, tmp_path: Path) -> None:
    await learn(engine, tmp_path, row("a", "Hello there.", "everyone", "group:S0LEADS"))
    first = await find(engine, "hello?")
    second = await find(engine, "hello?", LEADS)
    state = engine.retriever.caches()["query_vectors"]
    assert (state.hits, state.misses, state.hit_rate) == (1, 1, 0.5)
    assert first.embedding_tokens == second.embedding_tokens > 0
    assert [r.score for r in first.retrieved] == [r.score for r in second.retrieved]


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "who are you",
        "日本語の質問",
        "x" * 5000,
        "?? 4.1.1.2 ::",
        "a\nb\n\nc",
        "SELECT * FROM x; --",
    ],
)
async def test_any_text_can_be_searched_for(engine: Engine, tmp_path: Path, text: str) -> None:
    await learn(engine, tmp_path, row("a", "Hello there."), row("b", "Lunch is at noon."))
    found = await find(engine, text)
    assert sorted(names(found)) == ["a", "b"]
    assert all(0 <= r.score <= 1 for r in found.retrieved)


async def test_a_procedure_cut_in_two_is_joined_by_its_other_half(
    engine: Engine, tmp_path: Path
) -> None:
    steps = "\n".join(
        f"{n}. Turn the valve marked with the letter {chr(64 + n)} until the needle of the gauge "
        f"beside it stands at mark {n * 7}, then write the time into the log of the shift."
        for n in range(1, 25)
    )
    await learn(
        engine,
        tmp_path,
        row("boiler", f"# Boiler\n\nTo start the boiler, do this:\n\n{steps}"),
        row("other", "The canteen opens at noon and closes at two."),
    )
    found = await find(
        engine, "how do I start the boiler?", retriever=small(engine, top_k=2, candidates=10)
    )
    first, second = found.hits
    assert first.passage.document_name == second.passage.document_name == "boiler"
    assert abs(first.passage.passage.ordinal - second.passage.passage.ordinal) == 1
    assert second.sentence_cosines.shape == (len(second.passage.passage.sentences),)
