"""Who is there: members, guests, people of a connected team, bots, and groups of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bot.workspace.errors import Json


class Kind(StrEnum):
    """What somebody is in the workspace."""

    MEMBER = "member"
    ADMIN = "admin"
    OWNER = "owner"
    GUEST = "guest"
    """A multi-channel guest (`is_restricted`)."""
    SINGLE_CHANNEL_GUEST = "single_channel_guest"
    """`is_restricted` and `is_ultra_restricted`."""
    STRANGER = "stranger"
    """Somebody of another team, seen through Slack Connect (`is_stranger`)."""
    BOT = "bot"


@dataclass(slots=True, kw_only=True)
class Person:
    """A user of the workspace, or one who shares a channel with it."""

    id: str
    name: str
    """The handle; the display and real names are made from it where `full_name` is not given."""
    kind: Kind
    team_id: str
    email: str
    deleted: bool = False
    bot_id: str = ""
    """Of a bot, else empty."""
    app_id: str = ""
    timezone: str = "Europe/London"
    full_name: str = ""
    """The display and real name."""

    @property
    def outsider(self) -> bool:
        """Whether they are of another team."""
        return self.kind is Kind.STRANGER

    def render(self, *, with_email: bool = True) -> Json:
        """The user object of `users.info`."""
        real_name = self.full_name or self.name.replace(".", " ").title()
        display_name = self.full_name or self.name
        profile: Json = {
            "real_name": real_name,
            "display_name": display_name,
            "real_name_normalized": real_name,
            "display_name_normalized": display_name,
            "team": self.team_id,
            "image_48": f"https://secure.gravatar.com/avatar/{self.id.lower()}",
            "title": "",
            "status_text": "",
            "status_emoji": "",
        }
        if with_email and self.kind is not Kind.BOT:
            profile["email"] = self.email
        if self.bot_id:
            profile |= {"bot_id": self.bot_id, "api_app_id": self.app_id}
        user: Json = {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "deleted": self.deleted,
            "profile": profile,
            "is_bot": self.kind is Kind.BOT,
            "is_app_user": False,
            "updated": 1_700_000_000,
        }
        if self.deleted:
            return user
        guest = self.kind in (Kind.GUEST, Kind.SINGLE_CHANNEL_GUEST)
        user |= {
            "real_name": real_name,
            "tz": self.timezone,
            "tz_label": "Greenwich Mean Time",
            "tz_offset": 0,
            "is_admin": self.kind in (Kind.ADMIN, Kind.OWNER),
            "is_owner": self.kind is Kind.OWNER,
            "is_primary_owner": False,
            "is_restricted": guest,
            "is_ultra_restricted": self.kind is Kind.SINGLE_CHANNEL_GUEST,
            "is_email_confirmed": True,
        }
        if self.outsider:
            user["is_stranger"] = True
        return user


@dataclass(slots=True, kw_only=True)
class UserGroup:
    """A group of people that can be mentioned as `<!subteam^S...>`."""

    id: str
    handle: str
    team_id: str
    users: list[str] = field(default_factory=list)
    disabled: bool = False

    def render(self, *, with_users: bool, with_count: bool) -> Json:
        """The group object of `usergroups.list`."""
        group: Json = {
            "id": self.id,
            "team_id": self.team_id,
            "is_usergroup": True,
            "is_subteam": True,
            "name": self.handle.replace("-", " ").title(),
            "handle": self.handle,
            "description": "",
            "is_external": False,
            "date_delete": 1 if self.disabled else 0,
        }
        if with_users:
            group["users"] = list(self.users)
        if with_count:
            group["user_count"] = len(self.users)
        return group
