"""Slack's answers about a made-up company, in the shapes of its Web API."""

from __future__ import annotations

from typing import Any

from bot.leakfuzz.world import ELSEWHERE, TEAM, Person, Room, World
from bot.slack_api import Refused, SlackApi


class WorldApi(SlackApi):
    """Fills `SlackApi` for reading who is who; it opens no connection."""

    def __init__(self, world: World) -> None:
        super().__init__("xoxb-none", url="http://127.0.0.1:9/", timeout_s=1)
        self._world = world

    async def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """See `SlackApi.call`.  Raises: Refused."""
        world = self._world
        match method:
            case "auth.test":
                return {"team_id": TEAM}
            case "conversations.info":
                return {"channel": _channel(self._room(method, arguments["channel"]))}
            case "conversations.members":
                return {"members": sorted(self._room(method, arguments["channel"]).members)}
            case "users.info":
                person = world.people.get(arguments["user"])
                if person is None:
                    raise Refused(method, "user_not_found")
                return {"user": _user(person)}
            case "users.list":
                return {"members": [_user(person) for person in world.people.values()]}
            case "users.conversations":
                rooms = [r for r in world.rooms.values() if r.kind != "dm"]
                mine = [{"id": r.id} for r in rooms if arguments["user"] in r.members]
                return {"channels": mine}
            case "usergroups.list":
                return {
                    "usergroups": [
                        {"id": name, "team_id": TEAM, "users": sorted(users), "date_delete": 0}
                        for name, users in world.groups.items()
                    ]
                }
        raise Refused(method, "unknown_method")

    def _room(self, method: str, channel: str) -> Room:
        room = self._world.rooms.get(channel)
        if room is None:
            raise Refused(method, "channel_not_found")
        return room


def _user(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "team_id": ELSEWHERE if person.kind == "outsider" else TEAM,
        "deleted": person.gone,
        "is_bot": person.kind == "bot",
        "is_restricted": person.kind == "guest",
        "is_ultra_restricted": False,
    }


def _channel(room: Room) -> dict[str, Any]:
    if room.kind == "dm":
        return {"id": room.id, "is_im": True, "user": next(iter(room.members))}
    return {
        "id": room.id,
        "is_channel": True,
        "is_private": room.kind == "private",
        "is_ext_shared": room.shared,
        "is_shared": room.shared,
        "num_members": len(room.members),
    }
