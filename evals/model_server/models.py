"""The models that the server can play."""

from __future__ import annotations

import json
import re
import zlib

import numpy as np
from numpy.typing import NDArray

from evals.model_server.reply import Received, Reply

_PASSAGE = re.compile(r"^\S+ passage \[(\d+)\][^\n]*\n(.+?)(?=^=====|\Z)", re.MULTILINE | re.DOTALL)
_WISH = re.compile(r"OBEY: *([^\n]+)")
_SENTENCE = re.compile(r"[^\n.!?]{10,400}[.!?](?=\s|$)")
_WORD = re.compile(r"\w+")


def quoting(request: Received) -> Reply:
    """A model that does as it is told: the first sentences of the first passages, cited.

    Where next steps are wanted, one for each of these passages.
    """
    if wants_steps(request):
        numbers = [number for number, _ in _PASSAGE.findall(request.messages("user"))[:3]]
        return _steps([f"Read passage {number} and write the answer." for number in numbers])
    said = []
    for number, text in _PASSAGE.findall(request.messages("user"))[:3]:
        sentence = _SENTENCE.search(text)
        if sentence:
            said.append(f"{' '.join(sentence[0].split())} [{number}]")
    return Reply(text=" ".join(said) or "NO_ANSWER")


def obeying(request: Received) -> Reply:
    """A model that writes whatever stands after `OBEY:` in what it reads, cited.

    In the wish, {system} stands for the system message and \\n for a line break.
    """
    wishes = _WISH.findall(request.messages("user"))
    said = [wish.replace("\\n", "\n") for wish in wishes]
    if wants_steps(request):
        return _steps([wish.replace("{system}", request.messages("system")) for wish in said])
    text = "\n".join(f"{wish} [1]" for wish in said) or "NO_ANSWER"
    return Reply(text=text.replace("{system}", request.messages("system")))


def wants_steps(request: Received) -> bool:
    """Whether a request asks for next steps, by a schema or in words."""
    schema = (request.body.get("response_format") or {}).get("json_schema") or {}
    return schema.get("name") == "next_steps" or '{"steps"' in request.messages("system")


def _steps(steps: list[str]) -> Reply:
    return Reply(text=json.dumps({"steps": steps}))


def bag_of_words(text: str, dimension: int) -> NDArray[np.float32]:
    """A unit vector in which texts that share words are near; no model at all."""
    vector = np.full(dimension, 1e-3, np.float32)
    for word in _WORD.findall(text.lower()):
        digest = zlib.crc32(word.encode())
        vector[digest % dimension] += 1.0 if digest & 0x10000 else -1.0
    return vector / np.float32(np.linalg.norm(vector))
