"""What the Slack app is called there: the names its manifests and its listeners must share."""

from __future__ import annotations

COMMAND = "/deskhand"
"""The slash command."""

EVALUATE = "eval"
"""The command's first word where an admin wants the answers evaluated."""

CHANNEL = "channel"
"""The command's first word where an admin sets what the bot does in a channel."""

BUDGET = "budget"
"""The command's first word where an admin wants to see what the models cost."""

SHORTCUT = "ask_about_message"
"""Callback id of the message shortcut "Ask Deskhand about this"."""

EVENTS = (
    "agent_session_stopped",
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_archive",
    "channel_deleted",
    "channel_left",
    "channel_shared",
    "channel_unarchive",
    "channel_unshared",
    "file_change",
    "file_deleted",
    "file_shared",
    "file_unshared",
    "group_archive",
    "group_deleted",
    "group_left",
    "group_unarchive",
    "member_joined_channel",
    "member_left_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "subteam_members_changed",
    "subteam_updated",
    "tokens_revoked",
    "user_change",
)
"""Every event subscribed to, as manifests write them; Bolt hears `message.*` as `message`."""

METHODS = (
    "apps.connections.open",
    "assistant.threads.setStatus",
    "assistant.threads.setSuggestedPrompts",
    "auth.test",
    "chat.appendStream",
    "chat.delete",
    "chat.getPermalink",
    "chat.postEphemeral",
    "chat.postMessage",
    "chat.startStream",
    "chat.stopStream",
    "chat.update",
    "conversations.history",
    "conversations.info",
    "conversations.members",
    "conversations.open",
    "conversations.replies",
    "files.completeUploadExternal",
    "files.getUploadURLExternal",
    "files.info",
    "files.list",
    "oauth.v2.access",
    "usergroups.list",
    "users.conversations",
    "users.info",
    "users.list",
    "views.open",
    "views.publish",
    "views.update",
)
"""Every method of the Web API that is called."""

BOT_SCOPES = {
    "app_mentions:read": "a mention is a question",
    "assistant:write": "the status while an answer is made, suggested prompts, the stop button",
    "channels:history": "follow-ups in threads, and questions asked while the bot was down",
    "channels:read": "who reads a public channel, so that nobody is told more than they may know",
    "chat:write": "answers, notices and review cards",
    "commands": "/deskhand and the shortcut on a message",
    "files:read": "files that come with a question, or are shared where they become documents",
    "files:write": "the plots of an evaluation's report",
    "groups:history": "the same as channels:history, in private channels",
    "groups:read": "who reads a private channel",
    "im:history": "questions asked in a direct message",
    "im:read": "whose direct message it is",
    "im:write": "opening the direct message of somebody who asks by shortcut where the bot is not",
    "mpim:history": "the same as channels:history, in group direct messages",
    "mpim:read": "who reads a group direct message",
    "usergroups:read": "which user groups may read a document",
    "users:read": "who is a member, a guest or of another company",
}
"""Every scope of the bot token, and what it is needed for."""

APP_SCOPES = ("connections:write",)
"""Scopes of the app-level token that Socket Mode needs."""


def listened_to() -> tuple[str, ...]:
    """The events by the names they are dispatched under, each once."""
    return tuple(dict.fromkeys(name.partition(".")[0] for name in EVENTS))
