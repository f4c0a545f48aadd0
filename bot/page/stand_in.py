"""A model that is none: what plays one in the demo while a model's faults are shown.

It speaks the API of chat models on a real socket, and writes the sentences of the passages that
share the most words with the question. So the bot does all that it does with a real model: it
streams, checks each sentence, and falls back to quoting where the model fails.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from engine.knowledge.sentences import split_sentences
from engine.retrieval.lexical import words
from evals.model_server.models import wants_steps
from evals.model_server.reply import Fault, Received, Reply

NAME = "stand-in"
_PART = re.compile(r"^=====\S+ (passage \[(\d+)\][^\n]*|question)\n(.+?)(?=^=====|\Z)", re.M | re.S)
_MARKUP = re.compile(r"^\s*(?:#+ .*|[-*]\s+|\d+\.\s+|>\s+|\|.*)", re.MULTILINE)
_NUMBER = re.compile(r"\d+")
_MOST = 4
_STOP_WORDS = frozenset(
    "a an and are at be by can do does for from how i if in is it me my of on or the to was we "
    "what when where which who why will with you your".split()
)


class Manner(StrEnum):
    """How the stand-in behaves."""

    PLAIN = "plain"
    SLOW = "slow"
    DOWN = "down"
    INVENTING = "inventing"


@dataclass(frozen=True, slots=True)
class _Candidate:
    text: str
    passage: str
    at: int
    score: float


def stand_in(manners: Callable[[], frozenset[Manner]]) -> Callable[[Received], Reply]:
    """The model; `manners` is asked at each request."""

    def respond(received: Received) -> Reply:
        now = manners()
        if Manner.DOWN in now:
            return Reply(fault=Fault.SERVER_ERROR)
        if wants_steps(received):
            return Reply(text='{"steps": []}')
        reply = Reply(text=written(received.messages("user"), inventing=Manner.INVENTING in now))
        if Manner.SLOW in now:
            pieces = re.findall(r"\S+\s*", reply.text)
            reply = replace(reply, pieces=pieces, first_s=1.5, piece_s=0.15)
        return reply

    return respond


def written(prompt: str, *, inventing: bool) -> str:
    """The answer to what the engine asks a model. inventing: with a sentence no passage says."""
    question, passages = "", []
    for head, number, text in _PART.findall(prompt):
        if head == "question":
            question = text
        else:
            passages.append((number, text))
    wanted = set(words(question)) - _STOP_WORDS
    chosen = _chosen(wanted, passages)
    if not chosen:
        return "NO_ANSWER"
    said = [f"{one.text} [{one.passage}]" for one in chosen]
    if inventing:
        said.insert(1, f"{_invented(chosen[0].text)} [{chosen[0].passage}]")
    return " ".join(said)


def _chosen(wanted: set[str], passages: list[tuple[str, str]]) -> list[_Candidate]:
    """The sentences that fit best, those of one passage in its order."""
    sentences = [
        (number, at, sentence)
        for number, text in passages
        for at, sentence in enumerate(_sentences(text))
    ]
    held = Counter(word for _, _, s in sentences for word in set(words(s)) & wanted)
    found = []
    for number, at, sentence in sentences:
        shared = set(words(sentence)) & wanted
        rare = sum(math.log(1 + len(sentences) / held[word]) for word in shared)
        if rare:
            score = rare / (1 + int(number) / 4)  # passages come best first
            found.append(_Candidate(sentence, number, at, score))
    found.sort(key=lambda one: -one.score)
    best = [one for one in found[:_MOST] if one.score >= found[0].score / 2]
    return sorted(best, key=lambda one: (best[0].passage != one.passage, one.passage, one.at))


def _sentences(text: str) -> list[str]:
    plain = _MARKUP.sub("", text)
    cut = (" ".join(plain[start:end].split()) for start, end in split_sentences(plain))
    return [s for s in cut if 30 <= len(s) <= 400 and s[-1] in ".!?"]


def _invented(sentence: str) -> str:
    """The sentence with other figures, or turned around where it has none: nobody says so."""
    if _NUMBER.search(sentence):
        return _NUMBER.sub(lambda found: str(int(found[0]) + 7), sentence)
    return f"It is not true that {sentence[:1].lower()}{sentence[1:]}"
