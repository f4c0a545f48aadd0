"""users.*, usergroups.*, bots.info, team.info and reactions.*."""

from __future__ import annotations

from bot.workspace.arguments import Arguments
from bot.workspace.channels import Channel
from bot.workspace.errors import Json, SlackError, refuse
from bot.workspace.messages import Message
from bot.workspace.paging import page
from bot.workspace.people import Person
from bot.workspace.posting import react, unreact
from bot.workspace.slack import Slack


def _render(slack: Slack, person: Person) -> Json:
    return person.render(with_email="users:read.email" in slack.world.app.scopes)


def users_info(slack: Slack, args: Arguments) -> Json:
    """users.info."""
    person = slack.world.people.get(args.text("user"))
    if person is None:
        refuse("user_not_found")
    return {"user": _render(slack, person)}


def users_list(slack: Slack, args: Arguments) -> Json:
    """users.list: everybody of the team, deleted ones too, without strangers."""
    found = [p for p in slack.world.people.values() if not p.outsider]
    shown, cursor = page(found, args)
    return {
        "members": [_render(slack, p) for p in shown],
        "cache_ts": int(slack.clock.now()),
        "response_metadata": cursor,
    }


def lookup_by_email(slack: Slack, args: Arguments) -> Json:
    """users.lookupByEmail."""
    for person in slack.world.people.values():
        if person.email == args.text("email") and not person.deleted and not person.bot_id:
            return {"user": _render(slack, person)}
    raise SlackError("users_not_found")


def usergroups_list(slack: Slack, args: Arguments) -> Json:
    """usergroups.list."""
    return {
        "usergroups": [
            g.render(with_users=args.flag("include_users"), with_count=args.flag("include_count"))
            for g in slack.world.groups.values()
            if not g.disabled or args.flag("include_disabled")
        ]
    }


def usergroups_users_list(slack: Slack, args: Arguments) -> Json:
    """usergroups.users.list."""
    group = slack.world.groups.get(args.text("usergroup"))
    if group is None or (group.disabled and not args.flag("include_disabled")):
        refuse("no_such_subteam")
    return {"users": list(group.users)}


def bots_info(slack: Slack, args: Arguments) -> Json:
    """bots.info."""
    for person in slack.world.people.values():
        if person.bot_id and person.bot_id == (args.text("bot") or slack.world.app.bot_id):
            return {
                "bot": {
                    "id": person.bot_id,
                    "app_id": person.app_id,
                    "user_id": person.id,
                    "name": person.name,
                    "deleted": person.deleted,
                    "updated": 1_700_000_000,
                    "icons": {},
                }
            }
    raise SlackError("bot_not_found")


def team_info(slack: Slack, args: Arguments) -> Json:
    """team.info."""
    world = slack.world
    if args.has("team") and args.text("team") != world.team_id:
        refuse("team_not_found")
    return {
        "team": {
            "id": world.team_id,
            "name": world.team_name,
            "domain": world.team_domain,
            "url": f"{world.base_url}/",
            "email_domain": "example.com",
            "icon": {"image_default": True},
        }
    }


def add_reaction(slack: Slack, args: Arguments) -> Json:
    """reactions.add."""
    channel, message = _item(slack, args)
    name = args.text("name").strip(":")
    if channel.archived:
        refuse("is_archived")
    if not name.replace("_", "").replace("-", "").replace("+", "").isalnum():
        refuse("invalid_name")
    if slack.world.app.bot_user in message.reactions.get(name, ()):
        refuse("already_reacted")
    react(slack, channel, message, slack.world.app.bot_user, name)
    return {}


def remove_reaction(slack: Slack, args: Arguments) -> Json:
    """reactions.remove."""
    channel, message = _item(slack, args)
    name = args.text("name").strip(":")
    if slack.world.app.bot_user not in message.reactions.get(name, ()):
        refuse("no_reaction")
    unreact(slack, channel, message, slack.world.app.bot_user, name)
    return {}


def get_reactions(slack: Slack, args: Arguments) -> Json:
    """reactions.get."""
    channel, message = _item(slack, args)
    return {
        "type": "message",
        "channel": channel.id,
        "message": slack.world.render_message(message),
    }


def list_reactions(slack: Slack, args: Arguments) -> Json:
    """reactions.list: what a user reacted to."""
    user = args.text("user") or slack.world.app.bot_user
    found = [
        {"type": "message", "channel": c.id, "message": slack.world.render_message(m)}
        for c in slack.world.channels.values()
        for m in c.messages.values()
        if any(user in users for users in m.reactions.values())
    ]
    shown, cursor = page(found, args)
    return {"items": shown, "response_metadata": cursor}


def _item(slack: Slack, args: Arguments) -> tuple[Channel, Message]:
    if not (args.has("channel") and args.has("timestamp")):
        refuse("no_item_specified")
    channel = slack.world.find_channel(args.text("channel"))
    return channel, slack.world.find_message(channel, args.text("timestamp"))


METHODS = {
    "users.info": users_info,
    "users.list": users_list,
    "users.lookupByEmail": lookup_by_email,
    "usergroups.list": usergroups_list,
    "usergroups.users.list": usergroups_users_list,
    "bots.info": bots_info,
    "team.info": team_info,
    "reactions.add": add_reaction,
    "reactions.remove": remove_reaction,
    "reactions.get": get_reactions,
    "reactions.list": list_reactions,
}
