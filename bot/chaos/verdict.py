"""What the people of a workspace saw of their questions, by the messages that stand there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.workspace.messages import Message, Streaming


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """asked: questions. visible: those with an answer. doubled: answers that stand twice, streams
    that nobody ended, and messages that belong to nothing. out_of_order: threads in which a later
    question was answered first. strays: where what is doubled stands, and as what."""

    asked: int
    visible: int
    lost: tuple[tuple[str, str], ...]
    doubled: int
    out_of_order: int
    notices: int
    strays: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether every question has exactly one visible outcome, in order."""
        return self.visible == self.asked and not (self.lost or self.doubled or self.out_of_order)


def verdict(
    questions: Sequence[Message], ours: Iterable[Message], names: Mapping[str, str]
) -> Verdict:
    """Compares what was asked with what stands there.

    ours: every message of the bot where questions were asked. A message's key in its metadata says
    which question it is about, what it is, and which part of it: `ID:KIND:PART`.
    names: by that id, the question as `CHANNEL:TS`.
    """
    first: dict[str, Message] = {}
    notices, strays = 0, []
    said: set[tuple[str, int]] = set()
    for message in ours:
        key = str((message.metadata or {}).get("event_payload", {}).get("key", ""))
        question_id, _, rest = key.partition(":")
        kind, _, part = rest.partition(":")
        question = names.get(question_id, "")
        if message.streaming is Streaming.IN_PROGRESS or not question:
            strays.append(f"{message.channel} {message.ts} {key or 'without a key'}")
        elif kind == "answer":
            if (question, int(part)) in said:
                strays.append(f"{message.channel} {message.ts} {key}")
            said.add((question, int(part)))
            first.setdefault(question, message)
        else:
            notices += 1
    asked = {f"{q.channel}:{q.ts}": q for q in questions}
    lost = tuple((q.channel, q.ts) for key, q in asked.items() if key not in first)
    doubled = len(strays) + sum(1 for key in first if key not in asked)
    return Verdict(
        asked=len(asked),
        visible=len(asked) - len(lost),
        lost=lost,
        doubled=doubled,
        out_of_order=_out_of_order(asked, first),
        notices=notices,
        strays=tuple(strays),
    )


def _out_of_order(asked: dict[str, Message], first: dict[str, Message]) -> int:
    """Threads whose answers do not stand in the order of their questions."""
    threads: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for key, question in asked.items():
        if key in first:
            root = (question.channel, question.thread_ts or question.ts)
            threads.setdefault(root, []).append((question.ts, first[key].ts))
    count = 0
    for pairs in threads.values():
        answers = [answer for _, answer in sorted(pairs)]
        count += answers != sorted(answers)
    return count
