"""Who can read a reply, and what may therefore be said in it.

What everybody who can read a conversation may read, they may be told there. Where Slack does not
say who that is, less is said: never more than what is public and, if the conversation is known,
what belongs to it.

| conversation | may be said |
|---|---|
| direct message of a full member | public, everyone, theirs, their groups', their channels' |
| direct message of a guest | public, theirs, their channels' |
| direct message of anybody else | public |
| public channel, full members alone | public, everyone, the channel's |
| private channel or group message, full members alone | also what groups read that hold all |
| with a guest or outsider, shared or to be, too large | public, the channel's |
| whose members Slack does not say | public, the channel's |
| of which Slack says nothing | public |

A public channel is never told what belongs to a group: every full member may look into it. Apps of
this workspace and deactivated accounts read nothing. That a channel is archived changes nobody's
right to read it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from bot.access.conversation import Conversation, ConversationKind
from bot.access.facts import FactsUnknown, SlackFacts
from bot.access.people import READS_NOTHING, PersonKind
from engine.audience import EVERYONE, PUBLIC, Audience, is_tag

_PUBLIC_ONLY = Audience(frozenset({PUBLIC}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What may be said.

    certain: False where a fact could not be read, so that the audience may be narrower than it
        need be; `why` says which, and `retry_after_s` when asking again may help.
    """

    audience: Audience
    certain: bool = True
    why: str = ""
    retry_after_s: float | None = None


async def audience_of(
    facts: SlackFacts,
    *,
    team: str,
    channel: str,
    user: str | None,
    user_team: str | None,
    dm: bool = False,
) -> Audience:
    """The audience of a conversation; see `rights_in`."""
    rights = await rights_in(
        facts, team=team, channel=channel, user=user, user_team=user_team, dm=dm
    )
    return rights.audience


async def rights_in(
    facts: SlackFacts,
    *,
    team: str,
    channel: str,
    user: str | None,
    user_team: str | None,
    dm: bool = False,
) -> Rights:
    """What may be said in a conversation where `user` asks; never raises for what Slack does.

    team: the workspace in which the app was asked. user: counts as a reader though Slack's list
    of members may not have them yet; None for one who is not known. user_team: theirs where the
    event says it, else None. dm: the event itself says that `user` wrote it to the app directly
    (`channel_type` im), which spares asking Slack, who takes 50 such calls a minute.
    """
    try:
        if team != await facts.team():
            return Rights(audience=_PUBLIC_ONLY)
        if dm and user is not None and channel.startswith("D"):
            return await _told_directly(facts, channel, team, user, user_team)
        conversation = await facts.conversation(channel)
    except FactsUnknown as unknown:
        return _uncertain(_PUBLIC_ONLY, unknown)
    if conversation.kind is ConversationKind.DM:
        return await _in_dm(facts, conversation, team, user, user_team)
    own = _audience([document_tag(channel)])
    if conversation.shared or user_team not in (team, None):
        return Rights(audience=own)
    try:
        readers = await _readers(facts, conversation, user)
        if readers is None:
            return Rights(audience=own)
    except FactsUnknown as unknown:
        return _uncertain(own, unknown)
    members = _audience([*own.tags, EVERYONE])
    if conversation.kind is ConversationKind.PUBLIC:
        return Rights(audience=members)
    if not readers:
        return Rights(audience=own)
    try:
        groups = _tags_of_groups(await facts.groups(), readers)
    except FactsUnknown as unknown:
        return _uncertain(members, unknown)
    return Rights(audience=_audience([*members.tags, *groups]))


async def rights_of(
    facts: SlackFacts, *, team: str, user: str | None, user_team: str | None
) -> Rights:
    """What one person alone may be shown, as in a modal or a message that only they see."""
    try:
        if user is None or team != await facts.team() or user_team not in (team, None):
            return Rights(audience=_PUBLIC_ONLY)
        kind = (await facts.people([user]))[user]
        if kind is PersonKind.UNKNOWN:
            raise FactsUnknown(f"Slack does not say who {user} is")
    except FactsUnknown as unknown:
        return _uncertain(_PUBLIC_ONLY, unknown)
    if kind not in (PersonKind.MEMBER, PersonKind.GUEST):
        return Rights(audience=_PUBLIC_ONLY)
    tags = {f"user:{user}"}
    missing: FactsUnknown | None = None
    try:
        tags |= {document_tag(channel) for channel in await facts.channels_of(user)}
    except FactsUnknown as unknown:
        missing = unknown
    if kind is PersonKind.MEMBER:
        tags.add(EVERYONE)
        try:
            tags |= _tags_of_groups(await facts.groups(), {user})
        except FactsUnknown as unknown:
            missing = unknown
    audience = _audience(tags)
    return Rights(audience=audience) if missing is None else _uncertain(audience, missing)


def document_tag(channel: str) -> str:
    """The tag of a document that was shared in a conversation: for those who can read it."""
    return f"channel:{channel}"


async def _in_dm(
    facts: SlackFacts, dm: Conversation, team: str, user: str | None, user_team: str | None
) -> Rights:
    """The other person reads it, whoever asks."""
    if dm.shared or not dm.person or user not in (dm.person, None):
        return Rights(audience=_PUBLIC_ONLY)
    return await _told_directly(facts, dm.id, team, dm.person, user_team)


async def _told_directly(
    facts: SlackFacts, dm: str, team: str, user: str, user_team: str | None
) -> Rights:
    own = await rights_of(facts, team=team, user=user, user_team=user_team)
    if own.audience == _PUBLIC_ONLY:
        return own
    return replace(own, audience=_audience([*own.audience.tags, document_tag(dm)]))


async def _readers(
    facts: SlackFacts, conversation: Conversation, user: str | None
) -> set[str] | None:
    """The members that read it; None where one of them is no full member.

    Raises: FactsUnknown.
    """
    listed = await facts.members(conversation)
    kinds = await facts.people(listed | {user} if user else listed)
    readers = {person: kind for person, kind in kinds.items() if kind not in READS_NOTHING}
    found = set(readers.values())
    if PersonKind.GUEST in found or PersonKind.OUTSIDER in found:
        return None
    if PersonKind.UNKNOWN in found:
        raise FactsUnknown(f"Slack does not say who everybody in {conversation.id} is")
    return set(readers)


def _tags_of_groups(groups: Mapping[str, Collection[str]], readers: Collection[str]) -> set[str]:
    """Those of the groups that hold every reader."""
    return {
        f"group:{group}"
        for group, users in groups.items()
        if all(reader in users for reader in readers)
    }


def _audience(tags: Iterable[str]) -> Audience:
    """Of these tags and what is public; an id that has not the shape of one gives no right."""
    return Audience.of([PUBLIC, *(tag for tag in tags if is_tag(tag))])


def _uncertain(audience: Audience, unknown: FactsUnknown) -> Rights:
    return Rights(
        audience=audience, certain=False, why=str(unknown), retry_after_s=unknown.retry_after_s
    )
