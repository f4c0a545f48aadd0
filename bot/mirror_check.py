"""What `deskhand doctor` looks at where answers and evaluations are mirrored to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from bot.diagnosis import Check, Finding, fail, ok
from engine.errors import SettingsInvalid
from engine.mirroring.mirror import Mirror, MirrorFault
from engine.mirroring.opening import open_langfuse, open_langsmith
from engine.settings import Settings

_SERVICES: tuple[tuple[str, Callable[[Settings], Mirror | None], str], ...] = (
    ("langsmith", open_langsmith, "LANGSMITH_ENDPOINT"),
    ("langfuse", open_langfuse, "LANGFUSE_HOST"),
)
"""Each with what opens it and the setting of its address."""
_CLIENT_S = 20.0
"""A client takes a while to load where the machine is busy."""


def mirror_checks(settings: Settings) -> list[Check]:
    """A check for each service that is set, also by half. Nothing is connected to yet."""
    limit_s = 2 * settings.mirror.timeout_s + _CLIENT_S
    rate, checks = settings.mirror.sample_rate, list[Check]()
    for name, open_it, address in _SERVICES:
        try:
            mirror = open_it(settings)
        except SettingsInvalid as error:
            checks.append(Check(name=name, look=partial(_refuse, error)))
            continue
        if mirror is not None:
            look = partial(_look, mirror, address, rate)
            checks.append(Check(name=name, look=look, limit_s=limit_s))
    return checks


async def _refuse(error: SettingsInvalid) -> Finding:
    raise error


async def _look(mirror: Mirror, address: str, sample_rate: float) -> Finding:
    try:
        where = await asyncio.to_thread(mirror.check)
    except MirrorFault as fault:
        said, _, mend = str(fault).partition("; ")
        return fail(said, mend or f"check {address}, and whether this machine reaches it")
    finally:
        mirror.close()
    if sample_rate:
        return ok(f"{where} takes the key: evaluations go there, and {sample_rate:.2%} of answers")
    return ok(
        f"{where} takes the key: evaluations go there, and no answers, as "
        "DESKHAND_MIRROR__SAMPLE_RATE is 0"
    )
