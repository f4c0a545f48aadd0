"""Small runs against real bots; what they measure is only looked at, never held to a time."""

from __future__ import annotations

import pytest

from bot.load.acks import measure_acks
from bot.load.first_words import measure_first_words
from bot.load.memory import measure_memory
from bot.load.stand import sample_questions, workspace_of
from bot.load.traffic import compose_traffic
from bot.workspace.method_facts import PUBLISHED
from evals.corpora import SAMPLE

pytestmark = pytest.mark.slow
FEW = SAMPLE / "knowledge" / "accounts"
"""Some of the sample's documents: each bot has to read them anew, and few of them are enough."""


@pytest.fixture(autouse=True)
def _published_pages() -> None:
    if not (PUBLISHED / "methods").is_dir():
        pytest.skip(f"Slack's published pages are absent from {PUBLISHED}")


async def test_half_of_the_traffic_is_mentions_and_each_of_them_comes_twice(tmp_path) -> None:
    async with workspace_of("http", seed=3) as workspace:
        traffic = compose_traffic(workspace, 1200, texts=sample_questions(tmp_path), seed=3)
        assert workspace.attempts() == []
    events = [envelope.payload["event"] for envelope in traffic.envelopes]
    mentions = [event["ts"] for event in events if event["type"] == "app_mention"]
    twins = [e["ts"] for e in events if e["type"] == "message" and "<@U0DESKHAND>" in e["text"]]
    assert 1200 <= len(events) <= 1201
    assert sorted(mentions) == sorted(twins)
    assert 0.45 < 2 * len(mentions) / len(events) < 0.55
    replies = [e["ts"] for e in events if "thread_ts" in e]
    assert 0.15 < len(replies) / len(events) < 0.3
    assert {m.ts for m in traffic.questions} == {*mentions, *replies}


async def test_every_event_is_acknowledged_and_every_question_kept_once() -> None:
    told: list[str] = []
    figures, held = await measure_acks(
        60, seed=3, tell=told.append, transports=["http"], knowledge=FEW
    )
    assert held, (figures, told)
    kinds = {name.partition("_")[0] for name in figures}
    assert kinds >= {"bare", "sqlite"}
    for name, found in figures.items():
        assert found["events"] == 120 or found["events"] == 121, name
        assert found["most_acks_per_s"] > 0
        assert found.get("ack_p50_over_bare", 1) > 0


async def test_first_words_are_timed_for_every_mention() -> None:
    figures, _ = await measure_first_words(4, seed=3, tell=lambda _: None, knowledge=FEW)
    assert figures["without_answer"] == 0
    assert 0 < figures["over_engine_p50_ms"] < figures["mention_to_first_sentence_p95_ms"]


async def test_memory_is_sampled_while_questions_are_answered() -> None:
    figures, _ = await measure_memory(24, seed=3, tell=lambda _: None, knowledge=FEW)
    assert figures["unanswered"] == 0
    assert figures["rss_most_mib"] >= figures["rss_last_mib"] > 50
