"""The case format: what a line of a case file may say, and the case it makes."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.contract import parse_question
from engine.errors import WrongUse
from engine.knowledge.names import document_name
from engine.trace import Outcome
from evals.case import Case
from evals.cases.lines import BrokenLine

SCHEMA: Final = Path(__file__).parent / "case.schema.json"

_OutcomeName = Literal["answered", "clarified", "abstained", "escalated", "failed"]
_SplitName = Literal["dev", "test"]
_Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
_Gain = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Page = Annotated[int, Field(ge=1)]
_OPEN_KINDS = frozenset({"ambiguous", "conflict"})
_FORMER = {
    "question": "user_question",
    "expected_documents": "expected_docs",
    "expected_facts": "must_contain",
    "subject": "ticket_subject",
    "body": "ticket_body",
}


class TurnLine(BaseModel):
    """An earlier message of the conversation."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    role: Literal["user", "assistant"]
    text: str


class CaseLine(BaseModel):
    """One question and what is known of its right answer. A field that is null counts as absent.

    At least one of `user_question`, `ticket_subject` and `ticket_body` must hold a text.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, title="Deskhand evaluation case"
    )

    id: _Text | int = Field(description="a text or a whole number, unique in its file")
    ticket_subject: str = Field("", description="a text: the subject of a ticket or mail")
    ticket_body: str = Field("", description="a text: the body of a ticket or mail")
    user_question: str = Field("", description="a text: what the person asks")
    history: list[TurnLine] = Field(
        default=[],
        description='a list of {"role": "user" or "assistant", "text"}, the oldest first',
    )
    user: _Text | None = Field(None, description="a text: the Slack id of who asks")
    channel: _Text | None = Field(None, description="a text: the Slack id of where it is asked")
    audience: list[str] | None = Field(
        None,
        description="a list of tags, those of whom the answer is for; without it a full member, "
        "or with user or channel what is public or theirs",
    )
    expected_docs: list[_Text] | dict[_Text, _Gain] = Field(
        default=[],
        description="a list of document names, or an object of names with their gains from 0",
    )
    expected_pages: dict[_Text, Annotated[list[_Page], Field(min_length=1)]] = Field(
        default={}, description="an object of document names with lists of page numbers from 1"
    )
    expected_answer: str = Field("", description="a text: a right answer in somebody's words")
    must_contain: list[_Text] = Field(
        default=[], description="a list of texts that a right answer contains"
    )
    must_not_contain: list[_Text] = Field(
        default=[], description="a list of texts that no answer may contain"
    )
    expected_outcome: _OutcomeName | None = Field(
        None, description="answered, clarified, abstained, escalated or failed"
    )
    category: _Text | None = Field(None, description="a text: the right category")
    priority: _Text | None = Field(None, description="a text: the right priority")
    tags: list[_Text] = Field(
        default=[], description="a list of texts by which figures are broken down"
    )
    kind: str = Field("", description="a text: what kind of case it is, such as injection")
    split: _SplitName | None = Field(
        None, description="dev or test; without it the id decides, half of them each"
    )
    note: str = Field("", description="a text for people, such as why the answer is right")


def parse_case(row: Mapping[str, Any]) -> tuple[Case, CaseLine]:
    """The case of a line's object, and the line as it was read.

    Raises: BrokenLine that names the field.
    """
    try:
        line = CaseLine.model_validate({k: v for k, v in row.items() if v is not None})
    except ValidationError as error:
        raise BrokenLine(_first_fault(error)) from None
    if not any(t.strip() for t in (line.user_question, line.ticket_subject, line.ticket_body)):
        raise BrokenLine("asks nothing: give user_question, or ticket_subject and ticket_body")
    both = set(line.must_contain) & set(line.must_not_contain)
    if both:
        raise BrokenLine(
            f"has {min(both)[:60]!r} in must_contain and in must_not_contain; take it out of one"
        )
    try:
        return _case(line), line
    except WrongUse as error:
        raise BrokenLine(f"has a wrong audience: {error}") from None


def render_row(line: CaseLine) -> dict[str, Any]:
    """A line's fields that say something, as JSON has them."""
    # An audience of no tags says that nothing may be read.
    return {
        name: value
        for name, value in line.model_dump().items()
        if value not in (None, "", [], {}) or (name == "audience" and value == [])
    }


def render_line(line: CaseLine) -> str:
    """A line's JSON, without the line's end."""
    return json.dumps(render_row(line), ensure_ascii=False)


def render_schema() -> str:
    """The format's JSON Schema, as `case.schema.json` has it."""
    schema = CaseLine.model_json_schema()
    return (
        json.dumps(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema},
            indent=2,
            ensure_ascii=False,
        )
        + "\n"
    )


def is_answerable(line: CaseLine) -> bool | None:
    """Whether the corpus answers the question; None where that is open or was not said.

    Open are questions that need a question back, and those that documents bear on and nobody
    should answer alone: documents that contradict each other.
    """
    if line.kind in _OPEN_KINDS or line.expected_outcome in ("clarified", "failed"):
        return None
    if line.expected_outcome is None:
        return True if line.expected_docs else None
    if line.expected_outcome == "answered":
        return True
    return None if line.expected_docs else False


def _case(line: CaseLine) -> Case:
    question, audience = parse_question(
        {
            "id": str(line.id),
            "question": line.user_question,
            "subject": line.ticket_subject,
            "body": line.ticket_body,
            "history": [turn.model_dump() for turn in line.history],
            "user": line.user,
            "channel": line.channel,
            "audience": line.audience,
        },
        default_id="",
    )
    docs = line.expected_docs
    gains = docs if isinstance(docs, dict) else dict.fromkeys(docs, 1.0)
    gains = {document_name(name): float(gain) for name, gain in gains.items()}
    pages = [(document_name(n), page) for n, of in line.expected_pages.items() for page in of]
    return Case(
        question=question,
        audience=audience,
        kind=line.kind,
        gains={name: 1.0 for name, _ in pages} | gains,
        answerable=is_answerable(line),
        expected_outcome=Outcome(line.expected_outcome) if line.expected_outcome else None,
        expected_answer=line.expected_answer,
        must_contain=tuple(line.must_contain),
        must_not_contain=tuple(line.must_not_contain),
        category=line.category,
        priority=line.priority,
        tags=tuple(dict.fromkeys(line.tags)),
        pages=frozenset(pages),
    )


def _first_fault(error: ValidationError) -> str:
    """What is wrong with the first field that is, and how many others are."""
    by_field = {str(fault["loc"][0]): fault for fault in reversed(error.errors())}
    unknown = [name for name, fault in by_field.items() if name not in CaseLine.model_fields]
    missing = [name for name, fault in by_field.items() if fault["type"] == "missing"]
    name = next(iter([*unknown, *(m for m in missing if m == "id"), *reversed(by_field)]))
    if name in unknown:
        why = f"has an unknown field {name[:60]!r}{_meant(name)}"
    elif name in missing and len(by_field[name]["loc"]) == 1:
        why = f"has no {name}"
    else:
        about = CaseLine.model_fields[name].description
        why = f"has a wrong {name}: it must be {about}"
    others = len(by_field) - 1
    return (
        why
        + (f"; {others} more fields are wrong" if others > 1 else "")
        + ("; one more field is wrong" if others == 1 else "")
    )


def _meant(name: str) -> str:
    near = difflib.get_close_matches(name.lower(), CaseLine.model_fields, n=1)
    meant = _FORMER.get(name) or (near[0] if near else None)
    return f"; did you mean {meant}?" if meant else ""


SPLITS: Final[tuple[str, ...]] = get_args(_SplitName)
