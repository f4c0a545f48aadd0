"""Makes the shipped word list: `python -m engine.verification.lexicon.build WORDNET_FOLDER`.

WORDNET_FOLDER holds WordNet 3.0's `index.*`, `data.*`, `*.exc` and `cntlist.rev`, such as
`/usr/share/wordnet` after `apt-get install wordnet-base`. Leaves `words.tsv` and `CHECKSUMS` in
this folder. A line is: stem, rank, own concepts, broader concepts, stems of opposites.

Rank: the place of the most frequent form in the embedder's vocabulary, whose whole words stand in
the order of their frequency in a large corpus; empty where no form is one. Concepts are numbers of
WordNet's synsets, of the usual senses only: a word's rare senses would make everything the same
as everything.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from engine.verification.lexicon.stem import stem_of

FOLDER = Path(__file__).parent
TOKENIZER = FOLDER.parents[1] / "adapters" / "minilm" / "tokenizer.json"
PARTS = ("noun", "verb", "adj", "adv")
SENSES = 3
LEAST_SHARE = 0.1
"""A sense counts when it was seen at least this often for each time the first one was."""

Synset = tuple[str, str]  # part of speech, offset


def read_ranks(path: Path) -> dict[str, int]:
    """Stem -> rank of its most frequent whole word."""
    ranks: dict[str, int] = {}
    vocabulary: dict[str, int] = json.loads(path.read_text())["model"]["vocab"]
    for word, number in sorted(vocabulary.items(), key=lambda item: item[1]):
        if word.isalpha() and word.isascii() and len(word) > 1:
            ranks.setdefault(stem_of(word), number)
    return ranks


def lines(path: Path) -> Iterator[str]:
    """The lines of a WordNet file without its licence header."""
    with path.open(encoding="utf-8") as file:
        yield from (line for line in file if not line.startswith("  "))


def read_counts(folder: Path) -> dict[tuple[str, str, int], int]:
    """(lemma, part, sense number) -> how often it was seen."""
    part_of = {"1": "noun", "2": "verb", "3": "adj", "4": "adv", "5": "adj"}
    counts = {}
    for line in (folder / "cntlist.rev").read_text().splitlines():
        key, number, count = line.split()
        lemma, rest = key.split("%")
        counts[(lemma, part_of[rest[0]], int(number))] = int(count)
    return counts


def usual_senses(folder: Path, counts: dict[tuple[str, str, int], int]) -> dict[str, list[Synset]]:
    """Lemma -> synsets of its usual senses over all parts of speech."""
    senses: dict[str, list[Synset]] = defaultdict(list)
    for part in PARTS:
        for line in lines(folder / f"index.{part}"):
            fields = line.split()
            lemma, offsets = fields[0], fields[-int(fields[2]) :]
            first = counts.get((lemma, part, 1), 0)
            for number, offset in enumerate(offsets[:SENSES], start=1):
                if number > 1 and counts.get((lemma, part, number), 0) < LEAST_SHARE * first:
                    break
                senses[lemma].append((part, offset))
    return senses


def main() -> int:
    """Runs the command line; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m engine.verification.lexicon.build")
    parser.add_argument("wordnet", type=Path, metavar="WORDNET_FOLDER")
    folder = parser.parse_args().wordnet
    ranks, counts = read_ranks(TOKENIZER), read_counts(folder)
    senses = usual_senses(folder, counts)
    part_of = {"n": "noun", "v": "verb", "a": "adj", "s": "adj", "r": "adv"}
    broader: dict[Synset, set[Synset]] = defaultdict(set)
    derived: dict[tuple[str, Synset], set[Synset]] = defaultdict(set)
    opposite: dict[str, set[str]] = defaultdict(set)
    lemmas: dict[Synset, list[str]] = {}
    proper: set[tuple[str, Synset]] = set()  # "Victoria" is a name, not a word
    pointers: list[tuple[Synset, str, Synset, int, int]] = []
    for part in PARTS:
        for line in lines(folder / f"data.{part}"):
            fields = line.split("|")[0].split()
            synset = (part, fields[0])
            size = int(fields[3], 16)
            forms = [fields[4 + 2 * i].split("(")[0] for i in range(size)]
            lemmas[synset] = [form.lower() for form in forms]
            proper |= {(form.lower(), synset) for form in forms if form[:1].isupper()}
            at = 4 + 2 * size
            for i in range(int(fields[at])):
                symbol, offset, kind, ends = fields[at + 1 + 4 * i : at + 5 + 4 * i]
                target = (part_of[kind], offset)
                pointers.append((synset, symbol, target, int(ends[:2], 16), int(ends[2:], 16)))
    for synset, symbol, target, source_word, target_word in pointers:
        if symbol in ("@", "&"):
            broader[synset].add(target)
        elif symbol in ("+", "\\") and source_word:
            derived[(lemmas[synset][source_word - 1], synset)].add(target)
        elif symbol == "!" and source_word:
            here, there = lemmas[synset][source_word - 1], lemmas[target][target_word - 1]
            if synset in senses.get(here, ()) and target in senses.get(there, ()):
                opposite[stem_of(here)].add(stem_of(there))
    own: dict[str, set[Synset]] = defaultdict(set)
    above: dict[str, set[Synset]] = defaultdict(set)
    for lemma, synsets in senses.items():
        if not lemma.isalpha() or not lemma.isascii():
            continue
        stem = stem_of(lemma)
        if stem not in ranks and not any((lemma, part, 1) in counts for part in PARTS):
            continue
        for synset in synsets:
            if (lemma, synset) in proper:
                continue
            own[stem].add(synset)
            own[stem] |= derived[(lemma, synset)]
            parents = set(broader[synset])
            if synset[0] == "noun":
                parents |= {up for parent in broader[synset] for up in broader[parent]}
            above[stem] |= parents
    numbers: dict[Synset, int] = {}
    shared: dict[Synset, int] = defaultdict(int)
    for concepts in (*own.values(), *above.values()):
        for synset in concepts:
            shared[synset] += 1

    def render(concepts: set[Synset]) -> str:
        kept = sorted(synset for synset in concepts if shared[synset] > 1)
        return " ".join(format(numbers.setdefault(synset, len(numbers)), "x") for synset in kept)

    rows = []
    for stem in sorted({*ranks, *own}):
        opposites = sorted(opposite[stem] - {stem})
        rank = str(ranks[stem]) if stem in ranks else ""
        cells = (stem, rank, render(own[stem]), render(above[stem] - own[stem]))
        rows.append("\t".join((*cells, " ".join(opposites))))
    data = ("\n".join(rows) + "\n").encode()
    (FOLDER / "words.tsv").write_bytes(data)
    (FOLDER / "CHECKSUMS").write_text(f"{hashlib.sha256(data).hexdigest()}  words.tsv\n")
    sys.stderr.write(f"{len(rows):,} stems, {len(data):,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
