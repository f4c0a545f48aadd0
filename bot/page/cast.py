"""Who and what the demo's workspace begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.workspace import Actor, Kind, LocalWorkspace
from bot.workspace.channels import Channel, ChannelType
from bot.workspace.people import UserGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What somebody is in the demo, for the switch of persons."""

    name: str
    kind: Kind
    role: str
    """`member`, `guest`, `outsider`, `reviewer` or `admin`."""
    about: str


PARTS = (
    Part(name="maya.okafor", kind=Kind.MEMBER, role="member", about="Asks; works in sales"),
    Part(name="tom.lindqvist", kind=Kind.MEMBER, role="member", about="Asks; works in design"),
    Part(
        name="rita.sanchez",
        kind=Kind.MEMBER,
        role="reviewer",
        about="Takes the doubtful cases in #escalations",
    ),
    Part(
        name="adam.novak",
        kind=Kind.ADMIN,
        role="admin",
        about="Looks after the app; a leader, who may read what is for leaders",
    ),
    Part(
        name="greta.weiss",
        kind=Kind.GUEST,
        role="guest",
        about="A contractor in #project-north; may read what is public only",
    ),
    Part(
        name="oscar.brandt",
        kind=Kind.STRANGER,
        role="outsider",
        about="Of another company; shares #partners through Slack Connect",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The people and channels of the demo, in the order in which they are shown."""

    people: Mapping[str, Actor]
    """By the name before the dot."""
    parts: Mapping[str, Part]
    """By user id."""
    help: Channel
    general: Channel
    escalations: Channel
    evaluations: Channel
    knowledge: Channel
    admin: Channel
    partners: Channel
    reviewers: UserGroup

    @property
    def first(self) -> Actor:
        """Who a page acts as that names nobody."""
        return next(iter(self.people.values()))


def set_stage(workspace: LocalWorkspace) -> Cast:
    """Puts the demo's people and channels into an empty workspace."""
    people: dict[str, Actor] = {}
    parts: dict[str, Part] = {}
    for part in PARTS:
        actor = workspace.join(part.name, part.kind)
        actor.person.full_name = part.name.replace(".", " ").title()
        people[part.name.partition(".")[0]] = actor
        parts[actor.id] = part
    maya, tom, rita, adam, greta, oscar = people.values()
    staff = (maya, tom, rita, adam)
    cast = Cast(
        people=people,
        parts=parts,
        help=workspace.public("help", *staff),
        general=workspace.public("general", *staff),
        partners=workspace.shared("partners", maya, rita, oscar),
        escalations=workspace.private("escalations", rita, adam),
        evaluations=workspace.private("evaluations", rita, adam),
        knowledge=workspace.public("handbook", *staff),
        admin=workspace.private("admin", adam),
        reviewers=workspace.usergroup("reviewers", [rita, adam]),
    )
    # The sample has documents for the readers of these alone.
    workspace.world.add_group("leads", [adam], id="S0LEADS")
    security = workspace.world.add_channel(
        "security", [rita, adam], type=ChannelType.PRIVATE, id="C0SECURITY"
    )
    north = workspace.public("project-north", maya, tom, greta)
    for channel, topic in (
        (cast.general, "Everything and nothing"),
        (cast.help, "Ask @Deskhand; every sentence has its source"),
        (cast.partners, "Shared with another company: only what is public is said here"),
        (north, "With a guest in it: only what is public is said here"),
        (cast.knowledge, "Files shared here become documents for its members"),
        (security, "Some documents are for this channel alone"),
        (cast.escalations, "Doubtful questions wait here for a person"),
        (cast.evaluations, "How good the answers are"),
        (cast.admin, "Modes, retraining and digests"),
    ):
        channel.topic = topic
    for actor in people.values():
        _ = actor.dm  # everybody has a conversation with the app from the start
    return cast
