"""Builds the starter model from `seed.jsonl`: `python -m engine.triage.starter.build`.

Writes `model.skops` and `card.json` beside this file, and prints the card's figures.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from pathlib import Path

from engine.adapters.minilm.embedder import MiniLmEmbedder
from engine.clock import now
from engine.triage.card import train
from engine.triage.examples import check_enough, read_examples

HERE = Path(__file__).parent


async def build(folder: Path) -> None:
    """Trains on the seed examples and writes the model and its card into a folder."""
    examples = read_examples(HERE / "seed.jsonl")
    check_enough(examples, "seed.jsonl")
    embedder = MiniLmEmbedder(threads=2)
    vectors = await embedder.embed_many([example.text for example in examples.examples])
    await embedder.aclose()
    # The seed has more examples out of scope than a help desk gets questions of that kind.
    trained = await asyncio.to_thread(
        train,
        examples,
        vectors,
        embedder=(embedder.name, embedder.version),
        made_at=now(),
        seed=7,
        out_of_scope_share=0.1,
    )
    card = trained.card | {"sha256": hashlib.sha256(trained.body).hexdigest()}
    (folder / "model.skops").write_bytes(trained.body)
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    held_out = card["held_out"]
    sys.stdout.write(
        f"accuracy {held_out['category']['accuracy']}, ECE {held_out['category']['ece']}, out of "
        f"scope AUROC {held_out['out_of_scope_auroc']}, {len(trained.body):,} bytes\n"
    )


if __name__ == "__main__":
    asyncio.run(build(HERE))
