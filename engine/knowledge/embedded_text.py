"""The texts that stand for a passage and its sentences before the embedder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from engine.knowledge.document import Passage, Sentence, SentenceKind

EMBEDDED_TEXT_VERSION = "1"
"""Changes when the same passage would be embedded from other texts."""


def passage_text(title: str, passage: Passage) -> str:
    """What the passage's vector is made of: its title and headings, then its text."""
    heading = heading_text(title, passage.heading_path)
    return f"{heading}\n{passage.text}" if heading else passage.text


def heading_text(title: str, heading_path: Sequence[str]) -> str:
    """Title and headings in one line; empty where there are none."""
    parts = (
        [title, *heading_path] if title and title not in heading_path[:1] else list(heading_path)
    )
    return " > ".join(part for part in parts if part)


def sentence_text(passage: Passage, sentence: Sentence) -> str:
    """What a sentence's vector is made of; a table row carries its column names."""
    text = passage.text[sentence.start : sentence.end]
    if sentence.kind is SentenceKind.ROW and sentence.header:
        return row_text(text, sentence.header)
    return text


def row_text(row: str, header: str) -> str:
    """A table row as "Column: value; Column: value", empty cells left out."""
    names = [name.strip() for name in header.split(" | ")]
    cells = split_row(row)
    pairs = []
    for position, cell in enumerate(cells):
        name = names[position] if position < len(names) else ""
        if cell:
            pairs.append(f"{name}: {cell}" if name and name != cell else cell)
    return "; ".join(pairs)


def split_row(row: str) -> list[str]:
    """The cells of a Markdown table row; a pipe written as a backslash and a pipe is no border."""
    inner = row.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    cells = inner.replace("\\|", "\0").split("|")
    return [cell.replace("\0", "|").strip() for cell in cells]


def embedded_hash(embedder: str, texts: Sequence[str]) -> str:
    """Sha256 of the embedder and the texts it reads for one passage."""
    digest = hashlib.sha256(f"{embedder}\0{EMBEDDED_TEXT_VERSION}".encode())
    for text in texts:
        digest.update(b"\0" + text.encode(errors="replace"))
    return digest.hexdigest()
