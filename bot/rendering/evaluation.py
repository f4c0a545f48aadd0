"""What people are told of evaluations: that one runs, how far it is, and what it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.names import COMMAND
from bot.rendering.elements import (
    Element,
    button,
    header,
    listed,
    rich_text,
    section,
    small_print,
    text,
)
from bot.rendering.limits import BUTTON_VALUE, FALLBACK, cut, length
from bot.rendering.message import Block, Message
from bot.rendering.neutral import escape, one_line

CASE_BUTTON = "eval_case"
_MOST_LISTED = 5
_MOST_SENTENCES = 5
_SENTENCE = 300
_LABEL = 80

Json = Mapping[str, Any]


def root_message(target: str, *, asked_by: str | None, schedule: str, state: str) -> Message:
    """The message that a run's thread hangs under.  state: such as `running`, or the verdict."""
    who: list[Element] = []
    if asked_by:
        who = [text("Asked for by "), _person(asked_by), text(".")]
    elif schedule:
        who = [text(f"Started by the schedule {_short(schedule)}.")]
    said = f"Evaluation of {_short(target)}: {_short(state)}"
    blocks: list[Block] = [rich_text(section(text(said, bold=True)))]
    if who:
        blocks.append(rich_text(section(*who)))
    return _message(said, blocks)


def progress_message(run_id: str, *, far: str, ended: bool) -> Message:
    """How far a run is, in one line that is rewritten."""
    blocks: list[Block] = [rich_text(section(text(cut(one_line(far), _SENTENCE))))]
    if not ended:
        blocks.append(small_print(f"{COMMAND} eval cancel {run_id[:8]} ends it."))
    return _message(far, blocks)


def report_message(report: Json, *, mention: str | None) -> Message:
    """What a run found.  report: as `deskhand eval report --json` gives it. mention: who is told
    that it is there."""
    title = _short(report["title"])
    blocks: list[Block] = [header(f"{_short(report['target'])}: {title}")]
    if mention:
        blocks.append(
            rich_text(section(_person(mention), text(", the run you asked for is over.")))
        )
    blocks += _sentences(report["reasons"])
    rows = [_figure(row) for row in report["rows"]]
    if rows:
        blocks.append(rich_text(listed(rows)))
    blocks += _worse(report) or _failures(report)
    if report["skipped"]:
        blocks.append(rich_text(section(text("Left out", bold=True))))
        blocks += _sentences(report["skipped"])
    cached = f", {report['cached']:,} of them unchanged" if report["cached"] else ""
    small = [
        f"{report['cases']:,} cases{cached}; ${report['cost_usd']:.4f}. Run {report['run_id'][:8]}."
    ]
    small += [cut(one_line(note), _SENTENCE) for note in report["notes"][:_MOST_SENTENCES]]
    small += [f"{_short(name)}: {_short(link, 200)}" for name, link in report["links"].items()]
    blocks.append(small_print(*small))
    return _message(f"Evaluation of {report['target']}: {report['title']}", blocks)


def ended_message(target: str, *, title: str, problem: str, mention: str | None) -> Message:
    """A run that ended without anything to report."""
    blocks: list[Block] = [header(f"{_short(target)}: {title}")]
    if mention:
        blocks.append(
            rich_text(section(_person(mention), text(", the run you asked for is over.")))
        )
    if problem:
        blocks += _sentences([problem])
    return _message(f"Evaluation of {target}: {title}", blocks)


def page_message(owner: str, target: str, why: Sequence[str]) -> Message:
    """Calls the owner."""
    said = [_person(owner), text(f", the evaluation of {_short(target)} needs you: ")]
    first = cut(one_line(why[0]), _SENTENCE) if why else "see the report in this thread."
    blocks: list[Block] = [rich_text(section(*said, text(first)))]
    return Message(
        text=cut(
            f"<@{owner}>, {escape(f'the evaluation of {_short(target)} needs you: {first}')}",
            FALLBACK,
        ),
        blocks=tuple(blocks),
    )


