"""What belongs to a person or a question: questions, cases, traces, entries, and the words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, or_, select

from engine.privacy.sought import Sought
from engine.storage.inbox_item import Surface
from engine.storage.passages import unpack_sentences
from engine.storage.schema import cases, documents, entries, inbox, labels, passages, traces

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongings:
    """Ids of rows, and the words in them. others: what was asked by others, as it was written."""

    questions: frozenset[str] = frozenset()
    cases: frozenset[str] = frozenset()
    traces: frozenset[str] = frozenset()
    entries: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    others: frozenset[str] = field(default=frozenset(), repr=False)


def of_user(db: Connection, tenant: str, user: str) -> Belongings:
    """Everything that somebody asked, answered or wrote."""
    asked = select(inbox.c.id).where(inbox.c.tenant == tenant, inbox.c.user == user)
    answered = select(cases.c.answer).where(
        cases.c.tenant == tenant, cases.c.answered_by == user, cases.c.answer.is_not(None)
    )
    written = select(entries.c.id, entries.c.question, entries.c.answer).where(
        entries.c.tenant == tenant, or_(entries.c.owner == user, entries.c.made_by == user)
    )
    own = db.execute(written).all()
    more = [*db.execute(answered).scalars(), *(row.answer for row in own)]
    theirs = traces.c.body["user"].as_string() == user
    return _of(
        db,
        tenant,
        list(db.execute(asked).scalars()),
        also=theirs,
        texts=more,
        entry_ids=[row.id for row in own],
    )


def of_question(db: Connection, tenant: str, question_id: str) -> Belongings:
    """One question, and what was answered to it and drawn from it."""
    return _of(db, tenant, [question_id])


def of_source(db: Connection, tenant: str, source_id: str) -> Belongings:
    """The sentences and titles of a source's documents, and the entries that repeat one.

    What other sources say in the same words is theirs.
    """
    mine = select(documents.c.id).where(
        documents.c.tenant == tenant, documents.c.source_id == source_id
    )
    ids = set(db.execute(mine).scalars())
    texts: set[str] = set()
    others: set[str] = set()
    text = select(passages.c.document_id, passages.c.text, passages.c.sentences).where(
        passages.c.tenant == tenant
    )
    for row in db.execute(text):
        said = {row.text, *(row.text[s.start : s.end] for s in unpack_sentences(row.sentences))}
        (texts if row.document_id in ids else others).update(said)
    titles = select(documents.c.id, documents.c.title, documents.c.uri).where(
        documents.c.tenant == tenant
    )
    for row in db.execute(titles):
        (texts if row.id in ids else others).update({row.title, row.uri})
    sought = Sought.of(None, "", texts, others)
    answers = select(entries.c.id, entries.c.answer).where(entries.c.tenant == tenant)
    repeating = {row.id for row in db.execute(answers) if sought.says(row.answer)}
    return Belongings(
        texts=frozenset(texts), entries=frozenset(repeating), others=frozenset(others)
    )


def _of(
    db: Connection,
    tenant: str,
    asked: Sequence[str],
    *,
    also: ColumnElement[bool] | None = None,
    texts: Iterable[str] = (),
    entry_ids: Iterable[str] = (),
) -> Belongings:
    its_cases = list(_values(db, select(cases.c.id), cases.c.question_id, asked, tenant))
    replies = _replies(db, tenant, set(its_cases))
    questions = list(dict.fromkeys([*asked, *replies]))
    found = set(texts)
    found |= set(_values(db, select(inbox.c.text), inbox.c.id, questions, tenant))
    found |= set(_values(db, select(labels.c.text), labels.c.question_id, questions, tenant))
    found |= {a for a in _values(db, select(cases.c.answer), cases.c.id, its_cases, tenant) if a}
    made = set(entry_ids)
    for some in _parts(its_cases):
        drawn = select(entries.c.id, entries.c.question, entries.c.answer).where(
            entries.c.tenant == tenant, entries.c.case_id.in_(some)
        )
        for row in db.execute(drawn):
            made.add(row.id)
            found |= {row.question, row.answer}
    trace_ids = set(_values(db, select(inbox.c.trace_id), inbox.c.id, questions, tenant)) - {None}
    if also is not None:
        mine = select(traces.c.id).where(traces.c.tenant == tenant, also)
        trace_ids |= set(db.execute(mine).scalars())
    for some in _parts(sorted(trace_ids)):
        mine = select(traces.c.body).where(traces.c.tenant == tenant, traces.c.id.in_(some))
        for body in db.execute(mine).scalars():
            found |= {str(body.get(name) or "") for name in ("question", "subject", "body")}
    return Belongings(
        questions=frozenset(questions),
        cases=frozenset(its_cases),
        traces=frozenset(trace_ids),
        entries=frozenset(made),
        texts=frozenset(found - {""}),
        others=frozenset(_of_others(db, tenant, set(questions), trace_ids)),
    )


def _replies(db: Connection, tenant: str, case_ids: set[str]) -> list[str]:
    """What people wrote in answer to these cases."""
    written = select(inbox.c.id, inbox.c.extra).where(
        inbox.c.tenant == tenant, inbox.c.surface == Surface.CASE_REPLY.value
    )
    return [row.id for row in db.execute(written) if row.extra.get("case") in case_ids]


def _of_others(
    db: Connection, tenant: str, questions: set[str], trace_ids: set[str]
) -> Iterator[str]:
    asked = select(inbox.c.id, inbox.c.text).where(inbox.c.tenant == tenant)
    for row in db.execute(asked):
        if row.id not in questions:
            yield row.text
    question = traces.c.body["question"].as_string().label("question")
    for row in db.execute(select(traces.c.id, question).where(traces.c.tenant == tenant)):
        if row.id not in trace_ids and row.question:
            yield row.question


def _values(
    db: Connection,
    statement: Select[Any],
    column: ColumnElement[str],
    ids: Sequence[str],
    tenant: str,
) -> Iterator[Any]:
    for some in _parts(ids):
        table = column.table
        yield from db.execute(statement.where(table.c.tenant == tenant, column.in_(some))).scalars()


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]
