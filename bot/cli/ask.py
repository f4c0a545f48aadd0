"""`deskhand ask`: one question, or a file of them.

$ deskhand ask --input questions.jsonl --output answers.jsonl
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any, TextIO

from bot.cli.json_lines import (
    is_same_file,
    json_line,
    numbered_lines,
    open_input,
    open_output,
    parse_line,
)
from bot.cli.terminal import answer_counter, console, show_answer
from engine.audience import Audience
from engine.compose import Engine, open_engine
from engine.contract import parse_question, render_trace
from engine.errors import DeskhandError, WrongUse
from engine.question import Budget
from engine.settings import load_settings
from engine.trace import Outcome, ReasonCode, Stage, Trace

_NO_LIMIT = Budget(max_cost_usd=float("inf"))


async def run(args: argparse.Namespace) -> int:
    """Answers; exits 0 whatever the outcomes are."""
    question = " ".join(args.question)
    if args.input is None and not args.question:
        if sys.stdin.isatty():
            raise WrongUse('give a question, such as deskhand ask "How do I reset my password?"')
        question = sys.stdin.read()
    if args.input is not None and args.question:
        raise WrongUse("give either a question or --input, not both")
    if args.output is not None and args.input is None:
        raise WrongUse("--output needs --input")
    if args.output is not None and is_same_file(args.input, args.output):
        raise WrongUse(f"--output {args.output} is the input itself; name another file")
    Audience.of(args.audience)
    source = open_input(args.input) if args.input is not None else None
    async with open_engine(load_settings()) as engine:
        await engine.make_ready()
        if source is not None:
            with source as lines, open_output(args.output) as sink:
                shown = sink is not sys.stdout and sys.stderr.isatty()
                with answer_counter(shown=shown) as counted:
                    await _batch(engine, lines, sink, args.audience, counted)
            return 0
        row: dict[str, Any] = {"id": "1", "question": question}
        if args.audience:
            row["audience"] = args.audience
        trace = await answer(engine, row, "1")
        if args.json:
            print(json_line(render_trace(trace)))
        else:
            show_answer(console(), trace)
    return 0


async def answer(engine: Engine, row: object, default_id: str) -> Trace:
    """Answers one JSON question and saves its trace; a fault in saving is told, not raised.

    Raises: WrongUse for a row that is no question.
    """
    question, audience = parse_question(row, default_id=default_id)
    return await answer_question(engine, question, audience)


async def answer_question(engine: Engine, question: Any, audience: Audience) -> Trace:
    """Answers a question for an audience and saves its trace."""
    trace = await engine.pipeline.run(
        question, tenant=engine.settings.tenant, audience=audience, budget=_NO_LIMIT
    )
    try:
        await engine.traces.save(trace)
    except DeskhandError as error:
        print(f"deskhand: the trace was not kept: {error}", file=sys.stderr)
    return trace


async def _batch(
    engine: Engine,
    source: TextIO,
    sink: TextIO,
    audience: list[str],
    counted: Callable[[], None],
) -> None:
    """One line out for each line in, in order, failed ones too."""
    for number, line in numbered_lines(source):
        row = parse_line(line)
        if isinstance(row, dict) and audience and row.get("audience") is None:
            row["audience"] = audience
        try:
            rendered = render_trace(await answer(engine, row, str(number)))
        except WrongUse as error:
            rendered = _refused(row, number, str(error))
        if isinstance(row, dict) and "id" in row:
            rendered["id"] = row["id"]
        sink.write(json_line(rendered) + "\n")
        sink.flush()
        counted()


def _refused(row: object, number: int, why: str) -> dict[str, Any]:
    """The contract's object for a line that is no question."""
    text = row.get("question") if isinstance(row, dict) else None
    return {
        "id": str(number),
        "question": text if isinstance(text, str) else "",
        "outcome": Outcome.FAILED.value,
        "reply": f"Line {number} could not be answered: {why}.",
        "draft_reply": "",
        "confidence": 0.0,
        "needs_human_review": True,
        "reasons": [{"code": ReasonCode.INTERNAL_ERROR.value, "text": why}],
        "citations": [],
        "internal_next_steps": [f"Mend line {number} of the input: {why}."],
        "triage": dict.fromkeys(
            ("category", "category_confidence", "priority", "priority_confidence")
        ),
        "retrieved": [],
        "usage": {
            "prompt_tokens": 0,
            "completion_tokens": 0,
            "embedding_tokens": 0,
            "cost_usd": 0.0,
        },
        "timings_ms": {stage.value: 0.0 for stage in Stage},
        "trace_id": "",
        "fingerprint": "",
    }