def comparison_message(found: Json, before: str, after: str) -> Message:
    """Two runs side by side.  found: as `deskhand eval compare --gate --json` gives it."""
    comparison, gate = found["comparison"], found["gate"]
    title = f"{_short(before)} → {_short(after)}: {'passed' if gate['passed'] else 'failed'}"
    blocks: list[Block] = [header(title), *_sentences(gate["reasons"])]
    changed = [*comparison["worse"], *comparison["better"]]
    rows = [_changed(name, comparison["metrics"][name]) for name in changed[: 2 * _MOST_LISTED]]
    if rows:
        blocks.append(rich_text(listed(rows)))
    else:
        blocks.append(rich_text(section(text("No metric differs significantly."))))
    cases = comparison["cases_worse"]
    if cases:
        blocks.append(_label(f"Cases that got worse: {len(cases):,}"))
        blocks += [
            _case_line(comparison["run"], case, case, n)
            for n, case in enumerate(cases[:_MOST_LISTED])
        ]
    blocks.append(small_print(f"{comparison['shared_cases']:,} cases are in both runs."))
    return _message(f"Comparison of {title}", blocks)


def watch_message(found: Json) -> Message:
    """What the daily watch found.  found: `title`, and sentences in `lines`."""
    title = _short(found.get("title") or "The answers of yesterday")
    blocks: list[Block] = [header(title)]
    lines = [cut(one_line(str(line)), _SENTENCE) for line in found.get("lines") or ()][:20]
    if lines:
        blocks.append(rich_text(listed([text(line)] for line in lines)))
    return _message(title, blocks)


def notice(sentence: str) -> Message:
    """A plain sentence."""
    return Message(text=escape(cut(one_line(sentence), FALLBACK)))


def _figure(row: Json) -> list[Element]:
    interval = f" ({row['interval']})" if row["interval"] else ""
    said = [text(f"{_short(row['label'])}: "), text(row["value"], bold=True), text(interval)]
    if row["before"] not in ("", "–"):
        said.append(text(f", before {row['before']} ({row['difference']})"))
    if row["verdict"] in ("better", "worse"):
        said.append(text(f", significantly {row['verdict']}", bold=True))
    return [part for part in said if part["text"].strip()]


def _changed(name: str, row: Json) -> list[Element]:
    return [
        text(f"{_short(name.replace('_', ' '))}: "),
        text(str(row["verdict"]), bold=True),
        text(f", {row['before']:.3f} before, {row['after']:.3f} after"),
    ]


def _worse(report: Json) -> list[Block]:
    """The cases that got worse, each with a button that opens it."""
    if not report["worse"]:
        return []
    blocks = [_label(f"Cases that got worse: {report['worse_count']:,}")]
    for number, case in enumerate(report["worse"][:_MOST_LISTED]):
        metrics = ", ".join(case["metrics"])
        said = f"{case['case_id']}: {case['before']} → {case['after']} ({metrics})"
        blocks.append(_case_line(report["run_id"], case["case_id"], said, number))
    return blocks


def _failures(report: Json) -> list[Block]:
    """What goes wrong most often, where there is nothing to compare with."""
    if not report["failures"]:
        return []
    blocks = [_label("What goes wrong most often")]
    for number, failure in enumerate(report["failures"][:_MOST_LISTED]):
        count = f"{failure['count']:,} case{'s' if failure['count'] > 1 else ''}"
        first = failure["cases"][0]
        said = f"{count}: {failure['what']} For example {first}."
        blocks.append(_case_line(report["run_id"], first, said, number))
    return blocks


def _case_line(run_id: str, case_id: str, said: str, number: int) -> Block:
    value = f"{run_id}:{case_id}"
    block: Block = {
        "type": "section",
        "text": {"type": "plain_text", "text": cut(one_line(said), _SENTENCE), "emoji": False},
    }
    if length(value) <= BUTTON_VALUE:
        block["accessory"] = button(
            "Open",
            action_id=f"{CASE_BUTTON}:{number}",
            value=value,
            label=f"Open the case {one_line(case_id)}",
        )
    return block


def _sentences(sentences: Sequence[str]) -> list[Block]:
    shown = [[text(cut(one_line(s), _SENTENCE))] for s in sentences[:_MOST_SENTENCES]]
    if len(sentences) > _MOST_SENTENCES:
        shown.append([text(f"and {len(sentences) - _MOST_SENTENCES:,} more")])
    return [rich_text(listed(shown))] if shown else []


def _label(words: str) -> Block:
    return rich_text(section(text(words, bold=True)))


def _person(user: str) -> Element:
    return {"type": "user", "user_id": user}


def _short(words: object, most: int = _LABEL) -> str:
    return cut(one_line(str(words)), most)


def _message(said: str, blocks: Sequence[Block]) -> Message:
    return Message(text=cut(escape(one_line(said)), FALLBACK), blocks=tuple(blocks))
