"""What to do when Slack takes no token."""

from __future__ import annotations

_MENDS = {
    "invalid_auth": "copy the token again from api.slack.com/apps into {setting}",
    "not_authed": "copy the token again from api.slack.com/apps into {setting}",
    "token_revoked": "install the app again and put the new token into {setting}",
    "token_expired": "install the app again and put the new token into {setting}",
    "account_inactive": "the app was removed: install it again and put the new token into "
    "{setting}",
    "not_allowed_token_type": "{setting} holds a token of another kind: bot tokens begin with "
    "xoxb-, app-level tokens with xapp-",
    "socket_mode_not_enabled": "turn Socket Mode on in the app's settings at api.slack.com/apps",
    "missing_scope": "give the token of {setting} the scopes it needs, and install the app again",
    "no_permission": "ask an administrator of the workspace to allow the app",
    "team_access_not_granted": "ask an administrator of the organization to allow the app here",
    "access_denied": "ask an administrator of the workspace to allow the app",
    "org_login_required": "the workspace is being moved into an organization: try again later",
    "ekm_access_denied": "an administrator has suspended access to the workspace's messages",
    "forbidden_team": "the app may not connect from this workspace: install it in another",
}
PERMANENT = frozenset(_MENDS) - {"org_login_required"}
"""Codes that no second try changes."""


def mend_of(code: str, setting: str) -> str:
    """What to do about an error code; `setting` names the token's."""
    text = _MENDS.get(code, "look up the code at docs.slack.dev and mend {setting}")
    return text.format(setting=setting)
