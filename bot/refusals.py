"""What is refused before anything starts, though each value by itself has the right form."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.credentials import revealed
from bot.evals.cron import next_due
from bot.review.composing import refuse_wrong_times
from bot.review.policy import load_policy
from engine.clock import now
from engine.errors import SettingsInvalid, WrongUse
from engine.settings import Settings
from engine.storage.database import database_url

_BOT_TOKENS = ("xoxb-", "xoxe.xoxb-")
_APP_TOKENS = ("xapp-",)


def refuse_wrong(settings: Settings) -> None:
    """Looks at nothing but the settings and the files they name.

    Raises: SettingsInvalid with one sentence about the first that cannot work.
    """
    slack, secret = settings.slack, settings.database.url
    _refuse_wrong_token("SLACK_BOT_TOKEN", revealed(slack.bot_token), _BOT_TOKENS)
    _refuse_wrong_token("SLACK_APP_TOKEN", revealed(slack.app_token), _APP_TOKENS)
    database_url(secret.get_secret_value() if secret else None, settings.home)
    refuse_wrong_times(settings.review)
    try:
        ZoneInfo(settings.evals.watch_timezone)
    except (LookupError, ValueError, OSError):
        raise SettingsInvalid(
            "DESKHAND_EVALS__WATCH_TIMEZONE names no time zone; use one such as Europe/Vienna"
        ) from None
    if settings.ingest_schedule is not None:
        try:
            next_due(settings.ingest_schedule, settings.review.timezone, now())
        except WrongUse as error:
            raise SettingsInvalid(f"DESKHAND_INGEST_SCHEDULE: {error}") from None
    load_policy(settings.review.policy, settings)


def _refuse_wrong_token(name: str, token: str, begins: tuple[str, ...]) -> None:
    whole = token.isascii() and token.isprintable() and " " not in token
    if token and not (whole and token.startswith(begins)):
        raise SettingsInvalid(
            f"{name} is not such a token; copy the one that begins with {begins[0]} from the app's "
            "page at api.slack.com/apps"
        )
