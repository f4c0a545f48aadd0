"""How often people may ask: who asks too often hears when to try again, once until then."""

from __future__ import annotations

from dataclasses import dataclass

from bot.delivery.answerer import LIMITED, Prepared
from bot.rendering.notices import notice, try_again
from engine.clock import Clock
from engine.storage.admissions import AdmissionStore
from engine.storage.inbox import InboxItem, Surface


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Counts questions of one tenant against the limits of the settings."""

    tenant: str
    admissions: AdmissionStore
    clock: Clock

    async def refused(self, item: InboxItem) -> Prepared | None:
        """What becomes of a question that is over a limit; None where it is let in.

        One that was edited is told of each time: in the place of its answer must not stand what was
        said to its old words.

        Raises: StorageUnavailable.
        """
        now = self.clock()
        in_channel = item.has_place and item.surface is not Surface.DM
        admission = await self.admissions.admit(
            self.tenant,
            item.id,
            item.revision,
            person=item.user,
            channel=item.channel if in_channel else "",
            at=now,
        )
        if admission.refused_by is None or admission.free_at is None:
            return None
        if not admission.told and item.revision == 1:
            return Prepared(trace_id="", outcome=LIMITED, messages=())
        wait_s = (admission.free_at - now).total_seconds()
        message = notice(try_again(admission.refused_by.value, wait_s))
        return Prepared(trace_id="", outcome=LIMITED, messages=(message.body,))
