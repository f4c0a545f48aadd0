import itertools
import random
import re
import time
from collections.abc import Sequence

import pytest

from engine.knowledge.chunk import chunk_document
from engine.knowledge.document import Page, ParsedDocument, Passage, SentenceKind


def count_tokens(texts: Sequence[str]) -> list[int]:
    return [len(re.findall(r"\w+|[^\w\s]", text)) for text in texts]


def chunk(*pages: str, title: str = "", target: int = 60, numbered: bool = False) -> list[Passage]:
    parsed = ParsedDocument(
        title=title,
        pages=tuple(
            Page(markdown=text, number=number if numbered else None)
            for number, text in enumerate(pages, 1)
        ),
    )
    return chunk_document(parsed, count_tokens=count_tokens, target_tokens=target)


def sentences(passage: Passage) -> list[str]:
    return [passage.text[s.start : s.end] for s in passage.sentences]


def check(passages: Sequence[Passage]) -> None:
    """What holds for the passages of every document."""
    for ordinal, passage in enumerate(passages):
        assert passage.ordinal == ordinal
        assert passage.sentences
        assert passage.tokens == count_tokens([passage.text])[0]
        assert passage.page == passage.sentences[0].page
        end = 0
        for sentence in passage.sentences:
            assert end <= sentence.start < sentence.end <= len(passage.text)
            words = passage.text[sentence.start : sentence.end]
            assert words == words.strip()
            assert len(words) <= 1200
            end = sentence.end


def sentence(words: int, start: int = 0) -> str:
    return "Word " + " ".join(f"w{start + n}" for n in range(words - 2)) + " end."


def test_a_short_document_is_one_passage_of_whole_sentences() -> None:
    (passage,) = chunk("# Leave\n\nYou have 30 days. Ask your lead.\n", title="Leave")
    check([passage])
    assert passage.heading_path == ()
    assert sentences(passage) == ["You have 30 days.", "Ask your lead."]


def test_sections_are_kept_apart_and_know_their_headings() -> None:
    text = f"# T\n\n## A\n\n{sentence(40)}\n\n### B\n\n{sentence(40)}\n\n## C\n\n{sentence(40)}\n"
    passages = chunk(text, title="T")
    check(passages)
    assert [p.heading_path for p in passages] == [("A",), ("A", "B"), ("C",)]


def test_a_first_heading_other_than_the_title_is_part_of_the_path() -> None:
    (passage,) = chunk("# Long name\n\nText is here.\n", title="Short")
    assert passage.heading_path == ("Long name",)


def test_very_small_neighbours_share_a_passage_with_their_headings_as_lines() -> None:
    (passage,) = chunk("## FAQ\n\n### One?\n\nYes.\n\n### Two?\n\nNo.\n", target=200)
    check([passage])
    assert passage.heading_path == ("FAQ",)
    assert passage.text == "### One?\n\nYes.\n\n### Two?\n\nNo."
    assert [s.kind for s in passage.sentences][::2] == [SentenceKind.HEADING] * 2


def test_a_large_section_is_cut_between_sentences_and_repeats_one() -> None:
    said = [sentence(20, n * 100) for n in range(12)]
    passages = chunk("## A\n\n" + " ".join(said), target=100)
    check(passages)
    assert all(p.tokens <= 100 for p in passages)
    assert len(passages) >= 3
    for before, after in itertools.pairwise(passages):
        assert sentences(after)[0] == sentences(before)[-1]
        assert after.heading_path == ("A",)


def test_a_table_stays_whole_up_to_twice_the_target() -> None:
    rows = "".join(f"| key{n} | value{n} |\n" for n in range(15))
    passages = chunk(f"Intro text.\n\n| K | V |\n|---|---|\n{rows}\nAfter it.\n")
    check(passages)
    holding = [p for p in passages if any(s.kind is SentenceKind.ROW for s in p.sentences)]
    assert len(holding) == 1


def test_a_larger_table_is_cut_between_rows_and_every_part_has_the_header() -> None:
    rows = "".join(f"| key{n} | value{n} and more words |\n" for n in range(60))
    passages = chunk(f"| K | V |\n|---|---|\n{rows}")
    check(passages)
    assert len(passages) > 3
    found = []
    for passage in passages:
        assert passage.text.startswith("| K | V |\n| --- | --- |\n| key")
        assert passage.tokens <= 140
        for row in passage.sentences:
            assert row.header == "K | V"
            found.append(passage.text[row.start : row.end])
    assert found == [f"key{n} | value{n} and more words" for n in range(60)]


def test_empty_cells_keep_the_others_under_their_columns() -> None:
    (passage,) = chunk("| A | B | C |\n|---|---|---|\n|  | 2 |  |\n")
    assert sentences(passage) == ["- | 2 | -"]


