"""The measured costs of one passage, one question and one vector, stored beside this file."""

from __future__ import annotations

from pathlib import Path

import msgspec

PATH = Path(__file__).with_name("unit_costs.json")


class Costs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Units.

    passage_bytes, question_bytes: of PostgreSQL, indexes included. vector_bytes: on a Qdrant
    server's disk, by quantisation, graph included. quantised_bytes: of them what stays in memory
    where vectors are on disk. sparse_bytes: terms and filters of a passage. cpu_s: of the bot for a
    question, answers included. replica_mib: resident. prompt_tokens, completion_tokens: of a
    question that a model writes. source: how each was measured.
    """

    passage_bytes: float
    question_bytes: float
    vector_bytes: dict[str, float]
    quantised_bytes: dict[str, float]
    sparse_bytes: float
    cpu_s: float
    replica_mib: float
    prompt_tokens: float
    completion_tokens: float
    source: dict[str, str]


def stored_costs() -> Costs:
    """Those that are shipped."""
    return msgspec.json.decode(PATH.read_bytes(), type=Costs)
