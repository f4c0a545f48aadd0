"""Composition: the services that the settings name."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import SettingsInvalid
from engine.mirroring.mirror import Mirror
from engine.mirroring.records import AnswerTrace, Record, redacted_trace
from engine.redaction import Redactor
from engine.settings import Settings

MOST_CHARS = 20_000
"""Of one text; the rest is cut."""


def open_mirrors(settings: Settings) -> tuple[Mirror, ...]:
    """A mirror for each service that has its keys. None connects, or imports its client, before it
    is used.

    Raises: SettingsInvalid where a service is set by half.
    """
    mirrors = (open_langsmith(settings), open_langfuse(settings))
    return tuple(mirror for mirror in mirrors if mirror is not None)


def open_langsmith(settings: Settings) -> Mirror | None:
    """None where it has no key.  Raises: SettingsInvalid."""
    if settings.langsmith.api_key is None:
        return None
    from engine.adapters.langsmith_mirror import LangSmithMirror

    return LangSmithMirror(settings.langsmith, timeout_s=settings.mirror.timeout_s)


def open_langfuse(settings: Settings) -> Mirror | None:
    """None where it has no keys.  Raises: SettingsInvalid where it has but one."""
    keys = (settings.langfuse.public_key, settings.langfuse.secret_key)
    if not any(keys):
        return None
    if not all(keys):
        raise SettingsInvalid(
            "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY belong together; set both or none"
        )
    from engine.adapters.langfuse_mirror import LangfuseMirror

    return LangfuseMirror(settings.langfuse, timeout_s=settings.mirror.timeout_s)


def open_redactor(settings: Settings) -> Redactor:
    """What every text goes through before it leaves."""
    from engine.adapters.personal_data import PersonalData

    return PersonalData(settings.mirror.phone_region)


def open_card_redactor(settings: Settings) -> Redactor:
    """What a question goes through before reviewers see it on a card: whose numbers they are is
    not theirs to know, while e-mail and network addresses are what many cases are about."""
    from engine.adapters.personal_data import PersonalData

    return PersonalData(settings.mirror.phone_region, addresses=False)


def preparation(redactor: Redactor) -> Callable[[Record], Record]:
    """What an outbox does with a record before it is sent."""

    def prepare(record: Record) -> Record:
        if isinstance(record, AnswerTrace):
            return redacted_trace(record, redactor, most_chars=MOST_CHARS)
        return record

    return prepare
