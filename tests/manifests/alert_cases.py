"""The fault that each alert is for, and what comes near it and is none: series for promtool.

Values are of a minute each: `0+5x60` rises by 5 for an hour.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Series = dict[str, str]

_JOB = 'job="deskhand",instance="a:3000"'
_W = 'workspace="acme"'


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCase:
    """fault, calm: series while it is wrong, and while it nearly is. at: when the alert is looked
    at. labels: what it says of the fault, beside its severity."""

    alert: str
    at: str
    fault: Series
    calm: Series
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def takes_hours(self) -> bool:
        """Whether the fault shows only after hours."""
        return self.at.endswith("h")


def _answers(under_30_s: str, all_of_them: str) -> Series:
    name = "deskhand_response_duration_seconds_bucket"
    return {
        f'{name}{{{_W},le="30"}}': under_30_s,
        f'{name}{{{_W},le="60"}}': all_of_them,
        f'{name}{{{_W},le="+Inf"}}': all_of_them,
    }


def _relevance(total: str) -> Series:
    name = "deskhand_retrieval_relevance"
    return {f"{name}_sum{{{_W}}}": total, f"{name}_count{{{_W}}}": "0+1x2000"}


_OF_ACME = {"workspace": "acme"}
_OF_BOT = {"job": "deskhand", "instance": "a:3000"}
_EVENTS = f"deskhand_slack_events_total{{{_W}}}"
_AGAIN = f"deskhand_slack_redeliveries_total{{{_W}}}"
_SERVED = 'deskhand_http_requests_total{path="/slack/events",status="200"}'
_BROKEN = 'deskhand_http_requests_total{path="/slack/events",status="500"}'
_SLACK = 'deskhand_slack_calls_total{method="chat.postMessage",result="%s"}'
_MODEL = 'deskhand_model_calls_total{workspace="acme",purpose="answer",model="m",result="%s"}'
_DOWN = 'deskhand_questions_reasons_total{workspace="acme",reason="model_down"}'
_DAY = 'deskhand_budget_used{workspace="acme",period="day"}'
_ASKED = 'deskhand_questions_total{workspace="acme",outcome="answered",repeated="no"}'
_REVIEW = f"deskhand_questions_for_review_total{{{_W}}}"
_MEMORY, _BORN = f"process_resident_memory_bytes{{{_JOB}}}", f"process_start_time_seconds{{{_JOB}}}"
_ERRORS = 'deskhand_log_lines_total{level="error",module="bot.delivery"}'


def _leader(value: str, other: str) -> Series:
    name = "deskhand_leader"
    return {f'{name}{{{_W},instance="a"}}': value, f'{name}{{{_W},instance="b"}}': other}


def _one(alert: str, at: str, series: str, fault: str, calm: str, **labels: str) -> AlertCase:
    return AlertCase(alert=alert, at=at, fault={series: fault}, calm={series: calm}, labels=labels)


CASES: tuple[AlertCase, ...] = (
    _one("Down", "5m", f"up{{{_JOB}}}", "0x10", "1x2 0 1x10", **_OF_BOT),
    AlertCase(  # not even known to Prometheus
        alert="Down", at="5m", fault={}, calm={f"up{{{_JOB}}}": "1x10"}, labels={"job": "deskhand"}
    ),
    _one("NotReady", "8m", f"deskhand_ready{{{_JOB}}}", "0x10", "1 0x3 1x10", **_OF_BOT),
    _one("Restarts", "12m", _BORN, "1 1 2 2 3 3 4x10", "1 1 2 2 3x10", **_OF_BOT),
    _one(
        "DatabaseAway",
        "4m",
        f"deskhand_database_reachable{{{_W}}}",
        "1 0x10",
        "1 1 1 1 0 1x9",
        **_OF_ACME,
    ),
    AlertCase(
        alert="NoLeader",
        at="6m",
        fault=_leader("1 0x10", "0x10"),
        calm=_leader("1 0x10", "0 0 1x10"),
        labels=_OF_ACME,
    ),
    AlertCase(
        alert="TwoLeaders",
        at="6m",
        fault=_leader("1x10", "0 1x10"),
        calm=_leader("1x4 0x10", "0x3 1x10"),  # a takeover between two scrapes
        labels=_OF_ACME,
    ),
    AlertCase(
        alert="SlowAnswers",
        at="25m",
        fault=_answers("0+90x40", "0+100x40"),
        calm=_answers("0+96x40", "0+100x40"),
        labels=_OF_ACME,
    ),
    _one(
        "QueueOld", "9m", f"deskhand_queue_age_seconds{{{_W}}}", "0+60x20", "60 119x20", **_OF_ACME
    ),
    AlertCase(
        alert="Redeliveries",
        at="25m",
        fault={_EVENTS: "0+100x40", _AGAIN: "0+12x40"},
        calm={_EVENTS: "0+100x40", _AGAIN: "0+9x40"},
        labels=_OF_ACME,
    ),
    AlertCase(
        alert="RequestsFail",
        at="15m",
        fault={_SERVED: "0+90x40", _BROKEN: "0+10x40"},
        calm={
            _SERVED: "0+96x40",
            _BROKEN: "0+4x40",
            'deskhand_http_requests_total{path="/readyz",status="503"}': "0+50x40",
        },
    ),
    _one("Errors", "12m", _ERRORS, "0+1x20", "0 1 2 3 4x20", module="bot.delivery"),
    AlertCase(
        alert="MemoryGrows",
        at="10h",
        fault={_MEMORY: "400000000+1000000x700", _BORN: "1x700"},
        calm={_MEMORY: "400000000+100000x700", _BORN: "1x700"},
        labels=_OF_BOT,
    ),
    AlertCase(  # it holds more than before it was exchanged: an empty process is no measure
        alert="MemoryGrows",
        at="10h",
        fault={_MEMORY: "400000000+2000000x700", _BORN: "1x700"},
        calm={_MEMORY: "100000000x420 400000000x280", _BORN: "1x420 2x280"},
        labels=_OF_BOT,
    ),
    AlertCase(
        alert="SlackLimits",
        at="15m",
        fault={_SLACK % "ok": "0+85x40", _SLACK % "ratelimited": "0+15x40"},
        calm={_SLACK % "ok": "0+95x40", _SLACK % "ratelimited": "0+5x40"},
    ),
    AlertCase(
        alert="SlackAway",
        at="15m",
        fault={_SLACK % "ok": "0+10x40", _SLACK % "unsure": "0+10x40"},
        calm={_SLACK % "ok": "0+90x40", _SLACK % "unsure": "0+10x40"},
    ),
    _one("ModelDown", "5m", _DOWN, "0 0 1 2 3x10", "5x20", **_OF_ACME),
    AlertCase(
        alert="ModelFails",
        at="15m",
        fault={_MODEL % "ok": "0+7x40", _MODEL % "failed": "0+3x40"},
        calm={_MODEL % "ok": "0+9x40", _MODEL % "failed": "0+1x40"},
        labels={**_OF_ACME, "model": "m"},
    ),
    AlertCase(
        alert="ModelLimits",
        at="15m",
        fault={_MODEL % "ok": "0+8x40", _MODEL % "ratelimited": "0+2x40"},
        calm={
            _MODEL % "ok": "0+91x40",
            _MODEL % "failed": "0+3x40",
            _MODEL % "ratelimited": "0+6x40",
        },
        labels={**_OF_ACME, "model": "m"},
    ),
    _one("CostSpike", "9m", f"deskhand_spend_unusual{{{_W}}}", "0 1x20", "0 1 1 0x20", **_OF_ACME),
    _one("BudgetNearlySpent", "9m", _DAY, "0.85x20", "0.79x20", **_OF_ACME, period="day"),
    _one("BudgetSpent", "9m", _DAY, "1x20", "0.99x20", **_OF_ACME, period="day"),
    _one(
        "DocumentsLost",
        "2h",
        f"deskhand_knowledge_documents{{{_W}}}",
        "100x99 60x90",
        "100x99 80x90",
        **_OF_ACME,
    ),
    AlertCase(
        alert="RelevanceFell",
        at="18h",
        fault=_relevance("0+0.8x1000 800+0.2x400"),
        calm=_relevance("0+0.8x1000 800+0.7x400"),
        labels=_OF_ACME,
    ),
    AlertCase(
        alert="ReviewRate",
        at="8h",
        fault={_ASKED: "0+1x600", _REVIEW: "0+0.7x600"},
        calm={_ASKED: "0+1x600", _REVIEW: "0+0.5x600"},
        labels=_OF_ACME,
    ),
    AlertCase(  # of a few questions no share is told
        alert="ReviewRate",
        at="8h",
        fault={_ASKED: "0+1x600", _REVIEW: "0+1x600"},
        calm={_ASKED: "0+0.05x600", _REVIEW: "0+0.05x600"},
        labels=_OF_ACME,
    ),
    _one(
        "CasesWait",
        "2h",
        'deskhand_cases_open{workspace="acme",state="open"}',
        "25x150",
        "25x50 15x100",
        **_OF_ACME,
    ),
)
