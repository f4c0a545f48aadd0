"""Columns of the answers suite: what an answer states, cites, and leaves out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from engine.knowledge.sentences import split_sentences
from engine.retrieval.query import query_texts
from engine.trace import Outcome
from evals.case import Case
from evals.judging.judge import LEAST_PROBABILITY, Claim, Criterion, Judge
from evals.suites.answer_text import (
    Answer,
    Statement,
    cited_documents,
    found_strings,
    is_answered,
    plain_text,
    statements,
    without_citations,
)
from evals.suites.cited_evidence import cited_evidence


def stated_columns(case: Case, answer: Answer) -> dict[str, float]:
    """What can be said without a judge.

    facts_found: share of `must_contain` in the draft. all_facts: whether it is 1.
    answer_cites_gold, draft_cites_gold: whether a gold document is cited, of answers given and of
    answerable questions. gold_pages_cited: share of the gold pages that are cited;
    gold_page_cited: whether one is.
    gold_span_precision: share of cited spans that are gold sentences; gold_span_recall: share of
    gold sentences that are cited; of answers given. citations: of an answer given.
    """
    draft, found = str(answer.get("draft_reply") or ""), dict[str, float]()
    given, cites = is_answered(answer), _cites_gold(case, answer)
    if case.must_contain:
        share = len(found_strings(case.must_contain, draft)) / len(case.must_contain)
        found |= {"facts_found": share, "all_facts": float(share == 1.0)}
    if case.gains and given:
        found["answer_cites_gold"] = cites
    if case.gains and case.answerable:
        found["draft_cites_gold"] = cites
    if case.pages:
        cited = {(c["document_name"], c["page"]) for c in answer.get("citations") or ()}
        found["gold_pages_cited"] = len(case.pages & cited) / len(case.pages)
        found["gold_page_cited"] = float(bool(case.pages & cited))
    if case.sentences and given:
        found |= _gold_spans(case.sentences, answer)
    if given:
        found["citations"] = float(len(answer.get("citations") or ()))
        found["cited_statements"] = float(sum(bool(s.marks) for s in statements(draft)))
    return found


def _cites_gold(case: Case, answer: Answer) -> float:
    return float(any(name in case.gains for name in cited_documents(answer)))


def _gold_spans(sentences: Sequence[str], answer: Answer) -> dict[str, float]:
    gold = [plain_text(sentence) for sentence in sentences]
    cited = [plain_text(c["snippet"]) for c in answer.get("citations") or ()]
    right = sum(any(c in g or g in c for g in gold) for c in cited)
    met = sum(any(c in g or g in c for c in cited) for g in gold)
    return {
        "gold_span_precision": right / max(len(cited), 1),
        "gold_span_recall": met / len(gold),
    }


async def judged_columns(case: Case, answer: Answer, judge: Judge) -> dict[str, float]:
    """What a judge has to say; a column of which it could not judge a part is absent."""
    parts = []
    if judge.judges(Criterion.FAITHFULNESS):
        parts.append(_support(answer, judge))
    if judge.judges(Criterion.RELEVANCE) and is_answered(answer):
        parts.append(_relevance(case, answer, judge))
    if judge.judges(Criterion.COMPLETENESS) and case.expected_answer.strip():
        parts.append(_completeness(case, answer, judge))
    found: dict[str, float] = {}
    for columns in await asyncio.gather(*parts):
        found |= columns
    return found


async def _support(answer: Answer, judge: Judge) -> dict[str, float]:
    """citation_precision, of any draft; citation_recall and faithfulness, of an answer given.

    Precision: of the cited statements, the share that their cited snippets support; absent where
    nothing is cited. Recall: of all statements, the share that carry a supporting citation.
    Faithfulness: of all, the share that anything cited or retrieved supports, the statement's own
    citations or everything together. Both are 0 where there is no statement.
    """
    said = statements(str(answer.get("draft_reply") or ""))
    snippets = {c["n"]: cited_evidence(c) for c in answer.get("citations") or ()}
    cited = [s for s in said if s.marks]
    verdicts = await judge.faithfulness([_claim(s, snippets) for s in cited])
    supported, found = _count(verdicts), dict[str, float]()
    if all(verdict is not None for verdict in verdicts):
        if cited:
            found["citation_precision"] = supported / len(cited)
        if is_answered(answer):
            found["citation_recall"] = supported / len(said) if said else 0.0
    if is_answered(answer):
        held = {id(s) for s, v in zip(cited, verdicts, strict=True) if _is_yes(v)}
        rest = [s for s in said if id(s) not in held]
        evidence = _all_evidence(answer) if rest else ()
        more = await judge.faithfulness([Claim(sentence=s.text, evidence=evidence) for s in rest])
        if all(verdict is not None for verdict in more):
            found["faithfulness"] = (supported + _count(more)) / len(said) if said else 0.0
    return found


def _all_evidence(answer: Answer) -> tuple[str, ...]:
    """What is cited, and `evidence`: passages that were retrieved and not cited, if it has them."""
    citations = answer.get("citations") or ()
    passages = [text for c in citations for text in (cited_evidence(c), str(c["full_content"]))]
    passages += [str(text) for text in answer.get("evidence") or ()]
    return tuple(dict.fromkeys(passages))


def _claim(statement: Statement, snippets: dict[int, str]) -> Claim:
    cited = (snippets.get(mark, "") for mark in statement.marks)
    return Claim(sentence=statement.text, evidence=tuple(text for text in cited if text))


async def _relevance(case: Case, answer: Answer, judge: Judge) -> dict[str, float]:
    """The probability that the reply is about what was asked."""
    verdict = await judge.relevance(
        asked(case),
        without_citations(str(answer["reply"])),
        cited=list(dict.fromkeys(c["chunk_id"] for c in answer.get("citations") or ())),
    )
    return {} if verdict is None else {"relevance": verdict}


async def _completeness(case: Case, answer: Answer, judge: Judge) -> dict[str, float]:
    """Share of the expected answer's sentences that the reply states; 0 of an empty reply.

    What was not answered, where an answer was expected, states none of it.
    """
    if case.expected_outcome is Outcome.ANSWERED and not is_answered(answer):
        return {"completeness": 0.0}
    expected, reply = expected_sentences(case), without_citations(str(answer.get("reply") or ""))
    verdicts = await judge.completeness(expected, reply)
    if any(verdict is None for verdict in verdicts):
        return {}
    return {"completeness": _count(verdicts) / len(verdicts)} if verdicts else {}


def asked(case: Case) -> str:
    """The question as the engine searches for it: with its ticket, and of a follow-up the user's
    turn before."""
    texts = query_texts(case.question)
    return (texts.joined or texts.last).whole


def expected_sentences(case: Case) -> tuple[str, ...]:
    """The sentences of the expected answer."""
    text = case.expected_answer
    return tuple(text[start:end] for start, end in split_sentences(text))


def _count(verdicts: Sequence[float | None]) -> int:
    return sum(map(_is_yes, verdicts))


def _is_yes(verdict: float | None) -> bool:
    return verdict is not None and verdict >= LEAST_PROBABILITY