def test_steps_stay_in_order_and_with_the_sentence_that_leads_into_them() -> None:
    steps = "".join(f"{n}. Step number {n} does a thing.\n" for n in range(1, 6))
    text = f"{sentence(50)}\n\nTo reset it, follow these steps:\n\n{steps}"
    passages = chunk(text)
    check(passages)
    last = passages[-1]
    assert sentences(last)[0] == "To reset it, follow these steps:"
    assert [s.kind for s in last.sentences[1:]] == [SentenceKind.STEP] * 5
    assert "1. Step number 1 does a thing.\n2. Step" in last.text


def test_a_long_list_is_cut_between_steps_and_its_lead_is_said_again() -> None:
    steps = "".join(
        f"{n}. Step {n} is to do a thing and then another thing.\n" for n in range(1, 31)
    )
    passages = chunk(f"Do this:\n\n{steps}")
    check(passages)
    assert len(passages) > 3
    assert all(sentences(p)[0] == "Do this:" for p in passages)
    order = [int(w.split()[1]) for p in passages for w in sentences(p) if w.startswith("Step")]
    assert order == list(range(1, 31))


def test_an_item_with_a_long_list_below_it_is_cut_too() -> None:
    inner = "".join(f"  - inner item {n} with some words\n" for n in range(60))
    passages = chunk(f"- Remove these:\n{inner}- Last one.\n")
    check(passages)
    assert max(p.tokens for p in passages) <= 90


def test_code_is_one_span_between_fences() -> None:
    (passage,) = chunk("Run this:\n\n```sh\nls -l\ncd /tmp\n```\n")
    assert passage.text == "Run this:\n\n```\nls -l\ncd /tmp\n```"
    assert sentences(passage) == ["Run this:", "ls -l\ncd /tmp"]


def test_long_code_is_cut_between_lines() -> None:
    code = "\n".join(f"call_number({n})  # and a comment" for n in range(200))
    passages = chunk(f"```\n{code}\n```\n", target=100)
    check(passages)
    assert "\n".join(w for p in passages for w in sentences(p)) == code


def test_pages_stand_with_sentences_and_full_passages_do_not_run_over() -> None:
    passages = chunk(sentence(40), sentence(40), "It ends here. Now.", numbered=True)
    check(passages)
    assert [p.page for p in passages] == [1, 2, 3]
    (joined,) = chunk("Short one that goes", "on here. Another one.", numbered=True)
    assert [s.page for s in joined.sentences] == [1, 2]


def test_a_document_without_words_has_no_passages() -> None:
    assert chunk("") == []
    assert chunk("<!-- nothing -->\n\n![](x.png)") == []


def test_a_line_of_a_megabyte_is_cut_into_bounded_passages() -> None:
    passages = chunk("lorem " * 100_000, target=256)
    check(passages)
    assert max(p.tokens for p in passages) <= 300


def test_no_passage_is_far_above_the_target_and_no_word_is_lost() -> None:
    source = random.Random(3)
    for _ in range(60):
        parts, words = [], set()
        for _ in range(source.randrange(1, 25)):
            made = [f"q{source.randrange(10**6)}" for _ in range(source.randrange(1, 70))]
            words.update(made)
            parts.append(_made(source.randrange(8), made))
        passages = chunk("\n\n".join(parts))
        check(passages)
        assert max((p.tokens for p in passages), default=0) <= 2 * 60 + 20
        shown = set(re.findall(r"q\d+", " ".join(f"{p.text} {p.heading_path} " for p in passages)))
        assert words == shown


def _made(kind: int, words: list[str]) -> str:
    """A block of Markdown of one of eight kinds with the given words."""
    if kind == 0:
        return f"{'#' * (1 + len(words) % 4)} {' '.join(words[:6])}\n\n{' '.join(words)}."
    if kind == 1:
        return "\n".join(f"- {word} x." for word in words)
    if kind == 2:
        return "Steps:\n\n" + "\n".join(f"{n}. {word}" for n, word in enumerate(words, 1))
    if kind == 3:
        return "| A | B |\n|---|---|\n" + "\n".join(f"| {word} | y |" for word in words)
    if kind == 4:
        return "```\n" + "\n".join(words) + "\n```"
    if kind == 5:
        return "> " + ". ".join(words)
    return ". ".join(words) + "."


@pytest.mark.slow
def test_five_megabytes_take_seconds() -> None:
    text = "\n\n".join(f"## Part {n}\n\n{sentence(60, n)} {sentence(30, n)}" for n in range(7000))
    began = time.process_time()
    passages = chunk(text, target=256)
    assert len(text) > 2_500_000
    assert passages
    assert time.process_time() - began < 20
