"""The verdict on messages that are made up, each case counted by hand."""

from __future__ import annotations

from bot.chaos.verdict import verdict
from bot.workspace.messages import Message, Streaming

NAMES = {"q1": "C1:1.0", "q2": "C1:2.0"}


def asked(ts: str, thread_ts: str = "") -> Message:
    return Message(channel="C1", ts=ts, user="U1", text="?", team="T1", thread_ts=thread_ts)


def said(ts: str, key: str, streaming: Streaming | None = None) -> Message:
    metadata = {"event_type": "deskhand_reply", "event_payload": {"key": key}} if key else None
    return Message(
        channel="C1",
        ts=ts,
        user="UBOT",
        text="!",
        team="T1",
        thread_ts="1.0",
        metadata=metadata,
        streaming=streaming,
    )


QUESTIONS = [asked("1.0", "1.0"), asked("2.0", "1.0")]


def test_one_answer_each_in_order_holds() -> None:
    found = verdict(QUESTIONS, [said("3.0", "q1:answer:0"), said("4.0", "q2:answer:0")], NAMES)
    assert found.holds
    assert (found.asked, found.visible, found.doubled, found.out_of_order) == (2, 2, 0, 0)


def test_parts_and_notices_are_no_doubles() -> None:
    ours = [
        said("3.0", "q1:answer:0"),
        said("3.1", "q1:answer:1"),
        said("3.2", "q1:notice:0"),
        said("4.0", "q2:answer:0"),
    ]
    found = verdict(QUESTIONS, ours, NAMES)
    assert found.holds
    assert found.notices == 1


def test_what_has_no_answer_is_lost() -> None:
    found = verdict(QUESTIONS, [said("3.0", "q1:answer:0"), said("3.2", "q2:notice:0")], NAMES)
    assert found.lost == (("C1", "2.0"),)
    assert (found.visible, found.holds) == (1, False)


def test_the_same_part_twice_is_doubled() -> None:
    ours = [said("3.0", "q1:answer:0"), said("3.5", "q1:answer:0"), said("4.0", "q2:answer:0")]
    found = verdict(QUESTIONS, ours, NAMES)
    assert (found.doubled, found.holds) == (1, False)


def test_an_orphaned_stream_and_a_message_of_nothing_count_as_doubled() -> None:
    whole = [said("3.0", "q1:answer:0"), said("4.0", "q2:answer:0")]
    open_stream = said("3.5", "q1:answer:1", Streaming.IN_PROGRESS)
    assert verdict(QUESTIONS, [*whole, open_stream], NAMES).doubled == 1
    assert verdict(QUESTIONS, [*whole, said("5.0", "")], NAMES).doubled == 1
    assert verdict(QUESTIONS, [*whole, said("5.0", "q9:answer:0")], NAMES).doubled == 1


def test_a_thread_answered_in_another_order_is_told() -> None:
    ours = [said("4.0", "q1:answer:0"), said("3.0", "q2:answer:0")]
    found = verdict(QUESTIONS, ours, NAMES)
    assert (found.out_of_order, found.holds) == (1, False)
