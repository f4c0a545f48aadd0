"""Who may look after the bot: workspace admins, owners, and a user group where one is set."""

from __future__ import annotations

from dataclasses import dataclass

from bot.access.facts import FactsUnknown, SlackFacts
from bot.access.people import PersonKind, parse_person
from bot.access.refusing import refuse
from bot.slack_api import SlackApi, SlackFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Admins:
    """The admins of one workspace, as Slack says at the moment.

    group: a user group whose full members are admins too; None: Slack's admins and owners alone.
    """

    api: SlackApi
    facts: SlackFacts
    group: str | None

    async def include(self, user: str) -> bool:
        """Whether somebody is an admin, and a full member of this workspace.

        Slack marks an admin of another workspace, seen through Slack Connect, as an admin too: here
        they are an outsider. Who is in the group may be known for as long as other facts are.

        Raises: SlackFault where Slack does not say.
        """
        try:
            found = await self._include(user)
        except SlackFault:
            refuse()
            raise
        if not found:
            refuse()
        return found

    async def _include(self, user: str) -> bool:
        if not user:
            return False
        person = (await self.api.call("users.info", user=user)).get("user") or {}
        named = bool(person.get("is_admin") or person.get("is_owner"))
        if not (named or (self.group is not None and await self._in_group(user))):
            return False
        team = str((await self.api.call("auth.test")).get("team_id") or "")
        return bool(team) and parse_person(person, team) is PersonKind.MEMBER

    async def _in_group(self, user: str) -> bool:
        try:
            return user in (await self.facts.groups()).get(self.group or "", frozenset())
        except FactsUnknown as unknown:
            raise SlackFault("Slack does not say who is in the admins' user group") from unknown
