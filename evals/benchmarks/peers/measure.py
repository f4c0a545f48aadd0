"""The engine's searches and each peer's, asked the same questions of the same passages.

Passages, vectors and questions are given; embedding is in nobody's time. The engine searches
within an audience, the peers search everything. MRR@10 is of documents: a list of at most 10
passages is read as the documents they belong to, each at its first place.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.benchmarks.mixed_corpus import fill_home
from evals.benchmarks.peers.environment import PeersUnavailable, peers_python
from evals.benchmarks.peers.exchange import Exchange, Found, parse_found, write_exchange
from evals.benchmarks.peers.own_search import OwnFound, search_again, search_with_engine
from evals.benchmarks.peers.searching import PEERS
from evals.benchmarks.real_documents import RealDocuments
from evals.benchmarks.timing import quantile, ratio
from evals.corpora import ROOT
from evals.home import open_home
from evals.metrics import mean, paired_bootstrap
from evals.suites.ranking import ranking_scores
from evals.terminal import say

K = 10
_AFTER = ("txtai", "llamaindex_hybrid")
"""The engine is timed once more after these."""

_SEARCH_LIMIT_S = 540.0
_SHOWN_CHARS = 300


async def measure_peers(
    root: Path, real: RealDocuments, *, size: int, seed: int, environment: Path
) -> dict[str, Any]:
    """Figures of both; `{"peers": None, "peers_reason": a sentence}` where none can be installed.

    A peer that fails has a `peers_<peer>_reason` and no figures.
    environment: where the peers are installed, kept for the next run.

    Raises: DeskhandError where the engine itself fails.
    """
    try:
        python = await peers_python(environment)
    except PeersUnavailable as error:
        return unavailable(str(error))
    async with open_home(root / "home") as engine:
        await fill_home(engine, real, size=size, seed=seed)
        own = await search_with_engine(engine, [case for case in real.cases if case.gains], k=K)
        folder = root / "exchange"
        await asyncio.to_thread(folder.mkdir)
        await asyncio.to_thread(write_exchange, own.exchange, folder)
        found: dict[str, Found] = {}
        reasons: dict[str, str] = {}
        for peer in PEERS:
            say(f"  {peer}")
            try:
                found[peer] = await run_peer(python, peer, folder, own.exchange)
            except PeersUnavailable as error:
                reasons[f"peers_{peer}_reason"] = str(error)
                say(f"  {peer} is left out: {error}")
            if peer in _AFTER:
                own = await search_again(engine, own)
    return {**compare(own, found, seed=seed), **reasons}


def unavailable(reason: str) -> dict[str, Any]:
    """What is said instead of figures; the rest of the bench goes on."""
    say(f"  the peers are left out: {reason}")
    return {"peers": None, "peers_reason": reason}


async def run_peer(python: Path, peer: str, folder: Path, exchange: Exchange) -> Found:
    """A peer's process over what was written into `folder`.

    Raises: PeersUnavailable when it fails, takes too long, or writes what is no answer.
    """
    process = await asyncio.create_subprocess_exec(
        *(str(python), "-m", "evals.benchmarks.peers.searching", peer, str(folder)),
        cwd=ROOT,
        env=_offline(folder),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_SEARCH_LIMIT_S):
            _, said = await process.communicate()
    except TimeoutError:
        raise PeersUnavailable(
            f"{peer} took more than {_SEARCH_LIMIT_S:.0f} s; use a smaller --size."
        ) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        lines = said.decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "nothing was said")
        raise PeersUnavailable(
            f"{peer} failed ({last[:_SHOWN_CHARS]}); remove {python.parents[1]} to install anew."
        )
    try:
        text = await asyncio.to_thread((folder / f"{peer}.json").read_text, encoding="utf-8")
        return parse_found(json.loads(text), exchange)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PeersUnavailable(f"{peer} wrote no answer ({error}).") from error


def _offline(folder: Path) -> dict[str, str]:
    """The environment without settings and keys; a peer needs neither, and no model hub."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    hubs = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    return {**kept, **hubs, "HOME": str(folder), "PYTHONPATH": str(ROOT)}


def compare(own: OwnFound, found: Mapping[str, Found], *, seed: int) -> dict[str, Any]:
    """Times, MRR@10, and how the engine's two searches compare with each peer.

    A ratio below 1 says that the engine is faster, a difference above 0 that it ranks better; its
    interval is the 95% one of `evals.metrics.paired_bootstrap`.
    """
    ours = {"index": own.index, "retrieval": own.retrieval}
    figures: dict[str, Any] = {
        "peers": list(found) or None,
        "peers_passages": len(own.exchange.passages),
        "peers_questions": len(own.gold),
    }
    ranks = {name: reciprocal_ranks(search.ranked, own.gold) for name, search in ours.items()}
    for name, search in ours.items():
        figures |= _of_search(name, search.ms, ranks[name])
    for peer, result in found.items():
        documents = [documents_of(row, own.document_names) for row in result.ranked]
        theirs = reciprocal_ranks(documents, own.gold)
        figures |= {
            f"peers_{peer}_version": result.version,
            f"peers_{peer}_index_s": round(result.index_s, 1),
            **_of_search(f"peers_{peer}", result.ms, theirs),
        }
        for name, search in ours.items():
            over = ratio(quantile(search.ms, 50), quantile(result.ms, 50))
            figures[f"{name}_over_{peer}_ratio"] = over
            better = paired_bootstrap(ranks[name], theirs, seed=seed)
            if better is not None:
                key = f"{name}_mrr_minus_{peer}"
                figures[key] = round(better.mean, 4)
                figures[f"{key}_interval"] = [round(better.low, 4), round(better.high, 4)]
    return figures


def _of_search(name: str, ms: Sequence[float], ranks: Sequence[float]) -> dict[str, Any]:
    return {
        f"{name}_p50_ms": quantile(ms, 50),
        f"{name}_p95_ms": quantile(ms, 95),
        f"{name}_mrr_at_10": round(mean(ranks) or 0.0, 4),
    }


def documents_of(passages: Sequence[int], names: Sequence[str]) -> list[str]:
    """The documents of ranked passages, each at the place of its best one.

    names: the document of each passage.
    """
    return list(dict.fromkeys(names[position] for position in passages))


def reciprocal_ranks(
    ranked: Sequence[Sequence[str]], gold: Sequence[Collection[str]]
) -> list[float]:
    """The reciprocal rank of each question among the first K documents; their mean is MRR@10."""
    return [
        ranking_scores(row, dict.fromkeys(right, 1.0)).get("mrr_at_10", 0.0)
        for row, right in zip(ranked, gold, strict=True)
    ]
