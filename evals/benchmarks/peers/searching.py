"""A peer's process: builds its index, asks every question, writes what it found.

    $ python -m evals.benchmarks.peers.searching PEER FOLDER

Runs in the peers' environment, which has nothing of the engine's. What a peer prints goes to
standard error, so that nothing it says is taken for a figure.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evals.benchmarks.peers.exchange import Exchange, Found, read_exchange, write_found

PEERS = ("txtai", "txtai_ids", "llamaindex", "llamaindex_hybrid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A peer ready to be asked. find: from a question's position to those of passages, best first.

    version: of its package.
    """

    version: str
    find: Callable[[int], list[int]]


def open_peer(name: str, exchange: Exchange) -> Search:
    """The peer's index over the given passages, each configured as its documentation does.

    Raises: ImportError where its packages are missing; ValueError for an unknown name.
    """
    if name in ("txtai", "txtai_ids"):
        from evals.benchmarks.peers.txtai_search import open_txtai

        return open_txtai(exchange, content=name == "txtai")
    if name in ("llamaindex", "llamaindex_hybrid"):
        from evals.benchmarks.peers.llamaindex_search import open_llamaindex

        return open_llamaindex(exchange, hybrid=name == "llamaindex_hybrid")
    raise ValueError(f"{name} is no peer; there are {', '.join(PEERS)}")


def ask_all(name: str, exchange: Exchange) -> Found:
    """Every question once; the first `warm_up` are not timed."""
    started = time.perf_counter()
    search = open_peer(name, exchange)
    index_s = time.perf_counter() - started
    for position in range(exchange.warm_up):
        search.find(position)
    ms, ranked = [], []
    for position in range(exchange.warm_up, len(exchange.questions)):
        started = time.perf_counter()
        found = search.find(position)
        ms.append((time.perf_counter() - started) * 1000)
        ranked.append(tuple(found))
    return Found(version=search.version, index_s=index_s, ms=tuple(ms), ranked=tuple(ranked))


def main() -> None:
    """The process."""
    parser = argparse.ArgumentParser(prog="python -m evals.benchmarks.peers.searching")
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    with contextlib.redirect_stdout(sys.stderr):
        found = ask_all(args.peer, read_exchange(args.folder))
    write_found(found, args.folder / f"{args.peer}.json")


if __name__ == "__main__":
    main()
