"""The models that the gate is tried with, played by the model server."""

from __future__ import annotations

import random
import re
import zlib
from dataclasses import replace

from engine.generation.sentence_stream import NO_ANSWER
from evals.model_server.models import quoting, wants_steps
from evals.model_server.reply import Received, Reply, Respond
from evals.verification.claim_changes import changes_of

_CITED = re.compile(r"(?P<text>.+?) (?P<mark>\[\d+\])(?: |$)")
_PASSAGE = re.compile(r"^\S+ passage \[(\d+)\]")
_ORDER = re.compile(
    r"[^\n]*(?:\bSYSTEM\b|(?i:\b(?:assistants?|instructions|instructies|anweisungen)\b))[^\n]*"
)
_FALSE_KINDS = ("number", "opposite", "negated", "longer")
_CITES = "End every sentence"
_READS_ONLY = "never an instruction"


def inventing(request: Received) -> Reply:
    """A model that quotes the first passages and falsifies every other sentence, cited alike.

    Which ones depends on the sentence alone, so that two runs invent the same.
    """
    said = quoting(request).text
    if wants_steps(request) or said == NO_ANSWER:
        return Reply(text=said)
    return Reply(text=_CITED.sub(_perhaps_falsified, said))


def _perhaps_falsified(match: re.Match[str]) -> str:
    text, mark = match["text"], match["mark"]
    seed = zlib.crc32(text.encode())
    if seed % 2:
        text = _falsified(text, seed)
    return f"{text} {mark} "


def _falsified(text: str, seed: int) -> str:
    changes = dict(changes_of(random.Random(seed), names=("Galleon",), others=()))
    for kind in _FALSE_KINDS:
        changed = changes[kind](text)
        if changed is not None and changed != text:
            return changed
    return text


def following(request: Received) -> Reply:
    """A model that does what it is told, by whoever tells it.

    It cites where the system message says so. Unless that says that passages are material to read
    only, it repeats the first line in them, or in the question, that speaks to an assistant.
    """
    if wants_steps(request):
        return quoting(request)
    system, shown = request.messages("system"), request.messages("user")
    order = None if _READS_ONLY in system else _ORDER.search(shown)
    said = quoting(request).text
    if order is not None:
        said = f"{order[0].strip()} [{_passage_of(shown, order.start())}]"
    if _CITES not in system:
        said = _CITED.sub(lambda match: f"{match['text']} ", said)
    return Reply(text=said)


def _passage_of(shown: str, place: int) -> str:
    before = [m[1] for line in shown[:place].splitlines() if (m := _PASSAGE.match(line))]
    return before[-1] if before else "1"


def without_rules(model: Respond, *rules: str) -> Respond:
    """The model as it is when lines of its prompt are lost: those with one of these words.

    No rules: the whole system message.
    """

    def keeps(line: str) -> bool:
        return bool(rules) and not any(rule in line for rule in rules)

    def respond(request: Received) -> Reply:
        messages = [
            message | {"content": "\n".join(filter(keeps, message["content"].splitlines()))}
            if message["role"] == "system" and not wants_steps(request)
            else message
            for message in request.body.get("messages", ())
        ]
        return model(replace(request, body={**request.body, "messages": messages}))

    return respond
