"""`deskhand doctor`: looks at everything the bot needs, and says how to mend what is wrong.

$ deskhand doctor
ok    bot token   installed in Acme as @deskhand
fail  escalation  the bot is not in the escalation channel #help-desk
                  mend: invite it there

With `--production` it goes through the check-list of a deployment too, and with `--smoke` it asks
sample questions: those of a file, or the shipped ones.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from bot.diagnosis import Check, Finding, Level, diagnose, fail, ok
from bot.production.checklist import production_rows, smoke_rows
from engine.containment import one_line
from engine.errors import SettingsInvalid
from engine.settings import Settings, load_settings


async def run(args: argparse.Namespace) -> int:
    """Prints a line for each check; 0 when none failed, else 1."""
    try:
        settings = load_settings()
    except SettingsInvalid as error:
        said, _, mend = one_line(str(error)).partition("; ")
        found = [("settings", fail(said, mend))]
    else:
        found = [("settings", ok(_in_short(settings))), *await _look(settings)]
        if args.production:
            found += await production_rows(settings)
        if args.smoke is not None:
            found += await smoke_rows(settings, Path(args.smoke) if args.smoke else None)
    failed = sum(finding.level is Level.FAIL for _, finding in found)
    if args.json:
        print(json.dumps(_as_json(found), ensure_ascii=False))
        return 1 if failed else 0
    width = max(len(name) for name, _ in found)
    for name, finding in found:
        print(f"{finding.level:<4}  {name:<{width}}  {one_line(finding.text)}")
        if finding.mend:
            print(f"{'':<4}  {'':<{width}}  mend: {one_line(finding.mend)}")
    return 1 if failed else 0


async def _look(settings: Settings) -> list[tuple[str, Finding]]:
    from bot.installations.check import InstallationsCheck
    from bot.mirror_check import mirror_checks
    from bot.review.policy import load_policy
    from bot.slack_check import SlackCheck
    from bot.state_check import StateCheck

    elsewhere: list[str] = []
    found: list[tuple[str, Finding]] = []
    if settings.review.policy is not None:
        try:
            policy = load_policy(settings.review.policy, settings)
        except SettingsInvalid as error:
            said, _, mend = one_line(str(error)).partition("; ")
            found.append(("policy", fail(said, mend)))
        else:
            found.append(("policy", ok(f"{len(policy.routes):,} routes can be read")))
            elsewhere = sorted(policy.card_channels - {policy.channel or ""})
    slack: SlackCheck | InstallationsCheck
    if settings.slack.client_id is not None and settings.slack.bot_token is None:
        slack = InstallationsCheck(settings)
    else:
        slack = SlackCheck(
            settings.slack,
            card_channels=elsewhere,
            admin_channel=settings.review.admin_channel,
        )
    state = StateCheck(settings)
    checks: list[Check] = [*slack.checks(), *state.checks(), *mirror_checks(settings)]
    try:
        return [*found, *await diagnose(checks)]
    finally:
        await slack.aclose()
        await state.aclose()


def _in_short(settings: Settings) -> str:
    database = "a database server" if settings.database.url else "SQLite"
    index = "a Qdrant server" if settings.qdrant.url else "the embedded index"
    return f"{settings.home}, {database}, {index}, events by {settings.slack.transport}"


def _as_json(found: list[tuple[str, Finding]]) -> dict[str, object]:
    def count(level: Level) -> int:
        return sum(finding.level is level for _, finding in found)

    return {
        "checks": [
            {"name": name, "level": f.level.value, "text": f.text, "mend": f.mend}
            for name, f in found
        ],
        "ok": count(Level.OK),
        "warnings": count(Level.WARN),
        "failed": count(Level.FAIL),
    }
